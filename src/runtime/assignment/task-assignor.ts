import { partitionKey } from '../../kafka/contracts.ts'
import { balance, currentOwners } from './balance.ts'
import { decodeFacts, encodeFacts } from './member-facts.ts'
import type { Assignor, MemberAssignment, MemberSubscription } from '../../kafka/contracts.ts'
import type { TopicPlan } from '../plan/topic-plan.ts'
import type { TaskUnit } from './balance.ts'

/** The name in the group protocol: members that share it may be in one group. */
export const assignorName = 'weft'

/**
 * Runs in the group's leader. Partition p of all source topics of a sub-topology goes to one member, as one task.
 *
 * Cooperative: a task that another member still owns is given to nobody in this round. Its owner sees that it is gone, commits,
 * gives it up and joins again; only then has it a new owner. So no partition is ever processed in two places.
 */
export function taskAssignor(plan: TopicPlan): Assignor {
  return {
    name: assignorName,
    protocol: 'cooperative',
    assign(members, topics) {
      const tasks = tasksOf(plan, topics)
      const fitting = members.filter(
        (member) => decodeFacts(member.userData)?.topologyHash === plan.topologyHash,
      )
      const owners = currentOwners(members, tasks)
      const target = balance(fitting, tasks, owners.tasks)
      return members.map((member) => ({
        memberId: member.memberId,
        partitions: grantable(member, target.get(member.memberId) ?? [], owners.claims),
        userData: encodeFacts({ topologyHash: plan.topologyHash, processId: '' }),
      }))
    },
  }
}

/** Every task there is: as many per sub-topology as the largest of its topics has partitions. */
export function tasksOf(plan: TopicPlan, topics: ReadonlyMap<string, number>): TaskUnit[] {
  return plan.subTopologies.flatMap(({ index, topics: names }) => {
    const count = Math.max(0, ...names.map((name) => topics.get(name) ?? 0))
    return Array.from({ length: count }, (_, partition) => ({
      id: `${index}_${partition}`,
      partitions: names
        .filter((name) => partition < (topics.get(name) ?? 0))
        .map((topic) => ({ topic, partition })),
    }))
  })
}

function grantable(
  { memberId }: MemberSubscription,
  tasks: readonly TaskUnit[],
  claims: ReadonlyMap<string, ReadonlySet<string>>,
): MemberAssignment['partitions'] {
  return tasks
    .filter((task) =>
      task.partitions.every((partition) => {
        const claimed = claims.get(partitionKey(partition))
        return claimed === undefined || (claimed.size === 1 && claimed.has(memberId))
      }),
    )
    .flatMap((task) => task.partitions)
}

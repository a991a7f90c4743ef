import { partitionKey } from '../../kafka/contracts.ts'
import { balance, currentOwners } from './balance.ts'
import { decodeFacts, encodeFacts } from './member-facts.ts'
import type { Assignor, MemberSubscription } from '../../kafka/contracts.ts'
import type { TopicPlan } from '../plan/topic-plan.ts'
import type { TaskUnit } from './balance.ts'

/** The name in the group protocol: members that share it may be in one group. */
export const assignorName = 'weft'

/**
 * Runs in the group's leader. Partition p of all source topics of a sub-topology goes to one member, as one task.
 *
 * Cooperative: a task that another member still owns is given to nobody in this round. Its owner sees that it is gone, commits,
 * gives it up and joins again; only then has it a new owner. So no partition is ever processed in two places.
 *
 * The owner may not live to do that: it is killed before it hears of the assignment; its successor, a static member, gets that
 * assignment without a rebalance, has nothing to give up, and the task would wait for ever. So an assignment says whether it is
 * complete, and whoever holds one that is not for a while asks for another rebalance.
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
      const granted = members.map((member) => {
        const wanted = target.get(member.memberId) ?? []
        return { member, wanted, granted: grantable(member, wanted, owners.claims) }
      })
      const { topologyHash } = plan
      const incomplete = granted.some((each) => each.granted.length < each.wanted.length)
      const userData = encodeFacts({ topologyHash, processId: '', incomplete, followUps: 0 })
      return granted.map(({ member: { memberId }, granted }) => ({
        memberId,
        partitions: granted.flatMap((task) => task.partitions),
        userData,
      }))
    },
  }
}

/**
 * Every task there is: as many per sub-topology as the largest of its topics has partitions. A topic that the leader's metadata has
 * lost sight of has what it had: brokers may answer for it again any moment, and nobody would ask for another assignment.
 */
export function tasksOf(plan: TopicPlan, topics: ReadonlyMap<string, number>): TaskUnit[] {
  const partitionsOf = (name: string): number => topics.get(name) ?? plan.partitionCounts.get(name) ?? 0
  return plan.subTopologies.flatMap(({ index, topics: names }) => {
    const count = Math.max(0, ...names.map(partitionsOf))
    return Array.from({ length: count }, (_, partition) => ({
      id: `${index}_${partition}`,
      partitions: names
        .filter((name) => partition < partitionsOf(name))
        .map((topic) => ({ topic, partition })),
    }))
  })
}

function grantable(
  { memberId }: MemberSubscription,
  tasks: readonly TaskUnit[],
  claims: ReadonlyMap<string, ReadonlySet<string>>,
): TaskUnit[] {
  return tasks.filter((task) =>
    task.partitions.every((partition) => {
      const claimed = claims.get(partitionKey(partition))
      return claimed === undefined || (claimed.size === 1 && claimed.has(memberId))
    }),
  )
}

import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { partitionKey } from '../../kafka/contracts.ts'
import type { MemberAssignment, MemberSubscription, TopicPartition } from '../../kafka/contracts.ts'
import type { TopicPlan } from '../plan/topic-plan.ts'
import { decodeFacts, encodeFacts } from './member-facts.ts'
import { taskAssignor } from './task-assignor.ts'

const topics = new Map([
  ['orders', 4],
  ['customers', 4],
  ['app-by-city-repartition', 6],
])
const plan: TopicPlan = {
  applicationId: 'app',
  topologyHash: 'hash',
  subTopologies: [
    { index: 0, topics: ['orders', 'customers'], taskCount: 4 },
    { index: 1, topics: ['app-by-city-repartition'], taskCount: 6 },
  ],
  sourceTopics: ['orders', 'customers', 'app-by-city-repartition'],
  repartitionTopics: new Set(),
  internalTopics: [],
  partitionCounts: topics,
  topicIds: new Map(),
  madeTopics: new Set(),
}
const partitionCount = 14
const assignor = taskAssignor(plan)

function subscription(memberId: string, owned: readonly TopicPartition[], hash = 'hash'): MemberSubscription {
  const userData = encodeFacts({ topologyHash: hash, processId: memberId, incomplete: false, followUps: 0 })
  return { memberId, instanceId: undefined, topics: plan.sourceTopics, ownedPartitions: owned, userData }
}

function keys(assignments: readonly MemberAssignment[]): string[] {
  return assignments.flatMap(({ partitions }) => partitions.map(partitionKey))
}

/** Rebalances until nothing is taken from anyone, as members do: who loses a partition joins again. */
function settle(start: readonly MemberSubscription[]): { rounds: number; members: MemberSubscription[] } {
  let members = [...start]
  for (let rounds = 1; rounds <= 5; rounds++) {
    const assignments = assignor.assign(members, topics)
    const claimed = new Set(members.flatMap((member) => member.ownedPartitions.map(partitionKey)))
    const after = members.map((member, index) =>
      subscription(member.memberId, assignments[index]?.partitions ?? []),
    )
    const lost = members.some((member, index) => {
      const kept = new Set(assignments[index]?.partitions.map(partitionKey))
      return member.ownedPartitions.some((partition) => !kept.has(partitionKey(partition)))
    })
    for (const [index, { partitions }] of assignments.entries()) {
      const own = new Set(members[index]?.ownedPartitions.map(partitionKey))
      const taken = partitions.map(partitionKey).filter((key) => claimed.has(key) && !own.has(key))
      expect(taken, 'a partition goes to another member while its owner still has it').toEqual([])
    }
    members = after
    if (!lost) return { rounds, members }
  }
  throw new Error('the assignment does not settle')
}

test('a topic that brokers do not answer for keeps its tasks', () => {
  const seen = new Map([['orders', 4]])
  const assigned = keys(assignor.assign([subscription('a', []), subscription('b', [])], seen))
  expect(assigned.length).toBe(partitionCount)
})

describe('taskAssignor', () => {
  test('gives all topics of a task to one member', () => {
    const [first, second] = assignor.assign([subscription('a', []), subscription('b', [])], topics)
    for (const { partitions } of [first, second].filter((each) => each !== undefined)) {
      const orders = partitions.filter(({ topic }) => topic === 'orders').map(({ partition }) => partition)
      const customers = partitions
        .filter(({ topic }) => topic === 'customers')
        .map(({ partition }) => partition)
      expect(customers).toEqual(orders)
    }
  })

  test('keeps every task with its owner when a member dies and comes back in time', () => {
    const { members } = settle([subscription('a', []), subscription('b', [])])
    const again = assignor.assign(members, topics)
    expect(again.map(({ partitions }) => partitions)).toEqual(members.map((member) => member.ownedPartitions))
  })

  test('gives no task to a member of another topology', () => {
    const assignments = assignor.assign([subscription('a', []), subscription('b', [], 'other')], topics)
    expect(assignments[0]?.partitions).toHaveLength(partitionCount)
    expect(assignments[1]?.partitions).toEqual([])
  })

  test('takes a partition from both when two members claim it', () => {
    const claim = [
      { topic: 'orders', partition: 0 },
      { topic: 'customers', partition: 0 },
    ]
    const assignments = assignor.assign([subscription('a', claim), subscription('b', claim)], topics)
    expect(keys(assignments)).not.toContain('orders-0')
    expect(keys(assignments)).not.toContain('customers-0')
  })

  test('says that an assignment is not complete while a task waits for its owner to give it up', () => {
    const [alone] = assignor.assign([subscription('a', [])], topics)
    const members = [subscription('a', alone?.partitions ?? []), subscription('b', [])]
    const step = assignor.assign(members, topics)
    expect(step.map(({ userData }) => decodeFacts(userData)?.incomplete)).toEqual([true, true])
    const last = assignor.assign(settle(members).members, topics)
    expect(last.map(({ userData }) => decodeFacts(userData)?.incomplete)).toEqual([false, false])
  })

  property.prop([fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 8 })])(
    'settles within two rounds, even and complete, however members come and go',
    (sizes) => {
      let members: MemberSubscription[] = []
      for (const [step, size] of sizes.entries()) {
        const stay = members.slice(0, size)
        while (stay.length < Math.max(1, size)) stay.push(subscription(`m${step}-${stay.length}`, []))
        const settled = settle(stay)
        members = settled.members
        expect(settled.rounds).toBeLessThanOrEqual(2 + 1)
        const all = members.flatMap((member) => member.ownedPartitions.map(partitionKey))
        expect(new Set(all).size).toBe(partitionCount)
        expect(all).toHaveLength(partitionCount)
      }
    },
  )
})

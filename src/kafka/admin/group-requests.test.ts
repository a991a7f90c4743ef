import { describe, expect, test } from 'vitest'
import { TestCluster } from '../../testing/cluster.ts'
import type { GroupMember } from '../contracts.ts'
import { inTurn, memberDefaults } from '../fixtures/clients.ts'

const t0 = { topic: 't', partition: 0 }
const t1 = { topic: 't', partition: 1 }

async function openCluster(nodes = 1): Promise<TestCluster> {
  const cluster = new TestCluster({ broker: { nodes } })
  await cluster.createTopic('t', 2)
  return cluster
}

async function joined(cluster: TestCluster, groupId: string): Promise<GroupMember> {
  const member = cluster.kafka.groupMember({
    ...memberDefaults,
    groupId,
    instanceId: 'one',
    subscription: () => ({ topics: ['t'], userData: Buffer.alloc(0) }),
    assignor: inTurn('eager'),
  })
  do {
    await cluster.run(member.poll())
    await cluster.advance(50)
  } while (member.metadata.memberId === '' || member.rebalancing)
  return member
}

describe('groups', () => {
  test('of all brokers are listed, and described with their members', async () => {
    await using cluster = await openCluster(3)
    const { admin } = cluster.kafka
    const members = [await joined(cluster, 'a'), await joined(cluster, 'b'), await joined(cluster, 'c')]
    const nodes = ['a', 'b', 'c'].map((group) => cluster.broker.cluster.coordinatorOf('group', group))
    expect(new Set(nodes).size).toBeGreaterThan(1)
    const listed = (await cluster.run(admin.listGroups())).toSorted((a, b) =>
      a.groupId < b.groupId ? -1 : 1,
    )
    expect(listed).toEqual(['a', 'b', 'c'].map((groupId) => ({ groupId, state: 'Stable' })))
    expect(await cluster.run(admin.describeGroup('b'))).toMatchObject({
      groupId: 'b',
      state: 'Stable',
      protocol: 'in-turn-eager',
      members: [{ instanceId: 'one', clientId: 'test' }],
    })
    expect(await cluster.run(admin.describeGroup('nobody'))).toBeUndefined()
    for (const member of members) await cluster.run(member.close(true))
  })

  test('have offsets that can be read, set and deleted while they have no members', async () => {
    await using cluster = await openCluster()
    const { admin } = cluster.kafka
    expect(await cluster.run(admin.groupOffsets('g'))).toEqual([])
    const offsets = [
      { ...t0, offset: 5, metadata: 'm' },
      { ...t1, offset: 7, leaderEpoch: 0, metadata: '' },
    ]
    await cluster.run(admin.setGroupOffsets('g', offsets))
    expect(await cluster.run(admin.groupOffsets('g'))).toEqual(offsets)
    await cluster.run(admin.deleteGroupOffsets('g', [t0]))
    expect(await cluster.run(admin.groupOffsets('g'))).toEqual(offsets.slice(1))
    const member = await joined(cluster, 'g')
    const set = cluster.run(admin.setGroupOffsets('g', offsets))
    await expect(set).rejects.toMatchObject({ code: 'MEMBER_FENCED' })
    await expect(cluster.run(admin.deleteGroup('g'))).rejects.toMatchObject({
      message: 'could not delete group "g" (NON_EMPTY_GROUP)',
    })
    await cluster.run(member.close(true))
    await cluster.run(admin.deleteGroup('g'))
    expect(await cluster.run(admin.groupOffsets('g'))).toEqual([])
  })

  test('are deleted once, though the answer was lost', async () => {
    await using cluster = await openCluster()
    const { admin } = cluster.kafka
    await cluster.run(admin.setGroupOffsets('g', [{ ...t0, offset: 5, metadata: '' }]))
    cluster.broker.faults.add({ api: 'DeleteGroups', fault: { kind: 'cut', when: 'after' }, times: 1 })
    await cluster.run(admin.deleteGroup('g'))
    await expect(cluster.run(admin.deleteGroup('g'))).rejects.toMatchObject({
      message: 'could not delete group "g" (GROUP_ID_NOT_FOUND)',
    })
  })
})

test('settings of a topic are changed one by one, and go back to their defaults', async () => {
  await using cluster = await openCluster()
  const { admin } = cluster.kafka
  const before = await cluster.run(admin.topicConfigs('t'))
  await cluster.run(
    admin.alterTopicConfigs('t', { 'max.message.bytes': '2000', 'cleanup.policy': 'compact' }),
  )
  await cluster.run(admin.alterTopicConfigs('t', { 'cleanup.policy': null }))
  expect(await cluster.run(admin.topicConfigs('t'))).toEqual({ ...before, 'max.message.bytes': '2000' })
  const wrong = cluster.run(admin.alterTopicConfigs('t', { 'max.message.bytes': 'many' }))
  await expect(wrong).rejects.toMatchObject({ code: 'TOPIC_INVALID' })
  const missing = cluster.run(admin.alterTopicConfigs('nowhere', { 'cleanup.policy': 'compact' }))
  await expect(missing).rejects.toMatchObject({ code: 'TOPIC_MISSING' })
})

import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { encodeSubscription } from '../../protocol/consumer-protocol.ts'
import { errorOf, openTestBroker, type TestClient } from '../fixtures/test-broker.ts'

async function commit(client: TestClient, offset: number, change: object = {}, version = 9) {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'why' }]
  const request = { groupId: 'g', topics: [{ name: 'a', partitions }], ...change }
  const { topics } = await client.send(apis.offsetCommit, request, version)
  return errorOf(topics[0]?.partitions[0])
}

async function join(client: TestClient) {
  const metadata = encodeSubscription({ topics: ['a'] })
  const answer = await client.send(
    apis.joinGroup,
    {
      groupId: 'g',
      sessionTimeoutMs: 6000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    },
    3,
  )
  return { memberId: answer.memberId, generationIdOrMemberEpoch: answer.generationId }
}

describe('committing', () => {
  test('is open to all while a group has no members, then only to those of its generation', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    expect(await commit(client, 1)).toBe('NONE')
    const member = await join(client)
    expect(await commit(client, 2, member)).toBe('REBALANCE_IN_PROGRESS')
    const { memberId } = member
    await client.send(apis.syncGroup, { groupId: 'g', memberId, generationId: 1, assignments: [] })
    expect(await commit(client, 2, member)).toBe('NONE')
    expect(await commit(client, 2)).toBe('UNKNOWN_MEMBER_ID')
    expect(await commit(client, 2, { ...member, generationIdOrMemberEpoch: 9 })).toBe('ILLEGAL_GENERATION')
    expect(await commit(client, 2, { ...member, memberId: 'other' })).toBe('UNKNOWN_MEMBER_ID')
    expect(await commit(client, 2, { ...member, groupInstanceId: 'i' })).toBe('UNKNOWN_MEMBER_ID')
  })

  test('refuses what is not there, and text that is too long', async () => {
    const { client } = openTestBroker({ offsetMetadataBytesMax: 2 })
    expect(await commit(client, 1)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    await client.createTopic('a')
    expect(await commit(client, 1)).toBe('OFFSET_METADATA_TOO_LARGE')
  })

  test('keeps a member alive', async () => {
    const { client, clock } = openTestBroker()
    await client.createTopic('a')
    const member = await join(client)
    const { memberId } = member
    await client.send(apis.syncGroup, { groupId: 'g', memberId, generationId: 1, assignments: [] })
    for (let i = 0; i < 4; i++) {
      await clock.advance(4000)
      expect(await commit(client, i, member)).toBe('NONE')
    }
  })
})

describe('fetching', () => {
  test('gives what was committed, in each version, and -1 for the rest', async () => {
    const { client } = openTestBroker()
    const topicId = await client.createTopic('a')
    await commit(client, 5)
    const topics = [{ name: 'a', topicId, partitionIndexes: [0, 1] }]
    const expected = [
      [0, 5, 'why'],
      [1, -1, ''],
    ]
    for (let version = 0; version <= apis.offsetFetch.maxVersion; version++) {
      const request =
        version < 8
          ? { groupId: 'g', topics: [{ name: 'a', partitionIndexes: [0, 1] }] }
          : { groups: [{ groupId: 'g', topics }] }
      const answer = await client.send(apis.offsetFetch, request, version)
      const partitions = (version < 8 ? answer.topics[0] : answer.groups[0]?.topics[0])?.partitions ?? []
      expect(partitions.map((p) => [p.partitionIndex, p.committedOffset, p.metadata])).toEqual(expected)
    }
  })

  test('gives all offsets of a group, and none of one that does not exist', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    await commit(client, 5)
    const groups = ['g', 'other'].map((groupId) => ({ groupId, topics: null }))
    const answer = await client.send(apis.offsetFetch, { groups }, 9)
    expect(answer.groups.map(({ groupId, topics }) => [groupId, topics.length])).toEqual([
      ['g', 1],
      ['other', 0],
    ])
    const old = await client.send(apis.offsetFetch, { groupId: 'g', topics: null }, 5)
    expect(old.topics.map(({ name }) => name)).toEqual(['a'])
  })
})

test('all offsets of a group are those that are committed: what a transaction has open is none yet', async () => {
  const { client } = openTestBroker()
  await client.createTopic('a', 2)
  await commit(client, 5)
  const init = { transactionalId: 'tx', transactionTimeoutMs: 1000 }
  const { producerId, producerEpoch } = await client.send(apis.initProducerId, init)
  const topics = [{ name: 'a', partitions: [{ partitionIndex: 1, committedOffset: 1 }] }]
  const staged = { transactionalId: 'tx', groupId: 'g', producerId, producerEpoch, generationId: -1, topics }
  await client.send(apis.txnOffsetCommit, staged)
  const answer = await client.send(apis.offsetFetch, { groups: [{ groupId: 'g', topics: null }] }, 9)
  expect(answer.groups[0]?.topics[0]?.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([0])
})

describe('offsets that nobody needs', () => {
  const day = 86_400_000
  const groupsOf = async (client: TestClient) =>
    (await client.send(apis.listGroups, {})).groups.map(({ groupId }) => groupId)
  const offsetsOf = async (client: TestClient) => {
    const answer = await client.send(apis.offsetFetch, { groups: [{ groupId: 'g', topics: null }] }, 9)
    return answer.groups[0]?.topics.map(({ name }) => name) ?? []
  }

  test('are forgotten a week after the last commit, and with them their group', async () => {
    const { client, clock } = openTestBroker({ offsetsRetentionMs: 7 * day })
    await client.createTopic('a')
    await commit(client, 5)
    await clock.advance(4 * day)
    await commit(client, 6, { groupId: 'h' })
    await clock.advance(3 * day - 1)
    expect(await groupsOf(client)).toEqual(['g', 'h'])
    await clock.advance(600_001)
    expect(await groupsOf(client)).toEqual(['h'])
  })

  test('stay while a member subscribes to their topic, and a week longer', async () => {
    const { client, clock } = openTestBroker({ offsetsRetentionMs: 60_000, offsetsRetentionCheckMs: 1000 })
    for (const topic of ['a', 'b']) {
      await client.createTopic(topic)
      const partitions = [{ partitionIndex: 0, committedOffset: 1 }]
      await client.send(apis.offsetCommit, { groupId: 'g', topics: [{ name: topic, partitions }] }, 9)
    }
    const member = await join(client)
    const { memberId, generationIdOrMemberEpoch: generationId } = member
    await client.send(apis.syncGroup, { groupId: 'g', memberId, generationId, assignments: [] })
    for (let i = 0; i < 20; i++) {
      await clock.advance(4000)
      await client.send(apis.heartbeat, { groupId: 'g', memberId, generationId })
    }
    expect(await offsetsOf(client)).toEqual(['a'])
    await client.send(apis.leaveGroup, { groupId: 'g', members: [{ memberId }] })
    await clock.advance(58_000)
    expect(await offsetsOf(client)).toEqual(['a'])
    await clock.advance(4000)
    expect(await groupsOf(client)).toEqual([])
  })

  test('need not have been there for a group without members to go', async () => {
    const { client, clock } = openTestBroker({ offsetsRetentionMs: 7 * day })
    await client.createTopic('a')
    const { memberId } = await join(client)
    await client.send(apis.leaveGroup, { groupId: 'g', members: [{ memberId }] })
    expect(await groupsOf(client)).toEqual(['g'])
    await clock.advance(600_001)
    expect(await groupsOf(client)).toEqual([])
  })

  test('stay for ever where the broker is told so', async () => {
    const { client, clock } = openTestBroker({ offsetsRetentionMs: Infinity })
    await client.createTopic('a')
    await commit(client, 5)
    await clock.advance(1000 * day)
    expect(await groupsOf(client)).toEqual(['g'])
  })
})

describe('forgetting', () => {
  const offsetDelete = async (client: TestClient, name = 'a') => {
    const topics = [{ name, partitions: [{ partitionIndex: 0 }] }]
    const answer = await client.send(apis.offsetDelete, { groupId: 'g', topics })
    return answer.errorCode === 0 ? errorOf(answer.topics[0]?.partitions[0]) : errorOf(answer)
  }

  test('single offsets is refused for topics that members subscribe to', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    await client.createTopic('b')
    expect(await offsetDelete(client)).toBe('GROUP_ID_NOT_FOUND')
    await commit(client, 5)
    await join(client)
    expect([await offsetDelete(client, 'a'), await offsetDelete(client, 'b')]).toEqual([
      'GROUP_SUBSCRIBED_TO_TOPIC',
      'NONE',
    ])
  })

  test('a whole group is refused while it has members', async () => {
    const { client, clock } = openTestBroker()
    await client.createTopic('a')
    const remove = async () => {
      const { results } = await client.send(apis.deleteGroups, { groupsNames: ['g'] })
      return errorOf(results[0])
    }
    await join(client)
    expect(await remove()).toBe('NON_EMPTY_GROUP')
    await clock.advance(6001)
    expect([await remove(), await remove()]).toEqual(['NONE', 'GROUP_ID_NOT_FOUND'])
  })
})

test('groups are listed by state and type, and described when dead', async () => {
  const { client } = openTestBroker()
  await client.createTopic('a')
  await commit(client, 5)
  const list = async (filter: object) =>
    (await client.send(apis.listGroups, filter)).groups.map((g) => g.groupState)
  expect(await list({})).toEqual(['Empty'])
  expect([await list({ statesFilter: ['stable'] }), await list({ typesFilter: ['consumer'] })]).toEqual([
    [],
    [],
  ])
  expect(await list({ statesFilter: ['Empty'], typesFilter: ['Classic'] })).toEqual(['Empty'])
  const { groups } = await client.send(apis.describeGroups, { groups: ['other'] })
  expect(groups[0]).toMatchObject({ groupState: 'Dead', errorCode: 69 })
  expect((await client.send(apis.describeGroups, { groups: ['other'] }, 5)).groups[0]?.errorCode).toBe(0)
})

test('one group more than allowed takes the place of the one without members that committed least lately', async () => {
  const { client, clock } = openTestBroker({ groupsMax: 2 })
  await client.createTopic('a')
  for (const groupId of ['g', 'h', 'g', 'i']) {
    expect(await commit(client, 1, { groupId })).toBe('NONE')
    await clock.advance(1000)
  }
  const { groups } = await client.send(apis.listGroups, {})
  expect(groups.map(({ groupId }) => groupId)).toEqual(['g', 'i'])
})

test('one group more than allowed is refused while offsets of all are in open transactions', async () => {
  const { client } = openTestBroker({ groupsMax: 1 })
  await client.createTopic('a')
  const init = { transactionalId: 'tx', transactionTimeoutMs: 1000 }
  const { producerId, producerEpoch } = await client.send(apis.initProducerId, init)
  const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
  const staged = { transactionalId: 'tx', groupId: 'g', producerId, producerEpoch, generationId: -1, topics }
  await client.send(apis.txnOffsetCommit, staged)
  expect(await commit(client, 1, { groupId: 'h' })).toBe('COORDINATOR_NOT_AVAILABLE')
})

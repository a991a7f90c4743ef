import { describe, expect, test } from 'vitest'
import { apis } from '../protocol/apis.ts'
import { batchOf, errorOf, openTestBroker, TestClient, type TestBroker } from './fixtures/test-broker.ts'

/** Three nodes, and a client of each. */
function openThree(config: Parameters<typeof openTestBroker>[0] = {}) {
  const setup = openTestBroker({ nodes: 3, ...config })
  const at = new Map([1, 2, 3].map((nodeId) => [nodeId, new TestClient(setup.broker, 'test', nodeId)]))
  return { ...setup, on: (nodeId: number) => at.get(nodeId) as TestClient }
}

async function metadataOf({ client }: Pick<TestBroker, 'client'>, topic: string) {
  const answer = await client.send(apis.metadata, { topics: [{ name: topic }] })
  return { ...answer, partitions: answer.topics[0]?.partitions ?? [] }
}

const ascending = (a: number, b: number): number => a - b
const others = (nodeId: number): number[] => [1, 2, 3].filter((other) => other !== nodeId)

describe('three nodes', () => {
  test('are all named in metadata, each at its own place, with leaders spread over them', async () => {
    const setup = openThree()
    await setup.client.createTopic('a', 6)
    const { brokers, controllerId, partitions } = await metadataOf(setup, 'a')
    expect(brokers).toMatchObject([
      { nodeId: 1, host: 'localhost', port: 9092 },
      { nodeId: 2, host: 'localhost', port: 9093 },
      { nodeId: 3, host: 'localhost', port: 9094 },
    ])
    expect(controllerId).toBe(1)
    const leaders = partitions.map(({ leaderId }) => leaderId)
    expect([1, 2, 3].map((nodeId) => leaders.filter((leader) => leader === nodeId).length)).toEqual([2, 2, 2])
    for (const { replicaNodes, isrNodes, leaderId } of partitions) {
      expect(replicaNodes.toSorted(ascending)).toEqual([1, 2, 3])
      expect(isrNodes).toEqual(replicaNodes)
      expect(replicaNodes[0]).toBe(leaderId)
    }
  })

  test('share what is written: it is read where the leader is, and nowhere else', async () => {
    const { client, broker, on } = openThree()
    await client.createTopic('a')
    const leader = broker.cluster.leaderOf('a', 0)
    for (const nodeId of others(leader)) {
      expect((await on(nodeId).produce('a', batchOf(['x']))).error).toBe('NOT_LEADER_OR_FOLLOWER')
      expect((await on(nodeId).fetch('a', 0)).error).toBe('NOT_LEADER_OR_FOLLOWER')
    }
    expect((await on(leader).produce('a', batchOf(['x']))).error).toBe('NONE')
    expect((await on(leader).fetch('a', 0)).records.length).toBeGreaterThan(0)
  })

  test('give a topic the replicas that it asks for', async () => {
    const setup = openThree()
    const request = {
      topics: [
        { name: 'one', numPartitions: 2, replicationFactor: 1 },
        { name: 'four', numPartitions: 1, replicationFactor: 4 },
        {
          name: 'manual',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [3, 1] }],
        },
        {
          name: 'nobody',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [9] }],
        },
      ],
    }
    const { topics } = await setup.client.send(apis.createTopics, request)
    expect(topics.map((topic) => [topic.name, errorOf(topic), topic.replicationFactor])).toEqual([
      ['one', 'NONE', 1],
      ['four', 'INVALID_REPLICATION_FACTOR', -1],
      ['manual', 'NONE', 2],
      ['nobody', 'INVALID_REPLICA_ASSIGNMENT', -1],
    ])
    const { partitions } = await metadataOf(setup, 'manual')
    expect(partitions).toMatchObject([{ leaderId: 3, replicaNodes: [3, 1] }])
  })
})

describe('a leader that moves', () => {
  test('ends the old one at once: who waits there is told, with the new leader and its address', async () => {
    const { client, broker, on } = openThree()
    await client.createTopic('a')
    const old = broker.cluster.leaderOf('a', 0)
    const next = others(old)[0] ?? 0
    const topicId = (await metadataOf({ client }, 'a')).topics[0]?.topicId ?? ''
    const waiting = on(old).send(apis.fetch, {
      maxWaitMs: 60_000,
      minBytes: 1,
      topics: [{ topicId, partitions: [{ partition: 0, currentLeaderEpoch: 0, partitionMaxBytes: 1000 }] }],
    })
    broker.cluster.moveLeader('a', 0, next)
    const { responses, nodeEndpoints } = await waiting
    expect(responses[0]?.partitions.map(errorOf)).toEqual(['FENCED_LEADER_EPOCH'])
    expect(responses[0]?.partitions[0]?.currentLeader).toEqual({ leaderId: next, leaderEpoch: 1 })
    expect(nodeEndpoints).toMatchObject([{ nodeId: next, host: 'localhost', port: 9091 + next }])
    expect((await on(next).produce('a', batchOf(['x']))).error).toBe('NONE')
  })

  test('starts a new epoch in the log, and the end of the old one can be asked for', async () => {
    const { client, broker, on } = openThree()
    await client.createTopic('a')
    const old = broker.cluster.leaderOf('a', 0)
    const next = others(old)[0] ?? 0
    await on(old).produce('a', batchOf(['1', '2']))
    broker.cluster.moveLeader('a', 0, next)
    await on(next).produce('a', batchOf(['3']))
    const partitions = [{ partition: 0, currentLeaderEpoch: 1, leaderEpoch: 0 }]
    const { topics } = await on(next).send(apis.offsetForLeaderEpoch, {
      topics: [{ topic: 'a', partitions }],
    })
    expect(topics[0]?.partitions).toMatchObject([{ errorCode: 0, leaderEpoch: 0, endOffset: 2 }])
  })

  test('is refused where it would have no replica, no node or no topic', async () => {
    const { client, broker } = openThree()
    const topic = { name: 'a', numPartitions: 1, replicationFactor: 1 }
    await client.send(apis.createTopics, { topics: [topic] })
    const other = others(broker.cluster.leaderOf('a', 0))[0] ?? 0
    const { cluster } = broker
    expect(() => cluster.moveLeader('a', 0, other)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
    expect(() => cluster.moveLeader('a', 0, 9)).toThrow(expect.objectContaining({ code: 'NAME_NOT_FOUND' }))
    expect(() => cluster.moveLeader('b', 0, 1)).toThrow(expect.objectContaining({ code: 'NAME_NOT_FOUND' }))
  })
})

describe('a coordinator', () => {
  test('is the same whoever is asked, and only it answers for its group', async () => {
    const { broker, on } = openThree()
    const keys = Array.from({ length: 30 }, (_, i) => `group-${i}`)
    const found = await Promise.all(
      [1, 2, 3].map((nodeId) => on(nodeId).send(apis.findCoordinator, { keyType: 0, coordinatorKeys: keys })),
    )
    const [first = [], ...rest] = found.map(({ coordinators }) => coordinators.map(({ nodeId }) => nodeId))
    for (const same of rest) expect(same).toEqual(first)
    expect(new Set(first)).toEqual(new Set([1, 2, 3]))
    const coordinator = broker.cluster.coordinatorOf('group', 'group-0')
    const ask = (nodeId: number) =>
      on(nodeId).send(apis.heartbeat, { groupId: 'group-0', memberId: 'm', generationId: 1 })
    for (const nodeId of others(coordinator)) expect(errorOf(await ask(nodeId))).toBe('NOT_COORDINATOR')
    expect(errorOf(await ask(coordinator))).toBe('UNKNOWN_MEMBER_ID')
  })

  async function groupOfThree(options: { groupInitialRebalanceDelayMs?: number } = {}) {
    const { broker, on, clock } = openThree(options)
    const old = broker.cluster.coordinatorOf('group', 'g')
    const next = others(old)[0] ?? 0
    const join = (nodeId: number, memberId: string) =>
      on(nodeId).send(apis.joinGroup, {
        groupId: 'g',
        memberId,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 20_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      })
    const sync = (nodeId: number, memberId: string, generationId: number) =>
      on(nodeId).send(apis.syncGroup, { groupId: 'g', memberId, generationId })
    return { broker, clock, on, old, next, join, sync }
  }

  test('that moves refuses who waits to join, and the new one takes over who has been in', async () => {
    const { broker, clock, old, next, join, sync } = await groupOfThree()
    const { memberId } = await join(old, '')
    const { generationId } = await join(old, memberId)
    await sync(old, memberId, generationId)
    const waiting = join(old, memberId)
    const [promised, newcomer] = [(await join(old, '')).memberId, (await join(old, '')).memberId]
    const coming = join(old, newcomer)
    await clock.advance(10)
    broker.cluster.moveCoordinator('group', 'g', next)
    expect(errorOf(await coming)).toBe('NOT_COORDINATOR')
    expect(errorOf(await waiting)).toBe('NONE')
    for (const unknown of [promised, newcomer])
      expect(errorOf(await join(next, unknown))).toBe('UNKNOWN_MEMBER_ID')
    expect(await join(next, memberId)).toMatchObject({ errorCode: 0, memberId, leader: memberId })
    expect(errorOf(await join(old, memberId))).toBe('NOT_COORDINATOR')
  })

  test.each([
    ['waits to join', 3000, 'NOT_COORDINATOR'],
    ['has joined and has no assignment', 0, 'NONE'],
  ])('that is new knows nobody who %s', async (_case, groupInitialRebalanceDelayMs, answer) => {
    const { broker, clock, on, old, next, join } = await groupOfThree({ groupInitialRebalanceDelayMs })
    const { memberId } = await join(old, '')
    const joining = join(old, memberId)
    await clock.advance(10)
    broker.cluster.moveCoordinator('group', 'g', next)
    expect(errorOf(await joining)).toBe(answer)
    await clock.advance(3000)
    const { groups } = await on(next).send(apis.describeGroups, { groups: ['g'] })
    expect(groups).toMatchObject([{ groupState: 'Empty', members: [] }])
  })

  test('of a transaction moves with what is open', async () => {
    const { broker, on } = openThree()
    await on(1).createTopic('a')
    const old = broker.cluster.coordinatorOf('transaction', 'tx')
    const next = others(old)[0] ?? 0
    const init = { transactionalId: 'tx', transactionTimeoutMs: 10_000 }
    expect(errorOf(await on(next).send(apis.initProducerId, init))).toBe('NOT_COORDINATOR')
    const { producerId, producerEpoch } = await on(old).send(apis.initProducerId, init)
    const batch = batchOf(['x'], { producerId, producerEpoch, baseSequence: 0, transactional: true })
    const leader = on(broker.cluster.leaderOf('a', 0))
    expect((await leader.produce('a', batch, { transactionalId: 'tx' })).error).toBe('NONE')
    broker.cluster.moveCoordinator('transaction', 'tx', next)
    const end = { transactionalId: 'tx', producerId, producerEpoch, committed: true }
    expect(errorOf(await on(old).send(apis.endTxn, end))).toBe('NOT_COORDINATOR')
    expect(errorOf(await on(next).send(apis.endTxn, end))).toBe('NONE')
  })
})

test('a write that waited while its partition got another leader is refused', async () => {
  const markersTake = { transactionMarkerDelayMs: { min: 50, max: 50 } }
  const { broker, clock, on } = openThree(markersTake)
  await on(1).createTopic('a')
  const coordinator = on(broker.cluster.coordinatorOf('transaction', 'tx'))
  const init = { transactionalId: 'tx', transactionTimeoutMs: 10_000 }
  let producer = await coordinator.send(apis.initProducerId, init)
  const leaderId = broker.cluster.leaderOf('a', 0)
  const write = () => {
    const { producerId, producerEpoch } = producer
    const ending = { producerId, producerEpoch, baseSequence: 0, transactional: true }
    return on(leaderId).produce('a', batchOf(['x'], ending), { transactionalId: 'tx' })
  }
  expect((await write()).error).toBe('NONE')
  const { producerId, producerEpoch } = producer
  const end = { transactionalId: 'tx', producerId, producerEpoch, committed: true }
  producer = { ...producer, ...(await coordinator.send(apis.endTxn, end)) }
  const waiting = write()
  await clock.advance(10)
  broker.cluster.moveLeader('a', 0, others(leaderId)[0] ?? 0)
  await clock.advance(50)
  expect((await waiting).error).toBe('NOT_LEADER_OR_FOLLOWER')
  expect(await on(broker.cluster.leaderOf('a', 0)).endOffset('a')).toBe(2)
})

describe('a node that stops', () => {
  test('loses its connections, its partitions and its groups to the others, and comes back', async () => {
    const setup = openThree()
    const { broker, on } = setup
    await on(1).createTopic('a', 3)
    await broker.cluster.stopNode(3)
    expect(on(3).connection.closed.aborted).toBe(true)
    expect(() => broker.connect('memory', 3)).toThrow(expect.objectContaining({ code: 'BROKER_UNREACHABLE' }))
    const during = await metadataOf({ client: on(1) }, 'a')
    expect(during.brokers.map(({ nodeId }) => nodeId)).toEqual([1, 2])
    expect(during.partitions.map(({ leaderId }) => leaderId)).not.toContain(3)
    expect(during.partitions.map(({ offlineReplicas }) => offlineReplicas)).toEqual([[3], [3], [3]])
    expect(during.partitions.map(({ leaderEpoch }) => leaderEpoch).toSorted(ascending)).toEqual([0, 0, 1])
    for (let i = 0; i < 20; i++) expect(broker.cluster.coordinatorOf('group', `g${i}`)).not.toBe(3)

    await broker.cluster.startNode(3)
    const after = await metadataOf({ client: on(1) }, 'a')
    expect(after.brokers.map(({ nodeId }) => nodeId)).toEqual([1, 2, 3])
    expect(after.partitions.map(({ offlineReplicas }) => offlineReplicas)).toEqual([[], [], []])
  })

  test('takes partitions that only it has out of service until it is back', async () => {
    const { broker, on } = openThree()
    const topic = { name: 'a', numPartitions: 1, replicationFactor: 1 }
    await on(1).send(apis.createTopics, { topics: [topic] })
    const leader = broker.cluster.leaderOf('a', 0)
    const other = others(leader)[0] ?? 0
    await on(leader).produce('a', batchOf(['kept']))
    await broker.cluster.stopNode(leader)
    const { partitions } = await metadataOf({ client: on(other) }, 'a')
    expect(partitions).toMatchObject([{ leaderId: -1 }])
    expect(partitions.map(errorOf)).toEqual(['LEADER_NOT_AVAILABLE'])
    await broker.cluster.startNode(leader)
    expect(await new TestClient(broker, 'test', leader).endOffset('a')).toBe(1)
  })

  test('is shown as fenced to who asks for such nodes', async () => {
    const { broker, on } = openThree()
    await broker.cluster.stopNode(2)
    const ask = { includeFencedBrokers: true }
    const { brokers } = await on(1).send(apis.describeCluster, ask)
    expect(brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ])
  })

  test('makes too few replicas for a topic that needs more', async () => {
    const { broker, on } = openThree()
    await on(1).createTopic('a', 1, { 'min.insync.replicas': '3' })
    const leader = broker.cluster.leaderOf('a', 0)
    expect((await on(leader).produce('a', batchOf(['x']))).error).toBe('NONE')
    await broker.cluster.stopNode(others(leader)[0] ?? 0)
    expect((await on(leader).produce('a', batchOf(['x']))).error).toBe('NOT_ENOUGH_REPLICAS')
    expect((await on(leader).produce('a', batchOf(['x']), { acks: 1 })).error).toBe('NONE')
  })
})

test('faults may be those of one node', async () => {
  const { broker, on } = openThree()
  const fault = { kind: 'error', error: 'UNKNOWN_SERVER_ERROR', when: 'instead' } as const
  const active = broker.faults.add({ api: 'DescribeCluster', nodeId: 2, fault })
  const errors = [1, 2, 3].map(async (nodeId) => errorOf(await on(nodeId).send(apis.describeCluster, {})))
  expect(await Promise.all(errors)).toEqual(['NONE', 'UNKNOWN_SERVER_ERROR', 'NONE'])
  expect(active.hits).toBe(1)
})

describe('over TCP', () => {
  test('each node has a port, gives it up when it stops and takes it again', async () => {
    await using broker = openThree().broker
    const { port } = await broker.listen(0)
    const ports = [1, 2, 3].map((nodeId) => broker.addressOf(nodeId).port)
    expect(ports[0]).toBe(port)
    expect(new Set(ports).size).toBe(3)
    await broker.cluster.stopNode(2)
    await broker.cluster.startNode(2)
    expect(broker.addressOf(2).port).toBe(ports[1])
  })
})

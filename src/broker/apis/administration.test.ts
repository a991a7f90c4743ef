import { describe, expect, test } from 'vitest'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { batchOf, errorOf, openTestBroker, TestClient } from '../fixtures/test-broker.ts'

describe('features', () => {
  const levelOf = async ({ client }: { client: TestClient }): Promise<number> => {
    const named = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
    const { finalizedFeatures } = await client.send(apis.apiVersions, named)
    return finalizedFeatures.find(({ name }) => name === 'transaction.version')?.maxVersionLevel ?? 0
  }
  const to = (maxVersionLevel: number, upgradeType = 1, feature = 'transaction.version') => ({
    featureUpdates: [{ feature, maxVersionLevel, upgradeType }],
  })

  test('go up and, where that is allowed, down; clients are told', async () => {
    const setup = openTestBroker({ transactionVersion: 1 })
    expect(await levelOf(setup)).toBe(1)
    expect(errorOf(await setup.client.send(apis.updateFeatures, to(2)))).toBe('NONE')
    expect(await levelOf(setup)).toBe(2)
    const refused = await setup.client.send(apis.updateFeatures, to(0))
    expect(errorOf(refused)).toBe('INVALID_UPDATE_VERSION')
    expect(refused.errorMessage).toContain('transaction.version')
    expect(errorOf(await setup.client.send(apis.updateFeatures, to(0, 2)))).toBe('NONE')
    expect(await levelOf(setup)).toBe(0)
  })

  test.each([
    ['a level that there is not', to(3)],
    ['a feature that there is not', to(1, 1, 'teleport.version')],
    ['a way up that is called a way down', to(2, 2)],
  ])('refuse %s, and change nothing', async (_, request) => {
    const setup = openTestBroker({ transactionVersion: 1 })
    const together = { featureUpdates: [...to(0, 3).featureUpdates, ...request.featureUpdates] }
    expect(errorOf(await setup.client.send(apis.updateFeatures, together))).toBe('INVALID_UPDATE_VERSION')
    expect(errorOf(await setup.client.send(apis.updateFeatures, { ...to(2), validateOnly: true }))).toBe(
      'NONE',
    )
    expect(await levelOf(setup)).toBe(1)
  })
})

describe('elections', () => {
  test('give partitions back to their preferred leaders', async () => {
    const { broker } = openTestBroker({ nodes: 3 })
    const client = new TestClient(broker)
    await client.createTopic('a', 3)
    const preferred = [0, 1, 2].map((partition) => broker.cluster.leaderOf('a', partition))
    await broker.cluster.stopNode(3)
    const early = await client.send(apis.electLeaders, { topicPartitions: null })
    expect(
      early.replicaElectionResults.flatMap(({ partitionResult }) => partitionResult.map(errorOf)),
    ).toEqual(['PREFERRED_LEADER_NOT_AVAILABLE'])
    await broker.cluster.startNode(3)
    const { replicaElectionResults } = await client.send(apis.electLeaders, { topicPartitions: null })
    expect(replicaElectionResults).toMatchObject([
      { topic: 'a', partitionResult: [{ partitionId: preferred.indexOf(3), errorCode: 0 }] },
    ])
    expect([0, 1, 2].map((partition) => broker.cluster.leaderOf('a', partition))).toEqual(preferred)
  })

  test('say where none was needed, and where there is no such partition', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    const topicPartitions = [{ topic: 'a', partitions: [0, 7] }]
    for (const electionType of [0, 1]) {
      const { replicaElectionResults } = await client.send(apis.electLeaders, {
        electionType,
        topicPartitions,
      })
      expect(replicaElectionResults[0]?.partitionResult.map(errorOf)).toEqual([
        'ELECTION_NOT_NEEDED',
        'UNKNOWN_TOPIC_OR_PARTITION',
      ])
    }
  })
})

describe('replicas', () => {
  const reassign = (replicas: number[] | null, allowReplicationFactorChange = true) => ({
    allowReplicationFactorChange,
    topics: [{ name: 'a', partitions: [{ partitionIndex: 0, replicas }] }],
  })

  test.each([
    ['nobody', [], 'INVALID_REPLICA_ASSIGNMENT'],
    ['a node twice', [1, 1], 'INVALID_REPLICA_ASSIGNMENT'],
    ['a node that there is not', [1, 9], 'INVALID_REPLICA_ASSIGNMENT'],
    ['null, for there is nothing to cancel', null, 'NO_REASSIGNMENT_IN_PROGRESS'],
    ['fewer than may be', [1], 'INVALID_REPLICATION_FACTOR'],
  ])('cannot be %s', async (_, replicas, error) => {
    const { client } = openTestBroker({ nodes: 3 })
    await client.createTopic('a')
    const answer = await client.send(apis.alterPartitionReassignments, reassign(replicas, false))
    expect(answer.responses[0]?.partitions.map(errorOf)).toEqual([error])
  })

  test('move at once, and the leader with them where it must', async () => {
    const { broker, client } = openTestBroker({ nodes: 3 })
    await client.createTopic('a')
    const leader = broker.cluster.leaderOf('a', 0)
    const other = leader === 1 ? 2 : 1
    await client.send(apis.alterPartitionReassignments, reassign([other]))
    expect(broker.cluster.leaderOf('a', 0)).toBe(other)
    const { topics } = await client.send(apis.metadata, { topics: [{ name: 'a' }] })
    expect(topics[0]?.partitions).toMatchObject([
      { replicaNodes: [other], isrNodes: [other], leaderEpoch: 1 },
    ])
    expect((await client.send(apis.listPartitionReassignments, { topics: null })).topics).toEqual([])
  })
})

describe('topics in pages', () => {
  test('come in the order of their names, each partition once', async () => {
    const { client } = openTestBroker()
    for (const name of ['c', 'a', 'b']) await client.createTopic(name, 3)
    const seen: string[] = []
    let cursor: ResponseOf<typeof apis.describeTopicPartitions>['nextCursor'] = null
    do {
      const page: ResponseOf<typeof apis.describeTopicPartitions> = await client.send(
        apis.describeTopicPartitions,
        { responsePartitionLimit: 2, cursor },
      )
      for (const { name, partitions } of page.topics)
        seen.push(...partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(['a', 'b', 'c'].flatMap((name) => [0, 1, 2].map((at) => `${name}-${at}`)))
  })

  test('say what is not there', async () => {
    const { client } = openTestBroker()
    const { topics } = await client.send(apis.describeTopicPartitions, { topics: [{ name: 'none' }] })
    expect(topics.map(errorOf)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
  })
})

describe('quotas', () => {
  test('are none, cannot be set, and may be removed', async () => {
    const { client } = openTestBroker()
    const entity = [{ entityType: 'user', entityName: 'alice' }]
    const alter = (remove: boolean) => ({
      entries: [{ entity, ops: [{ key: 'producer_byte_rate', value: 1, remove }] }],
    })
    expect((await client.send(apis.alterClientQuotas, alter(false))).entries.map(errorOf)).toEqual([
      'INVALID_REQUEST',
    ])
    expect((await client.send(apis.alterClientQuotas, alter(true))).entries.map(errorOf)).toEqual(['NONE'])
    expect((await client.send(apis.describeClientQuotas, {})).entries).toEqual([])
  })
})

test.each([
  ['unset is so already', 4, { configOperation: 1 }, 'NONE'],
  ['set is refused', 4, { configOperation: 0, value: '1' }, 'INVALID_REQUEST'],
  ['unset of what has no settings is refused', 99, { configOperation: 1 }, 'INVALID_REQUEST'],
])('settings of a broker are fixed: what is to be %s', async (_case, resourceType, operation, error) => {
  const { client } = openTestBroker()
  const configs = [{ name: 'leader.replication.throttled.rate', ...operation }]
  const resources = [{ resourceType, resourceName: '1', configs }]
  expect((await client.send(apis.incrementalAlterConfigs, { resources })).responses.map(errorOf)).toEqual([
    error,
  ])
})

test('what has settings is listed by type', async () => {
  const { client } = openTestBroker({ nodes: 2 })
  await client.createTopic('a')
  const all = await client.send(apis.listConfigResources, {})
  expect(all.configResources).toEqual([
    { resourceType: 2, resourceName: 'a' },
    { resourceType: 4, resourceName: '1' },
    { resourceType: 4, resourceName: '2' },
    { resourceType: 8, resourceName: '1' },
    { resourceType: 8, resourceName: '2' },
  ])
  const topics = await client.send(apis.listConfigResources, { resourceTypes: [2, 32] })
  expect(topics.configResources).toEqual([{ resourceType: 2, resourceName: 'a' }])
  expect(errorOf(await client.send(apis.listConfigResources, { resourceTypes: [99] }))).toBe(
    'UNSUPPORTED_VERSION',
  )
})

describe('a marker from outside', () => {
  async function hanging() {
    const setup = openTestBroker()
    await setup.client.createTopic('a')
    const { producerId, producerEpoch } = await setup.client.send(apis.initProducerId, {
      transactionalId: 'tx',
      transactionTimeoutMs: 10_000,
    })
    const own = batchOf(['x'], { producerId, producerEpoch, baseSequence: 0, transactional: true })
    await setup.client.produce('a', own, { transactionalId: 'tx' })
    const markers = (change: object = {}) => ({
      markers: [
        {
          producerId,
          producerEpoch,
          transactionResult: false,
          topics: [{ name: 'a', partitionIndexes: [0] }],
          coordinatorEpoch: 0,
          ...change,
        },
      ],
    })
    const send = async (change: object = {}) => {
      const answer = await setup.client.send(apis.writeTxnMarkers, markers(change))
      return answer.markers[0]?.topics[0]?.partitions.map(errorOf)
    }
    return { ...setup, send, producerEpoch }
  }

  test('ends a transaction that hangs', async () => {
    const { client, send } = await hanging()
    expect(await client.endOffset('a', true)).toBe(0)
    expect(await send()).toEqual(['NONE'])
    expect(await client.endOffset('a', true)).toBe(2)
    expect((await client.fetch('a', 0, { committed: true })).abortedTransactions?.length).toBe(1)
  })

  test('is refused for an older epoch and for a partition that there is not', async () => {
    const { send, producerEpoch } = await hanging()
    expect(await send({ producerEpoch: producerEpoch - 1 })).toEqual(['INVALID_PRODUCER_EPOCH'])
    expect(await send({ topics: [{ name: 'b', partitionIndexes: [0] }] })).toEqual([
      'UNKNOWN_TOPIC_OR_PARTITION',
    ])
  })

  test('of the second version of transactions carries a new epoch, unless it comes once more', async () => {
    const { client, send, producerEpoch } = await hanging()
    const second = { transactionVersion: 2 }
    expect(await send(second)).toEqual(['INVALID_PRODUCER_EPOCH'])
    expect(await client.endOffset('a', true)).toBe(0)
    const next = { ...second, producerEpoch: producerEpoch + 1 }
    expect([await send(next), await send(next)]).toEqual([['NONE'], ['NONE']])
    expect(await client.endOffset('a', true)).toBeGreaterThanOrEqual(2)
  })

  test('is refused from a coordinator that has been followed by another', async () => {
    const { send } = await hanging()
    expect(await send({ coordinatorEpoch: 5 })).toEqual(['NONE'])
    expect(await send({ coordinatorEpoch: 4 })).toEqual(['TRANSACTION_COORDINATOR_FENCED'])
  })
})

describe('SCRAM credentials', () => {
  const wish = (change: object = {}) => ({
    name: 'alice',
    mechanism: 1,
    iterations: 4096,
    salt: Buffer.from('salt'),
    saltedPassword: Buffer.alloc(32, 1),
    ...change,
  })

  test('are set, described without secrets, and deleted', async () => {
    const { client } = openTestBroker({ users: { bob: 'secret' } })
    const set = { upsertions: [wish()] }
    expect((await client.send(apis.alterUserScramCredentials, set)).results.map(errorOf)).toEqual(['NONE'])
    const { results } = await client.send(apis.describeUserScramCredentials, { users: null })
    expect(results).toMatchObject([
      { user: 'alice', credentialInfos: [{ mechanism: 1, iterations: 4096 }] },
      {
        user: 'bob',
        credentialInfos: [
          { mechanism: 1, iterations: 4096 },
          { mechanism: 2, iterations: 4096 },
        ],
      },
    ])
    const gone = { deletions: [{ name: 'alice', mechanism: 1 }] }
    const twice = [0, 1].map(() => client.send(apis.alterUserScramCredentials, gone))
    expect((await Promise.all(twice)).flatMap((answer) => answer.results.map(errorOf))).toEqual([
      'NONE',
      'RESOURCE_NOT_FOUND',
    ])
    const asked = await client.send(apis.describeUserScramCredentials, { users: [{ name: 'alice' }] })
    expect(asked.results.map(errorOf)).toEqual(['RESOURCE_NOT_FOUND'])
  })

  test.each([
    ['without a name', { upsertions: [wish({ name: '' })] }, 'UNACCEPTABLE_CREDENTIAL'],
    ['with too few iterations', { upsertions: [wish({ iterations: 1000 })] }, 'UNACCEPTABLE_CREDENTIAL'],
    ['with too many iterations', { upsertions: [wish({ iterations: 99_999 })] }, 'UNACCEPTABLE_CREDENTIAL'],
    ['of no known mechanism', { upsertions: [wish({ mechanism: 9 })] }, 'UNSUPPORTED_SASL_MECHANISM'],
    [
      'twice in one request',
      { deletions: [{ name: 'alice', mechanism: 1 }], upsertions: [wish()] },
      'DUPLICATE_RESOURCE',
    ],
  ])('are refused %s', async (_, request, error) => {
    const { client } = openTestBroker()
    expect((await client.send(apis.alterUserScramCredentials, request)).results.map(errorOf)).toEqual([error])
  })
})

test('logs are in the one place there is, and can be moved to no other', async () => {
  const { broker, client } = openTestBroker({ nodes: 2, defaultReplicationFactor: 1 })
  await client.createTopic('t', 2)
  const led = [0, 1].map((partition) => broker.cluster.leaderOf('t', partition))
  const topics = [
    { name: 't', partitions: [0, 1, 2] },
    { name: 'u', partitions: [0] },
  ]
  const dirs = [
    { path: 'memory', topics },
    { path: '/tmp', topics: [{ name: 't', partitions: [0] }] },
  ]
  const { results } = await client.send(apis.alterReplicaLogDirs, { dirs })
  const ofOwn = led.map((leader) => (leader === broker.nodeId ? 'NONE' : 'REPLICA_NOT_AVAILABLE'))
  expect(results.map(({ topicName, partitions }) => [topicName, ...partitions.map(errorOf)])).toEqual([
    ['t', ...ofOwn, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['u', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['t', 'LOG_DIR_NOT_FOUND'],
  ])
})

test('an answer that has nothing to say about an error says null, and no empty text that clients would show', async () => {
  const { client } = openTestBroker()
  const made = await client.send(apis.createTopics, {
    topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }],
  })
  const grown = await client.send(apis.createPartitions, {
    topics: [{ name: 't', count: 2, assignments: null }],
  })
  const tried = await client.send(apis.createPartitions, {
    topics: [{ name: 't', count: 3, assignments: null }],
    validateOnly: true,
  })
  const moved = await client.send(apis.alterPartitionReassignments, { topics: [] })
  const moving = await client.send(apis.listPartitionReassignments, { topics: null })
  const quotas = await client.send(apis.alterClientQuotas, { entries: [{ entity: [], ops: [] }] })
  const features = await client.send(
    apis.updateFeatures,
    { featureUpdates: [{ feature: 'group.version', maxVersionLevel: 1, upgradeType: 1 }] },
    1,
  )
  const bearers = [made.topics, grown.results, tried.results, [moved], [moving], quotas.entries, [features]]
  expect([...bearers, features.results].flat().map(({ errorMessage }) => errorMessage)).toEqual(
    Array.from({ length: 8 }, () => null),
  )
})

describe('sizes of logs', () => {
  const sizesOf = ({ results }: ResponseOf<typeof apis.describeLogDirs>): string[] =>
    results.flatMap(({ topics }) =>
      topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, partitionSize }) => `${name}-${partitionIndex} ${partitionSize}`),
      ),
    )

  test('are told of all partitions, or of those that are asked for and there', async () => {
    const { client } = openTestBroker({ memoryBytesMax: 1000 })
    await client.createTopic('t', 2)
    await client.createTopic('u')
    const records = batchOf(['a', 'b'])
    await client.produce('t', records, { partition: 1 })
    const all = await client.send(apis.describeLogDirs, { topics: null })
    expect(sizesOf(all)).toEqual(['t-0 0', `t-1 ${records.length}`, 'u-0 0'])
    const usableBytes = 1000 - records.length
    expect(all.results).toMatchObject([{ errorCode: 0, logDir: 'memory', totalBytes: 1000, usableBytes }])
    const topics = [
      { topic: 't', partitions: [1, 7] },
      { topic: 'nowhere', partitions: [0] },
    ]
    expect(sizesOf(await client.send(apis.describeLogDirs, { topics }))).toEqual([`t-1 ${records.length}`])
  })

  test('are those of the node that is asked', async () => {
    const { broker, client } = openTestBroker({ nodes: 2, defaultReplicationFactor: 1 })
    await client.createTopic('t', 2)
    const leaders = [0, 1].map((partition) => broker.cluster.leaderOf('t', partition))
    expect(new Set(leaders).size).toBe(2)
    const [own] = [0, 1].filter((partition) => leaders[partition] === broker.nodeId)
    expect(sizesOf(await client.send(apis.describeLogDirs, { topics: null }))).toEqual([`t-${own} 0`])
  })
})

import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { batchOf, errorOf, openTestBroker, type TestClient } from '../fixtures/test-broker.ts'

async function create(client: TestClient, topic: object) {
  const asked = { name: 'a', numPartitions: 1, replicationFactor: 1, ...topic }
  const { topics } = await client.send(apis.createTopics, { topics: [asked] })
  const [answer] = topics
  if (answer === undefined) throw new Error('no topic in the answer')
  return answer
}

async function describeTopics(client: TestClient, names: string[] | null, version = 12) {
  const wanted = names?.map((name) => ({ name })) ?? null
  const { topics } = await client.send(
    apis.metadata,
    { topics: wanted, allowAutoTopicCreation: true },
    version,
  )
  return topics.map((topic) => ({
    name: topic.name,
    error: errorOf(topic),
    partitions: topic.partitions.length,
  }))
}

describe('making a topic', () => {
  test('takes the defaults for -1 and says what was made', async () => {
    const { client } = openTestBroker({ defaultPartitions: 3 })
    const answer = await create(client, { numPartitions: -1, replicationFactor: -1 })
    expect(answer).toMatchObject({ errorCode: 0, numPartitions: 3, replicationFactor: 1 })
    expect(answer.topicId).toMatch(/^[0-9a-f]{32}$/)
    expect(answer.configs?.find(({ name }) => name === 'cleanup.policy')?.value).toBe('delete')
  })

  test.each([
    [{ name: 'a/b' }, 'INVALID_TOPIC_EXCEPTION'],
    [{ name: '..' }, 'INVALID_TOPIC_EXCEPTION'],
    [{ name: 'x'.repeat(250) }, 'INVALID_TOPIC_EXCEPTION'],
    [{ name: 'taken_already' }, 'INVALID_TOPIC_EXCEPTION'],
    [{ name: 'taken.already' }, 'TOPIC_ALREADY_EXISTS'],
    [{ numPartitions: 0 }, 'INVALID_PARTITIONS'],
    [{ numPartitions: 99 }, 'POLICY_VIOLATION'],
    [{ replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR'],
    [{ replicationFactor: 3 }, 'INVALID_REPLICATION_FACTOR'],
    [{ configs: [{ name: 'no.such', value: '1' }] }, 'INVALID_CONFIG'],
    [{ configs: [{ name: 'constructor', value: '1' }] }, 'INVALID_CONFIG'],
    [{ configs: [{ name: 'max.message.bytes', value: '2147483648' }] }, 'INVALID_CONFIG'],
    [{ configs: [{ name: 'segment.ms', value: '9223372036854775808' }] }, 'INVALID_CONFIG'],
    [{ configs: [{ name: 'min.cleanable.dirty.ratio', value: '1.1' }] }, 'INVALID_CONFIG'],
    [{ configs: [{ name: 'compression.lz4.level', value: '18' }] }, 'INVALID_CONFIG'],
    [{ configs: [{ name: 'compression.gzip.level', value: '0' }] }, 'INVALID_CONFIG'],
    [{ configs: [{ name: 'retention.ms', value: 'long' }] }, 'INVALID_CONFIG'],
    [{ configs: [{ name: 'cleanup.policy', value: 'compact,shred' }] }, 'INVALID_CONFIG'],
    [
      { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [9] }] },
      'INVALID_REPLICA_ASSIGNMENT',
    ],
  ])('refuses %j with %s', async (topic, error) => {
    const { client } = openTestBroker({ partitionsMax: 10 })
    await client.createTopic('taken.already')
    expect(errorOf(await create(client, topic))).toBe(error)
  })

  test('refuses a name that stands twice in a request, and makes nothing when only asked to look', async () => {
    const { client } = openTestBroker()
    const topic = { name: 'a', numPartitions: 1, replicationFactor: 1 }
    const twice = await client.send(apis.createTopics, { topics: [topic, topic] })
    expect(twice.topics.map(errorOf)).toEqual(['INVALID_REQUEST'])
    await client.send(apis.createTopics, { topics: [topic], validateOnly: true })
    expect(await describeTopics(client, null)).toEqual([])
  })
})

describe('metadata', () => {
  test('lists all topics, none, or those that were asked for', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a', 2)
    await client.createTopic('b')
    expect((await describeTopics(client, null)).map(({ name }) => name)).toEqual(['a', 'b'])
    expect(await describeTopics(client, [])).toEqual([])
    expect((await describeTopics(client, [], 0)).length).toBe(2)
    expect(await describeTopics(client, ['b', 'c', 'd/e'])).toEqual([
      { name: 'b', error: 'NONE', partitions: 1 },
      { name: 'c', error: 'UNKNOWN_TOPIC_OR_PARTITION', partitions: 0 },
      { name: 'd/e', error: 'INVALID_TOPIC_EXCEPTION', partitions: 0 },
    ])
  })

  test('makes a topic that is asked for where that is allowed', async () => {
    const { client } = openTestBroker({ autoCreateTopics: true, defaultPartitions: 2 })
    expect(await describeTopics(client, ['a'])).toEqual([{ name: 'a', error: 'NONE', partitions: 2 }])
  })

  test('finds a topic by its id', async () => {
    const { client } = openTestBroker()
    const topicId = await client.createTopic('a')
    const { topics } = await client.send(apis.metadata, {
      topics: [
        { topicId, name: null },
        { topicId: 'f'.repeat(32), name: null },
      ],
    })
    expect(topics.map((topic) => [topic.name, errorOf(topic)])).toEqual([
      ['a', 'NONE'],
      [null, 'UNKNOWN_TOPIC_ID'],
    ])
  })
})

test('a deleted topic takes its offsets along, and comes back empty under another id', async () => {
  const { broker, client } = openTestBroker()
  const id = await client.createTopic('a')
  await client.produce('a', batchOf(['x']))
  const partitions = [{ partitionIndex: 0, committedOffset: 1 }]
  await client.send(apis.offsetCommit, { groupId: 'g', topics: [{ name: 'a', partitions }] }, 9)
  const { responses } = await client.send(apis.deleteTopics, { topics: [{ topicId: id }] })
  expect(responses[0]).toMatchObject({ name: 'a', errorCode: 0 })
  expect(broker.memoryUsedBytes).toBe(0)
  expect(await client.createTopic('a')).not.toBe(id)
  expect(await client.endOffset('a')).toBe(0)
  const { groups } = await client.send(apis.offsetFetch, { groups: [{ groupId: 'g', topics: null }] }, 9)
  expect(groups[0]?.topics).toEqual([])
})

test('partitions are added, never taken away', async () => {
  const { client } = openTestBroker()
  await client.createTopic('a', 2)
  const grow = async (count: number) => {
    const { results } = await client.send(apis.createPartitions, {
      topics: [{ name: 'a', count, assignments: null }],
    })
    return errorOf(results[0])
  }
  expect([await grow(4), await grow(4), await grow(1)]).toEqual([
    'NONE',
    'INVALID_PARTITIONS',
    'INVALID_PARTITIONS',
  ])
  expect(await describeTopics(client, ['a'])).toMatchObject([{ partitions: 4 }])
})

describe('settings', () => {
  const resource = { resourceType: 2, resourceName: 'a' }

  async function setting(client: TestClient, name: string) {
    const resources = [{ ...resource, configurationKeys: [name] }]
    const { results } = await client.send(apis.describeConfigs, { resources })
    const [config] = results[0]?.configs ?? []
    return { value: config?.value, source: config?.configSource }
  }

  test('are set, extended, reduced and taken back one by one', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    const alter = async (configOperation: number, value: string | null) => {
      const configs = [{ name: 'cleanup.policy', configOperation, value }]
      const { responses } = await client.send(apis.incrementalAlterConfigs, {
        resources: [{ ...resource, configs }],
      })
      return [errorOf(responses[0]), (await setting(client, 'cleanup.policy')).value]
    }
    expect(await alter(0, 'compact')).toEqual(['NONE', 'compact'])
    expect(await alter(2, 'delete')).toEqual(['NONE', 'compact,delete'])
    expect(await alter(3, 'compact')).toEqual(['NONE', 'delete'])
    expect(await alter(0, 'compact , delete')).toEqual(['NONE', 'compact , delete'])
    expect((await client.produce('a', batchOf(['without a key']))).error).toBe('INVALID_RECORD')
    expect(await alter(3, ' compact')).toEqual(['NONE', 'delete'])
    expect(await alter(0, 'shred')).toEqual(['INVALID_CONFIG', 'delete'])
    expect(await setting(client, 'cleanup.policy')).toEqual({ value: 'delete', source: 1 })
    await alter(1, null)
    expect(await setting(client, 'cleanup.policy')).toEqual({ value: 'delete', source: 5 })
  })

  test('are replaced all at once by the older request', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a', 1, { 'retention.ms': '5', 'max.message.bytes': '7' })
    const configs = [{ name: 'retention.ms', value: '6' }]
    await client.send(apis.alterConfigs, { resources: [{ ...resource, configs }] })
    expect(await setting(client, 'retention.ms')).toEqual({ value: '6', source: 1 })
    expect(await setting(client, 'max.message.bytes')).toEqual({ value: '1048588', source: 5 })
  })

  test('of the broker are shown and fixed', async () => {
    const { client } = openTestBroker()
    const broker = { resourceType: 4, resourceName: '1' }
    const { results } = await client.send(apis.describeConfigs, {
      resources: [{ ...broker, configurationKeys: null }],
    })
    expect(results[0]?.configs.every(({ readOnly }) => readOnly)).toBe(true)
    const configs = [{ name: 'num.partitions', configOperation: 0, value: '2' }]
    const { responses } = await client.send(apis.incrementalAlterConfigs, {
      resources: [{ ...broker, configs }],
    })
    expect(errorOf(responses[0])).toBe('INVALID_REQUEST')
  })

  test('of the broker are told with where they are from, and with what the node is', async () => {
    const { client } = openTestBroker({ defaultPartitions: 4, topicDefaults: { 'retention.ms': '5' } })
    const names = ['advertised.listeners', 'group.max.size', 'log.retention.ms', 'node.id', 'num.partitions']
    const { results } = await client.send(apis.describeConfigs, {
      resources: [{ resourceType: 4, resourceName: '1', configurationKeys: names }],
    })
    const told = results[0]?.configs.map(
      ({ name, value, configSource }) => `${name}=${value} ${configSource}`,
    )
    expect(told).toEqual([
      'advertised.listeners=PLAINTEXT://localhost:9092 4',
      'group.max.size=1000 5',
      'log.retention.ms=5 4',
      'node.id=1 4',
      'num.partitions=4 4',
    ])
  })

  test('have one of the broker beneath, which has a name of its own', async () => {
    const { client } = openTestBroker({ topicDefaults: { 'retention.ms': '5' } })
    await client.createTopic('a', 1, { 'max.message.bytes': '7', 'retention.ms': '6' })
    const { results } = await client.send(apis.describeConfigs, {
      includeSynonyms: true,
      resources: [{ ...resource, configurationKeys: ['max.message.bytes', 'retention.ms', 'segment.ms'] }],
    })
    const told = results[0]?.configs.map(({ synonyms }) =>
      synonyms.map(({ name, value, source }) => `${name}=${value} ${source}`),
    )
    expect(told).toEqual([
      ['max.message.bytes=7 1', 'message.max.bytes=1048588 5'],
      ['retention.ms=6 1', 'log.retention.ms=5 4'],
      [],
    ])
  })

  test('are described in each version', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    for (const version of [0, 1, 2, 3, 4]) {
      const resources = [{ ...resource, configurationKeys: null }]
      const { results } = await client.send(apis.describeConfigs, { resources }, version)
      expect(results[0]?.configs.length).toBeGreaterThan(20)
    }
  })
})

test.each([10, 11])(
  'a topic without a name is refused where ids do not ask yet, in version %i',
  async (version) => {
    const { client } = openTestBroker()
    const { topics } = await client.send(apis.metadata, { topics: [{ name: null }] }, version)
    expect(topics.map(errorOf)).toEqual(['INVALID_REQUEST'])
  },
)

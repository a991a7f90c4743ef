import { expect, test } from 'vitest'
import { TestCluster } from '../../testing/cluster.ts'
import { noGroup, producerDefaults, textRecord } from '../fixtures/clients.ts'

const plain = { partitions: 2, replicationFactor: 1, configs: {} }
const partitions = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 },
]

test('makes topics with settings, and tells which existed already', async () => {
  await using cluster = new TestCluster()
  const { admin } = cluster.kafka
  const compacted = { ...plain, name: 't', configs: { 'cleanup.policy': 'compact' } }
  expect(await cluster.run(admin.createTopics([compacted]))).toEqual([])
  expect(await cluster.run(admin.createTopics([compacted, { ...plain, name: 'u' }]))).toEqual(['t'])
  expect(await cluster.run(admin.topicConfigs('t'))).toMatchObject({ 'cleanup.policy': 'compact' })
  expect((await cluster.run(admin.listTopics())).map(({ name }) => name).toSorted()).toEqual(['t', 'u'])
})

test('says which topics exist without making the others', async () => {
  await using cluster = new TestCluster()
  const { admin } = cluster.kafka
  await cluster.run(admin.createTopics([{ ...plain, name: 't' }]))
  const wanted = ['t', 'u'].map((name) => ({ ...plain, name }))
  for (let time = 0; time < 2; time++) expect(await cluster.run(admin.existingTopics(wanted))).toEqual(['t'])
  expect((await cluster.run(admin.listTopics())).map(({ name }) => name)).toEqual(['t'])
})

test('does not wait for partitions that a topic that existed never had', async () => {
  await using cluster = new TestCluster()
  const { admin } = cluster.kafka
  await cluster.run(admin.createTopics([{ ...plain, name: 't' }]))
  expect(await cluster.run(admin.createTopics([{ ...plain, name: 't', partitions: 4 }]))).toEqual(['t'])
})

test('describes the topics that exist and leaves out the others', async () => {
  await using cluster = new TestCluster()
  const { admin } = cluster.kafka
  await cluster.run(admin.createTopics([{ ...plain, name: 't' }]))
  const described = await cluster.run(admin.describeTopics(['t', 'nowhere']))
  expect(described).toHaveLength(1)
  expect(described[0]).toMatchObject({
    name: 't',
    internal: false,
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    partitions: [
      { partition: 0, leader: cluster.broker.nodeId },
      { partition: 1, leader: cluster.broker.nodeId },
    ],
  })
  expect(await cluster.run(admin.describeTopics([]))).toEqual([])
})

test('a name that Kafka does not allow is refused', async () => {
  await using cluster = new TestCluster()
  const made = cluster.run(cluster.kafka.admin.createTopics([{ ...plain, name: 'not a name' }]))
  await expect(made).rejects.toMatchObject({
    code: 'TOPIC_INVALID',
    message: 'could not create topic "not a name" (INVALID_TOPIC_EXCEPTION)',
  })
})

test('a topic whose making was not answered is made, and counts as new', async () => {
  await using cluster = new TestCluster()
  cluster.broker.faults.add({ api: 'CreateTopics', fault: { kind: 'cut', when: 'after' }, times: 1 })
  expect(await cluster.run(cluster.kafka.admin.createTopics([{ ...plain, name: 't' }]))).toEqual([])
  expect(await cluster.run(cluster.kafka.admin.describeTopics(['t']))).toHaveLength(1)
})

test('deletes topics, and names one that does not exist', async () => {
  await using cluster = new TestCluster()
  const { admin } = cluster.kafka
  await cluster.run(admin.createTopics([{ ...plain, name: 't' }]))
  await cluster.run(admin.deleteTopics(['t']))
  expect(await cluster.run(admin.listTopics())).toEqual([])
  await expect(cluster.run(admin.deleteTopics(['t']))).rejects.toMatchObject({ code: 'TOPIC_MISSING' })
})

test('adds partitions, which have leaders when it is done', async () => {
  await using cluster = new TestCluster()
  const { admin } = cluster.kafka
  await cluster.run(admin.createTopics([{ ...plain, name: 't' }]))
  await cluster.run(admin.createPartitions('t', 5))
  const [topic] = await cluster.run(admin.describeTopics(['t']))
  expect(topic?.partitions.map(({ leader }) => leader)).toEqual(Array(5).fill(cluster.broker.nodeId))
})

test('lists the offset of a partition that is asked for twice', async () => {
  await using cluster = new TestCluster()
  const { admin } = cluster.kafka
  await cluster.run(admin.createTopics([{ ...plain, name: 't' }]))
  const twice = [...partitions, ...partitions]
  expect(await cluster.run(admin.listOffsets(twice, 'latest', 'read_committed'))).toEqual(
    new Map([
      ['t-0', 0],
      ['t-1', 0],
    ]),
  )
})

test('lists offsets: the first, the last for each isolation, and those of a time', async () => {
  await using cluster = new TestCluster()
  const { admin } = cluster.kafka
  await cluster.createTopic('t', 2)
  await cluster.produce('t', [
    { key: null, value: 'a', partition: 0, timestampMs: 1000 },
    { key: null, value: 'b', partition: 0, timestampMs: 2000 },
  ])
  const producer = cluster.kafka.producer({
    ...producerDefaults,
    transactional: { id: 'x', timeoutMs: 10_000 },
  })
  await cluster.run(producer.init())
  await cluster.run(producer.partitionCount('t'))
  producer.append('t', textRecord('open'))
  await cluster.run(producer.flush())
  const at = async (when: 'earliest' | 'latest' | number, isolation: 'read_committed' | 'read_uncommitted') =>
    Object.fromEntries(await cluster.run(admin.listOffsets(partitions, when, isolation)))
  expect(await at('earliest', 'read_committed')).toEqual({ 't-0': 0, 't-1': 0 })
  expect(await at('latest', 'read_committed')).toEqual({ 't-0': 2, 't-1': 0 })
  expect(await at('latest', 'read_uncommitted')).toEqual({ 't-0': 3, 't-1': 0 })
  expect(await at(1500, 'read_committed')).toEqual({ 't-0': 1, 't-1': -1 })
  await cluster.run(producer.commit([], noGroup))
})

test('deletes records before an offset, also when the leader moved meanwhile', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('t', 2)
  await cluster.produce('t', [
    { key: null, value: 'a', partition: 0 },
    { key: null, value: 'b', partition: 0 },
  ])
  const error = { kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER', when: 'instead' } as const
  cluster.broker.faults.add({ api: 'DeleteRecords', fault: error, times: 2 })
  await cluster.run(cluster.kafka.admin.deleteRecords([{ topic: 't', partition: 0, offset: 1 }]))
  const first = await cluster.run(cluster.kafka.admin.listOffsets(partitions, 'earliest', 'read_committed'))
  expect(first.get('t-0')).toBe(1)
})

import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { RecordBatchWriter, type BatchEnding } from '../../protocol/record-batch-writer.ts'
import { TempFolder } from '../fixtures/data-folder.ts'
import { batchOf, errorOf, openTestBroker, TestClient } from '../fixtures/test-broker.ts'

const nothing = Buffer.alloc(0)

async function at(client: TestClient, timestamp: number, version = -1) {
  const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp }] }]
  const answer = await client.send(apis.listOffsets, { topics }, version)
  const partition = answer.topics[0]?.partitions[0]
  return partition?.errorCode === 0 ? [partition.offset, partition.timestamp] : errorOf(partition)
}

/** Three batches: times 10 · 30 · 20. */
async function threeTimes() {
  const setup = openTestBroker({ segmentBytes: 100 })
  await setup.client.createTopic('a')
  for (const timeMs of [10, 30, 20]) await setup.client.produce('a', batchOf(['x', 'y'], {}, timeMs))
  return setup
}

function timedBatchOf(timesMs: readonly number[], ending: BatchEnding = {}): Buffer {
  const writer = new RecordBatchWriter()
  const slices = { key: nothing, keyStart: 0, keyEnd: -1, value: nothing, valueStart: 0, valueEnd: 0 }
  for (const timestampMs of timesMs) writer.append({ timestampMs, ...slices, headers: undefined })
  return writer.finish(ending)
}

describe('a place in a log', () => {
  test('is its start, its end, or where its largest time is', async () => {
    const { client } = await threeTimes()
    expect([await at(client, -2), await at(client, -1), await at(client, -3)]).toEqual([
      [0, -1],
      [6, -1],
      [2, 30],
    ])
    expect([await at(client, -4), await at(client, -5)]).toEqual([
      [0, -1],
      [-1, -1],
    ])
  })

  test('is the first record at a time or after it', async () => {
    const { client } = await threeTimes()
    expect([await at(client, 5), await at(client, 10), await at(client, 11), await at(client, 31)]).toEqual([
      [0, 10],
      [0, 10],
      [2, 30],
      [-1, -1],
    ])
  })

  test('lies behind what was deleted', async () => {
    const { client } = await threeTimes()
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, offset: 3 }] }]
    await client.send(apis.deleteRecords, { topics })
    expect([await at(client, -2), await at(client, 5)]).toEqual([
      [3, -1],
      [3, 30],
    ])
  })

  test('lies behind what was deleted of the very batch that has the time', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    await client.produce('a', timedBatchOf([100, 50, 50]))
    await client.produce('a', timedBatchOf([60, 90]))
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, offset: 1 }] }]
    await client.send(apis.deleteRecords, { topics })
    expect([await at(client, 50), await at(client, 80), await at(client, 91)]).toEqual([
      [1, 50],
      [4, 90],
      [-1, -1],
    ])
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'is found within a batch of %s',
    async (compression) => {
      const { client } = openTestBroker()
      await client.createTopic('a')
      await client.produce('a', timedBatchOf([10, 30, 20, 40], { compression }))
      expect([
        await at(client, 11),
        await at(client, 31),
        await at(client, -3),
        await at(client, 41),
      ]).toEqual([
        [1, 30],
        [3, 40],
        [3, 40],
        [-1, -1],
      ])
    },
  )

  test('is given in each version but the first', async () => {
    const { client } = await threeTimes()
    for (let version = 1; version <= apis.listOffsets.maxVersion; version++)
      expect(await at(client, -1, version)).toEqual([6, -1])
    expect(await at(client, -1, 0)).toBe('UNSUPPORTED_VERSION')
  })
})

test('the end of an epoch is the end of the log while it lasts, and not known of those to come', async () => {
  const { client } = await threeTimes()
  const partitions = [0, 1].map((leaderEpoch) => ({ partition: 0, leaderEpoch }))
  const { topics } = await client.send(apis.offsetForLeaderEpoch, { topics: [{ topic: 'a', partitions }] })
  expect(topics[0]?.partitions.map(({ leaderEpoch, endOffset }) => [leaderEpoch, endOffset])).toEqual([
    [0, 6],
    [-1, -1],
  ])
})

test('no records are deleted by hand where compaction alone may, as in Apache Kafka', async () => {
  const { client } = openTestBroker()
  for (const [name, policy] of [
    ['a', 'compact'],
    ['b', 'compact,delete'],
  ] as const)
    await client.createTopic(name, 1, { 'cleanup.policy': policy })
  const topics = ['a', 'b'].map((name) => ({ name, partitions: [{ partitionIndex: 0, offset: -1 }] }))
  const answer = await client.send(apis.deleteRecords, { topics })
  expect(answer.topics.map(({ partitions }) => errorOf(partitions[0]))).toEqual(['POLICY_VIOLATION', 'NONE'])
})

test('records are deleted up to an offset in the log, or all', async () => {
  const { broker, client } = await threeTimes()
  const before = broker.memoryUsedBytes
  const deleteBefore = async (offset: number) => {
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, offset }] }]
    const answer = await client.send(apis.deleteRecords, { topics })
    const partition = answer.topics[0]?.partitions[0]
    return partition?.errorCode === 0 ? partition.lowWatermark : errorOf(partition)
  }
  expect([await deleteBefore(3), await deleteBefore(1), await deleteBefore(7)]).toEqual([
    3,
    3,
    'OFFSET_OUT_OF_RANGE',
  ])
  expect(broker.memoryUsedBytes).toBeLessThan(before)
  expect(await deleteBefore(-1)).toBe(6)
  expect(broker.memoryUsedBytes).toBe(0)
})

test('a place that a version does not have is refused', async () => {
  const { client } = await threeTimes()
  const asked = [
    [-3, 6],
    [-4, 7],
    [-5, 8],
    [-6, 10],
    [-99, 11],
  ] as const
  for (const [timestamp, version] of asked)
    expect(await at(client, timestamp, version)).toBe('UNSUPPORTED_VERSION')
  expect(await at(client, -6, 11)).toEqual([-1, -1])
})

test('the epoch of a place is that of the record there, and of the end that of the leader', async () => {
  const { client, broker } = openTestBroker({ nodes: 2 })
  await client.createTopic('a')
  const clients = [1, 2].map((nodeId) => new TestClient(broker, 'test', nodeId))
  const leader = (): TestClient => clients[broker.cluster.leaderOf('a', 0) - 1] ?? client
  for (const timeMs of [10, 20]) {
    await leader().produce('a', batchOf(['x'], {}, timeMs))
    broker.cluster.moveLeader('a', 0, 3 - broker.cluster.leaderOf('a', 0))
  }
  const epochAt = async (timestamp: number, version?: number) => {
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp }] }]
    const answer = await leader().send(apis.listOffsets, { topics }, version)
    return answer.topics[0]?.partitions[0]?.leaderEpoch
  }
  expect([
    await epochAt(-2),
    await epochAt(10),
    await epochAt(20),
    await epochAt(-3),
    await epochAt(-1),
  ]).toEqual([0, 0, 1, 1, 2])
  expect([await epochAt(30), await epochAt(10, 3)]).toEqual([-1, -1])
})

describe('the end of an epoch without records', () => {
  const ends = async (client: TestClient) => {
    const partitions = [0, 1].map((leaderEpoch) => ({ partition: 0, leaderEpoch }))
    const { topics } = await client.send(apis.offsetForLeaderEpoch, { topics: [{ topic: 'a', partitions }] })
    return topics[0]?.partitions.map(({ leaderEpoch, endOffset }) => [leaderEpoch, endOffset])
  }

  test('is where the next one begins, in an empty partition that was opened again', async () => {
    using folder = new TempFolder()
    const before = openTestBroker({ dataFolder: folder.path })
    await before.client.createTopic('a')
    await before.broker.close()
    const { broker, client } = openTestBroker({ dataFolder: folder.path })
    expect(await ends(client)).toEqual([
      [0, 0],
      [1, 0],
    ])
    await broker.close()
  })

  test('is where what is left begins, when all of its records are deleted', async () => {
    using folder = new TempFolder()
    const before = openTestBroker({ dataFolder: folder.path })
    await before.client.createTopic('a')
    await before.client.produce('a', batchOf(['x', 'y']))
    await before.broker.close()
    const { broker, client } = openTestBroker({ dataFolder: folder.path })
    await client.produce('a', batchOf(['z']))
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, offset: 3 }] }]
    await client.send(apis.deleteRecords, { topics })
    expect(await ends(client)).toEqual([
      [0, 3],
      [1, 3],
    ])
    await broker.close()
  })
})

import { describe, expect, test } from 'vitest'
import { TestCluster } from '../../testing/cluster.ts'
import type { FetchedPartition, Fetcher, FetcherOptions, Producer } from '../contracts.ts'
import { fetcherDefaults, noGroup, producerDefaults, textRecord, valuesOf } from '../fixtures/clients.ts'

const t0 = { topic: 't', partition: 0 }
const t1 = { topic: 't', partition: 1 }

function openFetcher(cluster: TestCluster, options: Partial<FetcherOptions> = {}): Fetcher {
  return cluster.kafka.fetcher({ ...fetcherDefaults, ...options })
}

async function openCluster(seed = 1): Promise<TestCluster> {
  const cluster = new TestCluster({ seed })
  await cluster.createTopic('t', 2)
  return cluster
}

/** The next part that arrives, or undefined when none does in this time. */
async function next(
  cluster: TestCluster,
  fetcher: Fetcher,
  maxWaitMs = 60_000,
): Promise<FetchedPartition | undefined> {
  const endMs = cluster.clock.nowMs() + maxWaitMs
  for (;;) {
    const part = fetcher.poll()
    if (part !== undefined) return part
    const leftMs = endMs - cluster.clock.nowMs()
    if (leftMs <= 0) return undefined
    await cluster.run(fetcher.ready(Math.min(leftMs, 500)))
  }
}

/** Values in the order of arrival, until so many came. */
async function take(cluster: TestCluster, fetcher: Fetcher, count: number): Promise<string[]> {
  const values: string[] = []
  while (values.length < count) {
    const part = await next(cluster, fetcher)
    if (part === undefined) return values
    values.push(...valuesOf(part))
  }
  return values
}

async function write(cluster: TestCluster, values: readonly string[], partition = 0): Promise<void> {
  await cluster.produce(
    't',
    values.map((value) => ({ key: null, value, partition })),
  )
}

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${from + i}`)
}

test('gives what is there from the offset on, and then what comes', async () => {
  await using cluster = await openCluster()
  await write(cluster, numbered(0, 5))
  const fetcher = openFetcher(cluster)
  fetcher.assign(t0, 2)
  const part = await next(cluster, fetcher)
  expect(part).toMatchObject({ fetchOffset: 2, nextOffset: 5, highWatermark: 5, lastStableOffset: 5 })
  expect(part === undefined ? [] : valuesOf(part)).toEqual(['2', '3', '4'])
  expect(await next(cluster, fetcher, 2000)).toBeUndefined()
  await write(cluster, ['later'])
  expect(await take(cluster, fetcher, 1)).toEqual(['later'])
  await cluster.run(fetcher.close())
})

test('a paused partition gives nothing, keeps what it has, and does not hold up the others', async () => {
  await using cluster = await openCluster()
  const fetcher = openFetcher(cluster)
  fetcher.assign(t0, 0)
  fetcher.assign(t1, 0)
  fetcher.pause(t0)
  await write(cluster, ['zero'], 0)
  await write(cluster, ['one'], 1)
  expect(await take(cluster, fetcher, 1)).toEqual(['one'])
  expect(await next(cluster, fetcher, 2000)).toBeUndefined()
  fetcher.resume(t0)
  const startMs = cluster.clock.nowMs()
  expect(await take(cluster, fetcher, 1)).toEqual(['zero'])
  expect(cluster.clock.nowMs() - startMs).toBeLessThan(100)
})

test('after a seek nothing of the former position is given', async () => {
  await using cluster = await openCluster()
  await write(cluster, numbered(0, 10))
  const fetcher = openFetcher(cluster)
  fetcher.assign(t0, 0)
  await cluster.run(fetcher.ready(1000))
  fetcher.seek(t0, 7)
  expect(await take(cluster, fetcher, 3)).toEqual(['7', '8', '9'])
  fetcher.unassign(t0)
  await write(cluster, ['10'])
  expect(await next(cluster, fetcher, 2000)).toBeUndefined()
})

test('an answer to a request from before the partition was given up is not taken for one after', async () => {
  await using cluster = await openCluster()
  await write(cluster, numbered(0, 3))
  const fetcher = openFetcher(cluster)
  fetcher.assign(t0, 0)
  expect(await take(cluster, fetcher, 3)).toEqual(['0', '1', '2'])
  // The fetcher asks for offset 3 and waits; meanwhile its owner starts over.
  await cluster.advance(50)
  fetcher.unassign(t0)
  fetcher.assign(t0, 0)
  await write(cluster, ['3'])
  expect(await take(cluster, fetcher, 4)).toEqual(['0', '1', '2', '3'])
})

test('asks for no more of a partition than may wait, and goes on when it is taken', async () => {
  await using cluster = await openCluster()
  for (let i = 0; i < 6; i++) await write(cluster, [`${i}${'x'.repeat(500)}`])
  const fetcher = openFetcher(cluster, { maxPartitionBytes: 100 })
  const seen = cluster.broker.faults.add({
    api: 'Fetch',
    fault: { kind: 'delay', minMs: 0, maxMs: 0, when: 'before' },
  })
  fetcher.assign(t0, 0)
  await cluster.advance(5000)
  expect(seen.hits).toBe(2)
  expect((await take(cluster, fetcher, 6)).map((value) => value[0])).toEqual(numbered(0, 6))
})

test('an offset outside the log is told once; a seek goes on', async () => {
  await using cluster = await openCluster()
  await write(cluster, numbered(0, 3))
  const fetcher = openFetcher(cluster)
  fetcher.assign(t0, 99)
  expect(await next(cluster, fetcher)).toMatchObject({
    outOfRange: true,
    fetchOffset: 99,
    nextOffset: 99,
    batches: [],
  })
  expect(await next(cluster, fetcher, 3000)).toBeUndefined()
  fetcher.seek(t0, 1)
  expect(await take(cluster, fetcher, 2)).toEqual(['1', '2'])
})

test('a topic made anew under the same name is another log', async () => {
  await using cluster = await openCluster()
  await write(cluster, numbered(0, 3))
  const fetcher = openFetcher(cluster)
  fetcher.assign(t0, 0)
  await take(cluster, fetcher, 3)
  await cluster.run(cluster.kafka.admin.deleteTopics(['t']))
  await cluster.createTopic('t', 2)
  await expect(next(cluster, fetcher)).rejects.toMatchObject({
    code: 'LOG_TRUNCATED',
    message: 'partition t-0 lost records that were read already',
    detail: 'Topic "t" was deleted and made anew since.',
  })
})

test('a topic that is missing is asked for until the limit, then named', async () => {
  await using cluster = await openCluster()
  const fetcher = openFetcher(cluster)
  fetcher.assign({ topic: 'nowhere', partition: 0 }, 0)
  await expect(next(cluster, fetcher, 200_000)).rejects.toMatchObject({
    code: 'TOPIC_MISSING',
    hint: 'See "weft topics list" for the names, or create it: weft topics create nowhere --partitions 4',
  })
})

test('a topic that is made after its assignment is found', async () => {
  await using cluster = await openCluster()
  const fetcher = openFetcher(cluster)
  fetcher.assign({ topic: 'later', partition: 0 }, 0)
  await cluster.advance(3000)
  await cluster.createTopic('later')
  await cluster.produce('later', [{ key: null, value: 'found' }])
  expect(await take(cluster, fetcher, 1)).toEqual(['found'])
})

test('a right that is missing is told, and ends the partition', async () => {
  await using cluster = await openCluster()
  await write(cluster, numbered(0, 3))
  const fault = { kind: 'error', error: 'TOPIC_AUTHORIZATION_FAILED', when: 'instead' } as const
  cluster.broker.faults.add({ api: 'Fetch', fault, times: 1 })
  const fetcher = openFetcher(cluster)
  fetcher.assign(t0, 0)
  await expect(next(cluster, fetcher)).rejects.toMatchObject({
    code: 'NOT_AUTHORIZED',
    hint: expect.stringContaining('--topic TOPIC'),
  })
})

describe('transactions', () => {
  async function openTransactional(cluster: TestCluster, id: string): Promise<Producer> {
    const transactional = { id, timeoutMs: 60_000 }
    const producer = cluster.kafka.producer({ ...producerDefaults, batchBytes: 200, transactional })
    await cluster.run(producer.init())
    await cluster.run(producer.partitionCount('t'))
    return producer
  }

  test('a reader of committed data waits for the end of a transaction; of an aborted one it hears the position', async () => {
    await using cluster = await openCluster()
    const producer = await openTransactional(cluster, 'tx')
    const fetcher = openFetcher(cluster)
    fetcher.assign(t0, 0)
    producer.append('t', textRecord('aborted'))
    await cluster.run(producer.flush())
    expect(await next(cluster, fetcher, 3000)).toBeUndefined()
    await cluster.run(producer.abort())
    expect(await next(cluster, fetcher)).toMatchObject({ batches: [], fetchOffset: 0, nextOffset: 2 })
    const all = openFetcher(cluster, { isolation: 'read_uncommitted' })
    all.assign(t0, 0)
    expect(await take(cluster, all, 1)).toEqual(['aborted'])
  })

  test.each([1, 2, 3, 4])('answers of one batch each give committed data only (seed %i)', async (seed) => {
    await using cluster = await openCluster(seed)
    const producers = [await openTransactional(cluster, 'a'), await openTransactional(cluster, 'b')] as const
    const wanted: string[] = []
    for (let round = 0; round < 8; round++) {
      const commits = producers.map(() => cluster.random.below(2) === 0)
      for (let turn = 0; turn < 8; turn++) {
        const which = turn % 2
        producers[which]?.append('t', textRecord(`${round}.${turn}${'x'.repeat(40)}`))
        if (commits[which] === true) wanted.push(`${round}.${turn}`)
        await cluster.run(Promise.all(producers.map((producer) => producer.flush())))
      }
      for (const [which, producer] of producers.entries()) {
        await cluster.run(commits[which] === true ? producer.commit([], noGroup) : producer.abort())
      }
    }
    await write(cluster, ['end'])
    const fetcher = openFetcher(cluster, { maxPartitionBytes: 1 })
    fetcher.assign(t0, 0)
    const got = await take(cluster, fetcher, wanted.length + 1)
    expect(got.map((value) => value.replaceAll('x', ''))).toEqual([...wanted, 'end'])
  })
})

test.each([1, 2, 3, 4, 5])('nothing is lost or doubled whatever fails on the way (seed %i)', async (seed) => {
  await using cluster = await openCluster(seed)
  const api = ['Fetch', 'Metadata']
  cluster.broker.faults.add({ api, fault: { kind: 'cut', when: 'after' }, probability: 0.1 })
  cluster.broker.faults.add({ api, fault: { kind: 'cut', when: 'before' }, probability: 0.1 })
  const error = { kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER', when: 'instead' } as const
  cluster.broker.faults.add({ api: 'Fetch', fault: error, probability: 0.1 })
  const delay = { kind: 'delay', minMs: 1, maxMs: 200, when: 'after' } as const
  cluster.broker.faults.add({ api, fault: delay, probability: 0.2 })
  const fetcher = openFetcher(cluster, { maxPartitionBytes: 200 })
  fetcher.assign(t0, 0)
  const got: string[] = []
  for (let i = 0; i < 15; i++) {
    await write(cluster, numbered(i * 10, i * 10 + 10))
    got.push(...(await take(cluster, fetcher, cluster.random.below(15))))
  }
  got.push(...(await take(cluster, fetcher, 150 - got.length)))
  expect(got).toEqual(numbered(0, 150))
})

import { describe, expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { apis } from '../../protocol/apis.ts'
import { BreakingDisk } from '../fixtures/breaking-disk.ts'
import { TempFolder } from '../fixtures/data-folder.ts'
import { readBatches, type ReadRecord } from '../fixtures/read-records.ts'
import { batchOf, keyedBatchOf, openTestBroker, type TestBroker } from '../fixtures/test-broker.ts'

const hourMs = 3_600_000

describe.each(['in memory', 'on disk'])('retention of a log %s', (place) => {
  test('deletes segments whose newest record is too old, and the one being written', async () => {
    using folder = new TempFolder()
    const setup = open(place, folder)
    await setup.client.createTopic('a', 1, { 'retention.ms': String(hourMs), 'segment.bytes': '100' })
    await write(setup, 'one')
    await setup.clock.advance(hourMs / 2)
    await write(setup, 'two')
    expect(await startOf(setup)).toBe(0)
    await setup.clock.advance(hourMs / 2 + 60_001)
    expect(await startOf(setup)).toBe(1)
    await setup.clock.advance(hourMs)
    expect(await startOf(setup)).toBe(2)
    expect(setup.broker.memoryUsedBytes).toBe(0)
    expect(await write(setup, 'three')).toBe(2)
    await setup.broker.close()
  })

  test('deletes what is beyond the size, oldest first', async () => {
    using folder = new TempFolder()
    const setup = open(place, folder)
    await setup.client.createTopic('a', 1, { 'retention.bytes': '220', 'segment.bytes': '100' })
    for (let i = 0; i < 5; i++) await write(setup, 'x'.repeat(20))
    await setup.clock.advance(60_001)
    // One more would leave less than the topic may have.
    expect(await startOf(setup)).toBe(2)
    await setup.broker.close()
  })

  test('never begins where it is switched off or the topic is only compacted', async () => {
    using folder = new TempFolder()
    const setup = open(place, folder)
    await setup.client.createTopic('a', 1, { 'retention.ms': '-1', 'segment.bytes': '100' })
    await setup.client.createTopic('b', 1, { 'cleanup.policy': 'compact', 'retention.ms': '1000' })
    await write(setup, 'one')
    await setup.client.produce('b', keyedBatchOf([['k', 'v']]))
    await setup.clock.advance(5 * hourMs)
    expect([await startOf(setup), await startOf(setup, 'b')]).toEqual([0, 0])
    await setup.broker.close()
  })
})

test('segments in memory that roll by time take about as much of it as they hold', async () => {
  const setup = openTestBroker({ retentionCheckMs: Infinity })
  await setup.client.createTopic('a', 1, { 'segment.ms': '1000' })
  const startMs = setup.clock.nowMs()
  const before = process.memoryUsage().arrayBuffers
  for (let second = 0; second < 100; second++)
    await setup.client.produce('a', batchOf(['x'], {}, startMs + second * 1001))
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1_048_576)
  await setup.broker.close()
})

test('segments roll by the time of their records', async () => {
  const setup = openTestBroker({ retentionCheckMs: 1000 })
  await setup.client.createTopic('a', 1, { 'segment.ms': '1000', 'retention.ms': '5000' })
  const startMs = setup.clock.nowMs()
  for (const laterMs of [0, 900, 1100]) await setup.client.produce('a', batchOf(['x'], {}, startMs + laterMs))
  await setup.clock.advance(5800)
  expect(await startOf(setup)).toBe(0)
  await setup.clock.advance(300)
  expect(await startOf(setup)).toBe(2)
})

describe.each(['in memory', 'on disk'])('compaction of a log %s', (place) => {
  const compacted = { 'cleanup.policy': 'compact', 'segment.bytes': '200', 'delete.retention.ms': '60000' }

  test('leaves the newest record of each key, at its offset', async () => {
    using folder = new TempFolder()
    const setup = open(place, folder)
    await setup.client.createTopic('a', 1, compacted)
    for (let i = 0; i < 20; i++) await put(setup, `k${i % 3}`, `v${i}`)
    await setup.clock.advance(1001)
    const found = await recordsIn(setup)
    expect(found.length).toBeLessThan(8)
    expect(Object.fromEntries(found.map(({ key, value }) => [key, value]))).toEqual({
      k0: 'v18',
      k1: 'v19',
      k2: 'v17',
    })
    expect(found.every(({ offset, value }) => value === `v${offset}`)).toBe(true)
    expect(await setup.client.endOffset('a')).toBe(20)
    await setup.broker.close()
  })

  test('is not in the way of who reads on behind the last record that it was given', async () => {
    using folder = new TempFolder()
    const setup = open(place, folder)
    await setup.client.createTopic('a', 1, compacted)
    // Segments of which nothing is left but where they end.
    for (let i = 0; i < 30; i++) await put(setup, i === 0 ? 'first' : 'often', `v${i}`)
    await setup.clock.advance(1001)
    const seen: string[] = []
    for (let offset = 0; offset < 30;) {
      const records = readBatches((await setup.client.fetch('a', offset)).records).flatMap(
        (batch) => batch.records,
      )
      const last = records.at(-1)
      if (last === undefined) break
      seen.push(...records.map(({ value }) => String(value)))
      offset = last.offset + 1
    }
    expect(seen[0]).toBe('v0')
    expect(seen.at(-1)).toBe('v29')
    await setup.broker.close()
  })

  test('keeps a tombstone for a while, and then not', async () => {
    using folder = new TempFolder()
    const setup = open(place, folder)
    await setup.client.createTopic('a', 1, { ...compacted, 'min.cleanable.dirty.ratio': '0' })
    await put(setup, 'gone', 'v')
    await put(setup, 'gone', null)
    const fill = async () => {
      for (let i = 0; i < 6; i++) await put(setup, 'other', 'x'.repeat(30))
    }
    await fill()
    await setup.clock.advance(1001)
    const gone = async () =>
      (await recordsIn(setup)).filter(({ key }) => key === 'gone').map(({ value }) => value)
    expect(await gone()).toEqual([null])
    await setup.clock.advance(58_000)
    await fill()
    await setup.clock.advance(1001)
    expect(await gone()).toEqual([null])
    await setup.clock.advance(2000)
    await fill()
    await setup.clock.advance(1001)
    expect(await gone()).toEqual([])
    await setup.broker.close()
  })

  test('waits until enough of it is new, unless it has waited for too long', async () => {
    using folder = new TempFolder()
    const setup = open(place, folder)
    const patient = { ...compacted, 'min.cleanable.dirty.ratio': '1', 'max.compaction.lag.ms': '30000' }
    await setup.client.createTopic('a', 1, patient)
    for (let i = 0; i < 10; i++) await put(setup, 'k', `v${i}`)
    await setup.clock.advance(20_000)
    expect((await recordsIn(setup)).length).toBe(10)
    await setup.clock.advance(12_000)
    expect((await recordsIn(setup)).length).toBeLessThan(4)
    await setup.broker.close()
  })

  test('leaves what is younger than the topic says', async () => {
    using folder = new TempFolder()
    const setup = open(place, folder)
    await setup.client.createTopic('a', 1, { ...compacted, 'min.compaction.lag.ms': '30000' })
    for (let i = 0; i < 10; i++) await put(setup, 'k', `v${i}`)
    await setup.clock.advance(20_000)
    expect((await recordsIn(setup)).length).toBe(10)
    await setup.clock.advance(12_000)
    expect((await recordsIn(setup)).length).toBeLessThan(4)
    await setup.broker.close()
  })

  test('and deletion go together', async () => {
    using folder = new TempFolder()
    const setup = open(place, folder)
    const both = { ...compacted, 'cleanup.policy': 'compact,delete', 'retention.ms': String(hourMs) }
    await setup.client.createTopic('a', 1, both)
    for (let i = 0; i < 10; i++) await put(setup, 'k', `v${i}`)
    await setup.clock.advance(1001)
    expect((await recordsIn(setup)).length).toBeLessThan(4)
    await setup.clock.advance(hourMs + 60_000)
    expect(await startOf(setup)).toBe(10)
    await setup.broker.close()
  })
})

test('a compacted topic takes no record without a key', async () => {
  const setup = openTestBroker()
  await setup.client.createTopic('a', 1, { 'cleanup.policy': 'compact' })
  expect((await setup.client.produce('a', batchOf(['x']))).error).toBe('INVALID_RECORD')
  expect((await setup.client.produce('a', keyedBatchOf([['k', null]]))).error).toBe('NONE')
})

test('what a broker knows beside records is compacted, too', async () => {
  using folder = new TempFolder()
  const setup = open('on disk', folder)
  await setup.client.createTopic('a')
  const metadata = 'x'.repeat(4000)
  for (let i = 0; i < 1000; i++) {
    const partitions = [{ partitionIndex: 0, committedOffset: i, committedMetadata: metadata }]
    await setup.client.send(apis.offsetCommit, { groupId: 'g', topics: [{ name: 'a', partitions }] }, 9)
  }
  const bytes = (): number => folder.sizeBytes('state')
  expect(bytes()).toBeGreaterThan(4_000_000)
  await setup.clock.advance(2000)
  expect(bytes()).toBeLessThan(1_500_000)
  await setup.broker.close()
  const { broker, client } = open('on disk', folder)
  const groups = [{ groupId: 'g', topics: [{ name: 'a', partitionIndexes: [0] }] }]
  const answer = await client.send(apis.offsetFetch, { groups }, 9)
  expect(answer.groups[0]?.topics[0]?.partitions[0]?.committedOffset).toBe(999)
  await broker.close()
})

/** A disk from which segments cannot be removed, when told so. */
class StubbornDisk extends BreakingDisk {
  keeps = false

  override remove(path: string): void {
    if (this.keeps && path.endsWith('.log'))
      throw new StreamError('DATA_FOLDER_UNUSABLE', 'cannot be removed')
    super.remove(path)
  }
}

test('a compacted log is read and opened again, also where a segment it replaced cannot be removed', async () => {
  using folder = new TempFolder()
  const disk = new StubbornDisk()
  const setup = openTestBroker({ compactionRestMs: 1000, dataFolder: folder.path, disk })
  await setup.client.createTopic('a', 1, { 'cleanup.policy': 'compact', 'segment.bytes': '200' })
  for (let i = 0; i < 20; i++) await put(setup, `k${i % 3}`, `v${i}`)
  // Now several of them fit into one.
  const configs = [{ name: 'segment.bytes', configOperation: 0, value: '2000' }]
  const resources = [{ resourceType: 2, resourceName: 'a', configs }]
  await setup.client.send(apis.incrementalAlterConfigs, { resources })
  disk.keeps = true
  await setup.clock.advance(1001)
  const newest = { k0: 'v18', k1: 'v19', k2: 'v17' }
  const found = async (from: TestBroker) =>
    Object.fromEntries((await recordsIn(from)).map(({ key, value }) => [key, value]))
  expect(await found(setup)).toEqual(newest)
  const offsets = (await recordsIn(setup)).map(({ offset }) => offset)
  expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
  expect(offsets.length).toBeLessThan(8)
  disk.keeps = false
  await setup.broker.close()
  const again = open('on disk', folder)
  expect(await found(again)).toEqual(newest)
  await again.broker.close()
})

function open(place: string, folder: TempFolder): TestBroker {
  const often = { retentionCheckMs: 60_000, compactionRestMs: 1000 }
  return openTestBroker({ ...often, ...(place === 'on disk' ? { dataFolder: folder.path } : {}) })
}

async function write({ client, clock }: TestBroker, value: string): Promise<number> {
  return (await client.produce('a', batchOf([value], {}, clock.nowMs()))).baseOffset
}

async function put({ client, clock }: TestBroker, key: string, value: string | null): Promise<void> {
  const { error } = await client.produce('a', keyedBatchOf([[key, value]], {}, clock.nowMs()))
  expect(error).toBe('NONE')
}

async function startOf({ client }: TestBroker, topic = 'a'): Promise<number> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -2 }] }]
  const answer = await client.send(apis.listOffsets, { topics })
  return answer.topics[0]?.partitions[0]?.offset ?? -1
}

async function recordsIn({ client }: TestBroker): Promise<ReadRecord[]> {
  const found: ReadRecord[] = []
  for (let offset = 0; ;) {
    const batches = readBatches((await client.fetch('a', offset)).records)
    const last = batches.at(-1)
    if (last === undefined) return found
    found.push(...batches.flatMap(({ records }) => records))
    offset = last.header.lastOffset + 1
  }
}

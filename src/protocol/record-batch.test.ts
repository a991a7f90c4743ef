import { describe, expect, test } from 'vitest'
import type { Headers } from '../base/headers.ts'
import { compressions } from './record-batch-layout.ts'
import {
  batchAt,
  batchesIn,
  endMarkerOf,
  RecordColumns,
  recordsOf,
  verifyBatch,
  type BatchHeader,
} from './record-batch-reader.ts'
import {
  controlBatch,
  RecordBatchWriter,
  recordSizeBound,
  stampLogAppendTime,
  stampPlace,
  stampProducer,
  type RecordSlices,
} from './record-batch-writer.ts'

interface Plain {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly headers?: Headers
}

function slicesOf(plain: Plain): RecordSlices {
  const key = Buffer.from(plain.key ?? '')
  const value = Buffer.from(plain.value ?? '')
  return {
    timestampMs: plain.timestampMs,
    key,
    keyStart: 0,
    keyEnd: plain.key === null ? -1 : key.length,
    value,
    valueStart: 0,
    valueEnd: plain.value === null ? -1 : value.length,
    headers: plain.headers,
  }
}

function write(records: readonly Plain[], ending: Parameters<RecordBatchWriter['finish']>[0] = {}): Buffer {
  const writer = new RecordBatchWriter()
  for (const record of records) writer.append(slicesOf(record))
  return writer.finish(ending)
}

function headerOf(batch: Buffer): BatchHeader {
  const header = batchAt(batch, 0)
  if (header === undefined) throw new RangeError('the batch is cut')
  return header
}

function read(batch: Buffer): (Plain & { readonly offset: number })[] {
  const header = headerOf(batch)
  verifyBatch(batch, header)
  const columns = new RecordColumns()
  columns.read(recordsOf(batch, header))
  const text = (start: number, end: number): string | null =>
    end === -1 ? null : columns.buffer.toString('utf8', start, end)
  return Array.from({ length: columns.count }, (_, i) => {
    const headers = columns.headersOf(i)
    return {
      key: text(columns.keyStart[i] ?? 0, columns.keyEnd[i] ?? 0),
      value: text(columns.valueStart[i] ?? 0, columns.valueEnd[i] ?? 0),
      timestampMs: columns.timestampMs[i] ?? 0,
      offset: columns.offset[i] ?? 0,
      ...(headers === undefined ? {} : { headers }),
    }
  })
}

const some: readonly Plain[] = [
  { key: 'a', value: 'one', timestampMs: 1_700_000_000_000 },
  { key: null, value: 'two', timestampMs: 1_699_999_999_000 },
  { key: 'c', value: null, timestampMs: 1_800_000_000_000 },
  {
    key: '',
    value: '',
    timestampMs: 0,
    headers: [
      { key: 'ä', value: Buffer.from('x') },
      { key: 'none', value: null },
    ],
  },
  { key: 'k'.repeat(100), value: 'v'.repeat(5_000), timestampMs: 1_700_000_000_001 },
]

describe('a record batch', () => {
  for (const compression of compressions) {
    test(`gives back its records, compression ${compression}`, () => {
      const batch = write(some, { compression })
      expect(headerOf(batch).compression).toBe(compression)
      expect(read(batch)).toEqual(some.map((record, offset) => ({ ...record, offset })))
    })
  }

  test('says who wrote it and what it spans', () => {
    const ending = { producerId: 2 ** 40 + 1, producerEpoch: 3, baseSequence: 77, transactional: true }
    const batch = write(some, { ...ending, leaderEpoch: 5, baseOffset: 2 ** 33 })
    expect(headerOf(batch)).toMatchObject({
      producerId: 2 ** 40 + 1,
      producerEpoch: 3,
      baseSequence: 77,
      transactional: true,
      control: false,
      logAppendTime: false,
      leaderEpoch: 5,
      count: 5,
      baseOffset: 2 ** 33,
      lastOffset: 2 ** 33 + 4,
      start: 0,
      end: batch.length,
      baseTimestampMs: 1_700_000_000_000,
      maxTimestampMs: 1_800_000_000_000,
    })
  })

  test('takes an offset, a time and a producer in place and stays whole', () => {
    const batch = write(some)
    stampPlace(batch, 0, 1_000, 9)
    stampLogAppendTime(batch, 0, 1_234)
    stampProducer(batch, { producerId: 8, producerEpoch: 1, baseSequence: 4 })
    expect(headerOf(batch)).toMatchObject({
      producerId: 8,
      producerEpoch: 1,
      baseSequence: 4,
      leaderEpoch: 9,
    })
    expect(read(batch).map(({ offset, timestampMs }) => [offset, timestampMs])).toEqual(
      [1_000, 1_001, 1_002, 1_003, 1_004].map((offset) => [offset, 1_234]),
    )
  })

  test('keeps the gaps that compaction leaves', () => {
    const writer = new RecordBatchWriter()
    for (const [i, record] of some.slice(0, 2).entries()) writer.append(slicesOf(record), 3 + i * 4)
    const batch = writer.finish({ baseOffset: 10, lastOffsetDelta: 20 })
    expect(headerOf(batch).lastOffset).toBe(30)
    expect(read(batch).map(({ offset }) => offset)).toEqual([13, 17])
  })

  test('takes no more than the bound that is known before', () => {
    const writer = new RecordBatchWriter()
    for (const record of some) {
      const before = writer.sizeBytes
      writer.append(slicesOf(record))
      expect(writer.sizeBytes - before).toBeLessThanOrEqual(recordSizeBound(slicesOf(record)))
    }
  })

  test('is not touched by what the writer does next', () => {
    const writer = new RecordBatchWriter()
    writer.append(slicesOf({ key: 'a', value: 'first', timestampMs: 1 }))
    const first = writer.finish()
    const before = Buffer.from(first)
    writer.append(slicesOf({ key: 'b', value: 'second', timestampMs: 2 }))
    expect(read(writer.finish())).toEqual([{ key: 'b', value: 'second', timestampMs: 2, offset: 0 }])
    expect(first.equals(before)).toBe(true)
  })

  test('is refused when a bit of it has changed', () => {
    const batch = write(some)
    batch[batch.length - 3] = (batch[batch.length - 3] ?? 0) ^ 1
    expect(() => read(batch)).toThrow(expect.objectContaining({ code: 'BATCH_CORRUPT' }))
  })
})

test('a buffer of batches yields the whole ones and stops at the one that is cut', () => {
  const all = Buffer.concat([write(some), write(some, { baseOffset: 5 }), write(some, { baseOffset: 10 })])
  const whole = [...batchesIn(all)]
  expect(whole.map(({ baseOffset }) => baseOffset)).toEqual([0, 5, 10])
  expect([...batchesIn(all.subarray(0, all.length - 1))]).toEqual(whole.slice(0, 2))
  expect([...batchesIn(all.subarray(0, 3))]).toEqual([])
})

test('a control batch says how the transaction ended', () => {
  const facts = { producerId: 4, producerEpoch: 2, timestampMs: 99, baseOffset: 7, leaderEpoch: 1 }
  for (const kind of ['commit', 'abort'] as const) {
    const batch = controlBatch({ ...facts, kind, coordinatorEpoch: 6 })
    const header = headerOf(batch)
    verifyBatch(batch, header)
    expect(header).toMatchObject({ control: true, transactional: true, baseSequence: -1, lastOffset: 7 })
    expect(endMarkerOf(batch, header)).toEqual({ kind, coordinatorEpoch: 6 })
  }
})

import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { StreamError } from '../base/errors.ts'
import { compress, decompress } from './compression.ts'
import { compressions } from './record-batch-layout.ts'
import {
  batchAt,
  batchesIn,
  endMarkerOf,
  RecordColumns,
  recordsOf,
  verifyBatch,
} from './record-batch-reader.ts'
import { RecordBatchWriter } from './record-batch-writer.ts'

const bytes = fc.uint8Array({ maxLength: 60 }).map((content): Buffer => Buffer.from(content))
const record = fc.record({
  timestampMs: fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 })),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.option(
    fc.array(fc.record({ key: fc.string({ unit: 'grapheme' }), value: fc.option(bytes) }), {
      minLength: 1,
      maxLength: 3,
    }),
    { nil: undefined },
  ),
})
type Plain = typeof record extends fc.Arbitrary<infer T> ? T : never
const batchOf = fc.record({
  records: fc.array(record, { maxLength: 20 }),
  compression: fc.constantFrom(...compressions),
  baseOffset: fc.nat(2 ** 31 - 1).map((offset) => offset * 1_000),
})
const nothing = Buffer.alloc(0)

function write(batch: typeof batchOf extends fc.Arbitrary<infer T> ? T : never): Buffer {
  const writer = new RecordBatchWriter(64)
  for (const { timestampMs, key, value, headers } of batch.records) {
    const sides = { key: key ?? nothing, value: value ?? nothing }
    const ends = { keyEnd: key === null ? -1 : key.length, valueEnd: value === null ? -1 : value.length }
    writer.append({ timestampMs, headers, keyStart: 0, valueStart: 0, ...sides, ...ends })
  }
  return writer.finish(batch)
}

function read(batch: Buffer, verify: boolean): (Plain & { readonly offset: number })[] {
  const columns = new RecordColumns()
  const all: (Plain & { readonly offset: number })[] = []
  for (const header of batchesIn(batch)) {
    if (verify) verifyBatch(batch, header)
    columns.read(recordsOf(batch, header, 1_000_000))
    if (header.control) endMarkerOf(batch, header)
    for (let i = 0; i < columns.count; i++) all.push(recordAt(columns, i))
  }
  return all
}

function recordAt(columns: RecordColumns, i: number): Plain & { readonly offset: number } {
  const slice = (start: number, end: number): Buffer | null =>
    end === -1 ? null : columns.buffer.subarray(start, end)
  const headers = columns.headersOf(i)?.map(({ key, value }) => ({
    key,
    value: value === null ? null : Buffer.from(value),
  }))
  return {
    timestampMs: columns.timestampMs[i] ?? 0,
    offset: columns.offset[i] ?? 0,
    key: slice(columns.keyStart[i] ?? 0, columns.keyEnd[i] ?? 0),
    value: slice(columns.valueStart[i] ?? 0, columns.valueEnd[i] ?? 0),
    headers,
  }
}

/** Only the one error is allowed. */
function anything<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'BATCH_CORRUPT') throw error
    return undefined
  }
}

describe('record batches', () => {
  property.prop([batchOf])('give back what was written', (batch) => {
    const expected = batch.records.map((one, i) => ({ ...one, offset: batch.baseOffset + i }))
    expect(read(write(batch), true)).toEqual(expected)
  })

  property.prop([batchOf, fc.nat(), fc.nat(255)])(
    'show every changed byte behind the checksum',
    (batch, at, byte) => {
      const written = write(batch)
      const where = 21 + (at % (written.length - 21))
      if (written[where] === byte) return
      written[where] = byte
      expect(() => read(written, true)).toThrow(expect.objectContaining({ code: 'BATCH_CORRUPT' }))
    },
  )

  property.prop([batchOf, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 })])(
    'with bytes changed are records or an error, even without the checksum',
    (batch, changes) => {
      const written = write(batch)
      for (const [at, byte] of changes) written[at % written.length] = byte
      anything(() => read(written, false))
    },
  )

  property.prop([batchOf, fc.double({ min: 0, max: 1, noNaN: true })])(
    'cut anywhere are not there',
    (batch, keep) => {
      const written = write(batch)
      const cut = written.subarray(0, Math.floor((written.length - 1) * keep))
      expect(anything(() => batchAt(cut, 0))).toBeUndefined()
    },
  )

  property.prop([fc.uint8Array({ minLength: 17, maxLength: 300 })])(
    'of any bytes are records or an error',
    (content) => {
      const noise = Buffer.from(content)
      noise.writeInt32BE(noise.length - 12, 8)
      noise.writeInt8(2, 16)
      anything(() => read(noise, false))
    },
  )
})

describe.each(compressions)('compression %s', (compression) => {
  test('gives back large and small content', () => {
    const text = Buffer.from(
      Array.from({ length: 20_000 }, (_, i) => `{"id":${i},"name":"n${i % 97}"}`).join(),
    )
    for (const content of [nothing, Buffer.of(7), text, Buffer.alloc(300_000)]) {
      expect(decompress(compress(content, compression), compression).equals(content)).toBe(true)
    }
  })

  property.prop([fc.uint8Array({ maxLength: 3_000 })])('gives back any content', (content) => {
    const buffer = Buffer.from(content)
    expect(decompress(compress(buffer, compression), compression).equals(buffer)).toBe(true)
  })

  property.prop([fc.uint8Array({ maxLength: 300 })])('of any bytes is content or an error', (content) => {
    anything(() => decompress(Buffer.from(content), compression, 100_000))
  })

  property.prop([
    fc.string({ minLength: 20, maxLength: 200 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
  ])('with bytes changed or cut is content or an error', (text, changes) => {
    const packed = Buffer.from(compress(Buffer.from(text.repeat(5)), compression))
    for (const [at, byte] of changes) packed[at % packed.length] = byte
    anything(() => decompress(packed, compression, 1_000_000))
    anything(() =>
      decompress(packed.subarray(0, (changes[0]?.[0] ?? 0) % packed.length), compression, 1_000_000),
    )
  })
})

test.each(compressions.filter((compression) => compression !== 'none'))(
  '%s that would fill the memory is refused',
  (compression) => {
    const packed = compress(Buffer.alloc(4_000_000), compression)
    expect(() => decompress(packed, compression, 1_000_000)).toThrow(
      expect.objectContaining({ code: 'BATCH_CORRUPT' }),
    )
    expect(decompress(packed, compression, 4_000_000).length).toBe(4_000_000)
  },
)

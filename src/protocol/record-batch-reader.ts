/**
 * Reads record batches (format 2) where they lie in a buffer: headers first, records on demand, nothing copied that is not
 * compressed. Anything that does not fit together throws `BATCH_CORRUPT`.
 */
import { StreamError } from '../base/errors.ts'
import { decompress, maxDecompressedBytes } from './compression.ts'
import { crc32c } from './crc32c.ts'
import {
  attributeBits,
  batchLayout,
  compressions,
  lengthOverheadBytes,
  magicNow,
  type Compression,
} from './record-batch-layout.ts'
import { RecordColumns } from './record-columns.ts'

export { RecordColumns } from './record-columns.ts'

export interface BatchHeader {
  /** The batch is `buffer[start .. end)`. */
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  /** Of the last record there was when it was written; compaction keeps it. */
  readonly lastOffset: number
  readonly leaderEpoch: number
  readonly crc: number
  readonly compression: Compression
  /** Whether all records have `maxTimestampMs`, the time the broker took them. */
  readonly logAppendTime: boolean
  readonly transactional: boolean
  /** Whether it carries the end of a transaction instead of data. */
  readonly control: boolean
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  /** −1 where the producer is not idempotent; epoch and sequence alike. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly count: number
}

/** One batch's records, uncompressed: what {@link RecordColumns} reads. */
export interface RecordsSection {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  readonly count: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly baseTimestampMs: number
  readonly logAppendTimeMs: number | undefined
  readonly leaderEpoch: number
}

/**
 * The header of the batch at `at`, or undefined where the batch is cut off by `end`: a fetch response may end in the middle
 * of one.
 *
 * @throws StreamError `BATCH_CORRUPT` when it is of an old format or its numbers contradict each other
 */
export function batchAt(buffer: Buffer, at: number, end: number = buffer.length): BatchHeader | undefined {
  if (end - at < batchLayout.magic + 1) return undefined
  const length = buffer.readInt32BE(at + batchLayout.length)
  const magic = buffer.readInt8(at + batchLayout.magic)
  if (magic !== magicNow) throw corrupt(at, `has format ${magic}, not ${magicNow}`)
  if (length < batchLayout.records - lengthOverheadBytes) throw corrupt(at, `has a length of ${length}`)
  const batchEnd = at + lengthOverheadBytes + length
  if (batchEnd > end) return undefined
  return readHeader(buffer, at, batchEnd)
}

/** The headers of all whole batches in `buffer[start .. end)`, in order; what is left at the end is ignored. */
export function* batchesIn(
  buffer: Buffer,
  start = 0,
  end: number = buffer.length,
): Generator<BatchHeader, void, undefined> {
  let at = start
  for (let header = batchAt(buffer, at, end); header !== undefined; header = batchAt(buffer, at, end)) {
    yield header
    at = header.end
  }
}

/** @throws StreamError `BATCH_CORRUPT` when the bytes do not have the checksum that the header says */
export function verifyBatch(buffer: Buffer, header: BatchHeader): void {
  const found = crc32c(buffer, header.start + batchLayout.attributes, header.end)
  if (found !== header.crc) throw corrupt(header.start, `has checksum ${found}, not ${header.crc}`)
}

/**
 * The records of a batch, decompressed where needed. Does not verify the checksum.
 *
 * @throws StreamError `BATCH_CORRUPT`
 */
export function recordsOf(
  buffer: Buffer,
  header: BatchHeader,
  limitBytes = maxDecompressedBytes,
): RecordsSection {
  const { compression, count, baseOffset, lastOffset, baseTimestampMs, leaderEpoch } = header
  const logAppendTimeMs = header.logAppendTime ? header.maxTimestampMs : undefined
  const facts = { count, baseOffset, lastOffset, baseTimestampMs, logAppendTimeMs, leaderEpoch }
  const start = header.start + batchLayout.records
  if (compression === 'none') return { buffer, start, end: header.end, ...facts }
  const records =
    header.count === 0
      ? Buffer.alloc(0)
      : decompress(buffer.subarray(start, header.end), compression, limitBytes)
  return { buffer: records, start: 0, end: records.length, ...facts }
}

/** How a transaction ended, as the marker in a control batch says. */
export interface EndMarker {
  readonly kind: 'commit' | 'abort'
  readonly coordinatorEpoch: number
}

/** The marker in a control batch; undefined for control records of another kind, which readers skip. */
export function endMarkerOf(buffer: Buffer, header: BatchHeader): EndMarker | undefined {
  const columns = new RecordColumns()
  const section = recordsOf(buffer, header)
  columns.read(section)
  const keyStart = columns.keyStart[0] ?? 0
  if (columns.count === 0 || (columns.keyEnd[0] ?? -1) - keyStart < 4) return undefined
  const type = section.buffer.readInt16BE(keyStart + 2)
  if (type !== 0 && type !== 1) return undefined
  const valueStart = columns.valueStart[0] ?? 0
  if ((columns.valueEnd[0] ?? -1) - valueStart < 6) throw corrupt(header.start, 'has a marker that is cut')
  return {
    kind: type === 0 ? 'abort' : 'commit',
    coordinatorEpoch: section.buffer.readInt32BE(valueStart + 2),
  }
}

function readHeader(buffer: Buffer, at: number, end: number): BatchHeader {
  const attributes = buffer.readInt16BE(at + batchLayout.attributes)
  const compression = compressions[attributes & attributeBits.compression]
  if (compression === undefined) throw corrupt(at, 'has a compression that is not known')
  const count = buffer.readInt32BE(at + batchLayout.count)
  const lastOffsetDelta = buffer.readInt32BE(at + batchLayout.lastOffsetDelta)
  if (count < 0 || lastOffsetDelta < 0 || lastOffsetDelta < count - 1) {
    throw corrupt(at, `says it has ${count} records over ${lastOffsetDelta + 1} offsets`)
  }
  const baseOffset = readInt64(buffer, at, batchLayout.baseOffset)
  return {
    start: at,
    end,
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    leaderEpoch: buffer.readInt32BE(at + batchLayout.leaderEpoch),
    crc: buffer.readUInt32BE(at + batchLayout.crc),
    compression,
    logAppendTime: (attributes & attributeBits.logAppendTime) !== 0,
    transactional: (attributes & attributeBits.transactional) !== 0,
    control: (attributes & attributeBits.control) !== 0,
    baseTimestampMs: readInt64(buffer, at, batchLayout.baseTimestamp),
    maxTimestampMs: readInt64(buffer, at, batchLayout.maxTimestamp),
    producerId: readInt64(buffer, at, batchLayout.producerId),
    producerEpoch: buffer.readInt16BE(at + batchLayout.producerEpoch),
    baseSequence: buffer.readInt32BE(at + batchLayout.baseSequence),
    count,
  }
}

function readInt64(buffer: Buffer, batchAt: number, field: number): number {
  const at = batchAt + field
  const value = buffer.readInt32BE(at) * 4_294_967_296 + buffer.readUInt32BE(at + 4)
  if (!Number.isSafeInteger(value)) throw corrupt(batchAt, `has ${value}, which is beyond 2^53`)
  return value
}

function corrupt(at: number, what: string): StreamError {
  return new StreamError('BATCH_CORRUPT', `record batch at byte ${at} ${what}`)
}

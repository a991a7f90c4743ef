import { assert } from '../../base/assert.ts'
import { stampLogAppendTime, stampPlace } from '../../protocol/record-batch-writer.ts'
import { firstAtLeast } from './columns.ts'

const initialBytes = 4096

/** What the index keeps of one batch. */
export interface BatchEntry {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestampMs: number
  /** Written into the batch as the time of all its records, where given. */
  readonly logAppendTimeMs: number | undefined
}

export interface SegmentRead {
  readonly records: Buffer
  /** Where to go on. */
  readonly nextOffset: number
}

/**
 * A run of batches in one growing buffer, with one index entry per batch.
 *
 * A view handed out by {@link Segment.read} stays right for ever: bytes are only ever added behind it, and when the buffer
 * grows, the view keeps the old one alive. Base offset and leader epoch are written before the batch can be seen.
 */
export class Segment {
  readonly baseOffset: number
  readonly #capacityMaxBytes: number
  #buffer: Buffer
  #sizeBytes = 0
  #maxTimestampMs = -1
  readonly #baseOffsets: number[] = []
  readonly #lastOffsets: number[] = []
  readonly #ends: number[] = []
  readonly #maxTimestamps: number[] = []

  /**
   * @param capacityMaxBytes - a batch that is larger stands in a segment of its own
   * @param size - `small` grows with its content; `full` is worth it where the segment before was filled
   */
  constructor(baseOffset: number, capacityMaxBytes: number, size: 'small' | 'full') {
    this.baseOffset = baseOffset
    this.#capacityMaxBytes = capacityMaxBytes
    const bytes = size === 'full' ? capacityMaxBytes : Math.min(initialBytes, capacityMaxBytes)
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get batchCount(): number {
    return this.#ends.length
  }

  get lastOffset(): number {
    return this.#lastOffsets.at(-1) ?? this.baseOffset - 1
  }

  get maxTimestampMs(): number {
    return this.#maxTimestampMs
  }

  fits(bytes: number): boolean {
    return this.#sizeBytes === 0 || this.#sizeBytes + bytes <= this.#capacityMaxBytes
  }

  /** Copies the batch and writes its place into the copy. */
  append(batch: Buffer, entry: BatchEntry, leaderEpoch: number): void {
    assert(entry.baseOffset > this.lastOffset, `offset ${entry.baseOffset} is not behind the log's end`)
    const start = this.#sizeBytes
    const end = start + batch.length
    if (end > this.#buffer.length) this.#grow(end)
    batch.copy(this.#buffer, start)
    this.#sizeBytes = end
    if (entry.logAppendTimeMs !== undefined)
      stampLogAppendTime(this.#buffer.subarray(0, end), start, entry.logAppendTimeMs)
    stampPlace(this.#buffer, start, entry.baseOffset, leaderEpoch)
    this.#baseOffsets.push(entry.baseOffset)
    this.#lastOffsets.push(entry.lastOffset)
    this.#ends.push(end)
    this.#maxTimestamps.push(entry.maxTimestampMs)
    if (entry.maxTimestampMs > this.#maxTimestampMs) this.#maxTimestampMs = entry.maxTimestampMs
  }

  /**
   * Whole batches from the one that holds `offset` (or the next one) on, as one view.
   *
   * @param beforeOffset - batches that reach this offset are left out
   * @param maxBytes - an upper bound, except that the first batch is given whatever its size when `atLeastOne` is true
   */
  read(offset: number, beforeOffset: number, maxBytes: number, atLeastOne: boolean): SegmentRead {
    const first = firstAtLeast(this.#lastOffsets, offset)
    const end = firstAtLeast(this.#lastOffsets, beforeOffset)
    const start = this.#startOf(first)
    const byBytes = firstAtLeast(this.#ends, start + maxBytes + 1)
    const behind = Math.min(end, Math.max(byBytes, atLeastOne ? first + 1 : first))
    if (behind <= first) return { records: this.#buffer.subarray(0, 0), nextOffset: offset }
    const nextOffset = (this.#lastOffsets[behind - 1] ?? offset) + 1
    return { records: this.#buffer.subarray(start, this.#startOf(behind)), nextOffset }
  }

  /** The first batch, from the one that holds `offset` on, that has a record at or after this time; undefined where none has. */
  batchAtTime(timestampMs: number, offset: number): Buffer | undefined {
    if (this.#maxTimestampMs < timestampMs) return undefined
    const from = firstAtLeast(this.#lastOffsets, offset)
    const index = this.#maxTimestamps.findIndex((maxMs, at) => at >= from && maxMs >= timestampMs)
    return index < 0 ? undefined : this.#buffer.subarray(this.#startOf(index), this.#startOf(index + 1))
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? this.#sizeBytes)
  }

  #grow(needed: number): void {
    const doubled = Math.min(this.#buffer.length * 2, this.#capacityMaxBytes)
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, doubled))
    this.#buffer.copy(larger, 0, 0, this.#sizeBytes)
    this.#buffer = larger
  }
}

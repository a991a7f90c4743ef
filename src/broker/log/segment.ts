import { assert } from '../../base/assert.ts'
import { BatchCursor } from './batch-cursor.ts'
import type { SegmentBytes } from './segment-bytes.ts'
import { SparseIndex } from './sparse-index.ts'

/** What the index keeps of one batch. */
export interface BatchEntry {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestampMs: number
}

export interface SegmentRead {
  readonly records: Buffer
  /** Where to go on. */
  readonly nextOffset: number
}

export interface SegmentReadLimits {
  /** Batches that reach this offset are left out. */
  readonly beforeOffset: number
  /** An upper bound, except that with `atLeastOne` the first batch is given whatever its size. */
  readonly maxBytes: number
  readonly atLeastOne: boolean
  /** Whether the first batch must have a record. */
  readonly withRecord?: boolean
}

/** A run of batches with an index. Offsets rise from batch to batch; compaction leaves gaps. */
export class Segment {
  readonly baseOffset: number
  readonly bytes: SegmentBytes
  /** When its first batch came, by the broker's clock. */
  readonly createdMs: number
  /** The largest time of its first batch; −1 where it is empty. */
  firstTimestampMs = -1
  #lastOffset: number
  #maxTimestampMs = -1
  readonly #index = new SparseIndex()

  constructor(baseOffset: number, bytes: SegmentBytes, createdMs: number) {
    this.baseOffset = baseOffset
    this.bytes = bytes
    this.createdMs = createdMs
    this.#lastOffset = baseOffset - 1
  }

  get sizeBytes(): number {
    return this.bytes.sizeBytes
  }

  /** Of the last batch; before the base offset where there is none. */
  get lastOffset(): number {
    return this.#lastOffset
  }

  get maxTimestampMs(): number {
    return this.#maxTimestampMs
  }

  /** @param synced - returns when the batch, and all before it, would survive a power failure */
  append(batch: Buffer, entry: BatchEntry, synced = false): void {
    const position = this.bytes.sizeBytes
    assert(entry.baseOffset > this.#lastOffset, `offset ${entry.baseOffset} is not behind the log's end`)
    this.bytes.append(batch, synced)
    this.note(entry, position)
  }

  /** Takes a batch into the index that is in the bytes already. */
  note({ baseOffset, lastOffset, maxTimestampMs }: BatchEntry, position: number): void {
    this.#index.note(baseOffset, position, this.#maxTimestampMs)
    if (position === 0) this.firstTimestampMs = maxTimestampMs
    this.#lastOffset = lastOffset
    if (maxTimestampMs > this.#maxTimestampMs) this.#maxTimestampMs = maxTimestampMs
  }

  /** Whole batches from the one that holds `offset` (or the next one) on, as one view; undefined where there is none to begin with. */
  read(offset: number, limits: SegmentReadLimits): SegmentRead | undefined {
    const wished = (cursor: BatchCursor): boolean =>
      cursor.lastOffset >= offset && !(cursor.isEmpty && limits.withRecord === true)
    const first = this.#cursorAt(wished, this.#index.positionBefore(offset))
    if (first === undefined) return undefined
    const nothing = { records: noBytes, nextOffset: offset }
    if (first.lastOffset >= limits.beforeOffset) return nothing
    const start = first.position
    const maxBytes = limits.atLeastOne ? Math.max(limits.maxBytes, first.sizeBytes) : limits.maxBytes
    if (first.sizeBytes > maxBytes) return nothing
    const { end, nextOffset } = this.#lastWithin(first, start + maxBytes, limits.beforeOffset)
    return { records: this.bytes.read(start, end), nextOffset }
  }

  /** The first batch, from the one that holds `offset` on, that has a record at or after this time. */
  batchAtTime(timestampMs: number, offset: number): Buffer | undefined {
    if (this.#maxTimestampMs < timestampMs) return undefined
    const from = this.#index.positionBeforeTime(timestampMs)
    return this.#cursorAt(
      (cursor) => cursor.maxTimestampMs >= timestampMs && cursor.lastOffset >= offset,
      from,
    )?.batch()
  }

  /** The first batch from a position on that is as wished. */
  #cursorAt(wished: (cursor: BatchCursor) => boolean, from: number): BatchCursor | undefined {
    const cursor = new BatchCursor(this.bytes, from)
    while (cursor.next()) if (wished(cursor)) return cursor
    return undefined
  }

  /** Where the last batch ends that lies before a position and an offset. The cursor stands on one that does. */
  #lastWithin(
    cursor: BatchCursor,
    endPosition: number,
    beforeOffset: number,
  ): { end: number; nextOffset: number } {
    let end = cursor.endPosition
    let nextOffset = cursor.lastOffset + 1
    const skipTo = Math.min(
      this.#index.positionAtOrBefore(endPosition),
      this.#index.positionBefore(beforeOffset),
    )
    let going = cursor
    if (skipTo > end) {
      going = new BatchCursor(this.bytes, skipTo)
      end = skipTo
    }
    while (going.next()) {
      if (going.endPosition > endPosition || going.lastOffset >= beforeOffset) {
        if (end === skipTo) nextOffset = going.baseOffset
        break
      }
      end = going.endPosition
      nextOffset = going.lastOffset + 1
    }
    return { end, nextOffset }
  }
}

const noBytes = Buffer.alloc(0)

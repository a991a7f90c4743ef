import { batchLayout, lengthOverheadBytes, magicNow } from '../../protocol/record-batch-layout.ts'
import type { SegmentBytes } from './segment-bytes.ts'

/**
 * Goes from batch to batch of a segment by their headers, without an object for each: the fields say where it stands.
 *
 * It stops before what is no whole batch, whatever is there; {@link BatchCursor.endPosition} tells then how far the segment is
 * well-formed. Checksums are not looked at.
 */
export class BatchCursor {
  /** Of the batch it stands on. */
  position = 0
  sizeBytes = 0
  baseOffset = -1
  lastOffset = -1
  maxTimestampMs = -1
  /** Whether compaction has left nothing of it but its offsets. */
  isEmpty = false
  readonly #bytes: SegmentBytes
  readonly #windowBytes: number
  #next: number
  #window: Buffer = Buffer.alloc(0)
  #windowStart = 0

  /**
   * @param from - where a batch begins
   * @param windowBytes - what to look at together, where whole batches are wanted
   */
  constructor(bytes: SegmentBytes, from = 0, windowBytes = 0) {
    this.#bytes = bytes
    this.#windowBytes = windowBytes
    this.#next = from
  }

  /** Behind the batch it stands on. */
  get endPosition(): number {
    return this.#next
  }

  /** Goes to the next batch; false where none is. */
  next(): boolean {
    const left = this.#bytes.sizeBytes - this.#next
    if (left < batchLayout.records) return false
    const at = this.#see(this.#next, batchLayout.records)
    const window = this.#window
    const sizeBytes = lengthOverheadBytes + window.readInt32BE(at + batchLayout.length)
    if (window[at + batchLayout.magic] !== magicNow || sizeBytes < batchLayout.records || sizeBytes > left)
      return false
    const baseOffset = readInt64(window, at + batchLayout.baseOffset)
    this.position = this.#next
    this.sizeBytes = sizeBytes
    this.baseOffset = baseOffset
    this.lastOffset = baseOffset + window.readInt32BE(at + batchLayout.lastOffsetDelta)
    this.maxTimestampMs = readInt64(window, at + batchLayout.maxTimestamp)
    this.isEmpty = window.readInt32BE(at + batchLayout.count) === 0
    this.#next += sizeBytes
    return true
  }

  /** The whole batch it stands on. */
  batch(): Buffer {
    const at = this.#see(this.position, this.sizeBytes)
    return this.#window.subarray(at, at + this.sizeBytes)
  }

  /** Makes the window show so many bytes from a position on; gives their place in it. */
  #see(position: number, bytes: number): number {
    const at = position - this.#windowStart
    if (at >= 0 && at + bytes <= this.#window.length) return at
    this.#window = this.#bytes.peek(position, Math.max(bytes, this.#windowBytes))
    this.#windowStart = position
    return 0
  }
}

/** Exact to 2^53; what lies beyond is no offset of ours, and is caught where offsets must rise. */
function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 4_294_967_296 + buffer.readUInt32BE(at + 4)
}

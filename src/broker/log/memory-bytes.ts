import type { MemoryBudget } from './memory-budget.ts'
import type { LogStorage, SegmentBytes, StoredSegment } from './segment-bytes.ts'

const initialBytes = 4096

/** Segments in memory, within the budget of their broker. */
export class MemoryStorage implements LogStorage {
  readonly segmentBytesMax: number
  readonly #budget: MemoryBudget

  constructor(segmentBytesMax: number, budget: MemoryBudget) {
    this.segmentBytesMax = segmentBytesMax
    this.#budget = budget
  }

  hasRoom(bytes: number): boolean {
    return this.#budget.hasRoom(bytes)
  }

  stored(): StoredSegment[] {
    return []
  }

  create(_baseOffset: number, expectedBytes: number): SegmentBytes {
    const bytes = Math.max(initialBytes, 2 ** Math.ceil(Math.log2(expectedBytes + 1)))
    return new MemoryBytes(Math.min(bytes, this.segmentBytesMax), this.segmentBytesMax, this.#budget)
  }

  draft(baseOffset: number): SegmentBytes {
    return this.create(baseOffset, 0)
  }

  replace(old: SegmentBytes): void {
    old.delete()
  }

  deleteAll(): void {
    // Each segment has given its bytes back by itself.
  }
}

/**
 * One growing buffer. A view of it stays right for ever: bytes are only ever added behind it, and when the buffer grows, the
 * view keeps the old one alive.
 */
class MemoryBytes implements SegmentBytes {
  readonly #capacityMaxBytes: number
  readonly #budget: MemoryBudget
  #buffer: Buffer
  #sizeBytes = 0

  constructor(initial: number, capacityMaxBytes: number, budget: MemoryBudget) {
    this.#buffer = Buffer.allocUnsafeSlow(initial)
    this.#capacityMaxBytes = capacityMaxBytes
    this.#budget = budget
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  append(bytes: Buffer): void {
    const start = this.#sizeBytes
    const end = start + bytes.length
    if (end > this.#buffer.length) this.#grow(end)
    bytes.copy(this.#buffer, start)
    this.#sizeBytes = end
    this.#budget.take(bytes.length)
  }

  read(start: number, end: number): Buffer {
    return this.#buffer.subarray(start, end)
  }

  peek(start: number): Buffer {
    return this.#buffer.subarray(start, this.#sizeBytes)
  }

  truncate(sizeBytes: number): void {
    // Bytes that a view may show are not written again.
    this.#buffer = Buffer.from(this.#buffer.subarray(0, sizeBytes))
    this.#budget.give(this.#sizeBytes - sizeBytes)
    this.#sizeBytes = sizeBytes
  }

  sync(): void {
    // Nothing survives a power failure.
  }

  close(): void {
    // The system holds nothing for it.
  }

  delete(): void {
    this.#budget.give(this.#sizeBytes)
    this.#sizeBytes = 0
  }

  #grow(needed: number): void {
    const doubled = Math.min(this.#buffer.length * 2, this.#capacityMaxBytes)
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, doubled))
    this.#buffer.copy(larger, 0, 0, this.#sizeBytes)
    this.#buffer = larger
  }
}

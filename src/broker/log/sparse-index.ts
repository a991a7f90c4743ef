import { firstAtLeast } from './columns.ts'

/** Bytes between two entries. A search looks through the headers of so many bytes; a gigabyte of log takes 0.7 MB of index. */
const intervalBytes = 32_768

/** Where some of a segment's batches are, by offset, position and time. */
export class SparseIndex {
  readonly #baseOffsets: number[] = []
  readonly #positions: number[] = []
  /** The largest time before each entry. */
  readonly #maxTimestamps: number[] = []
  #nextPosition = 0

  /** Takes note of a batch behind all others. */
  note(baseOffset: number, position: number, maxTimestampBeforeMs: number): void {
    if (position < this.#nextPosition) return
    this.#baseOffsets.push(baseOffset)
    this.#positions.push(position)
    this.#maxTimestamps.push(maxTimestampBeforeMs)
    this.#nextPosition = position + intervalBytes
  }

  /** Where to begin to look for an offset. */
  positionBefore(offset: number): number {
    return this.#positionAt(firstAtLeast(this.#baseOffsets, offset + 1) - 1)
  }

  /** Where a batch begins, at or before a position. */
  positionAtOrBefore(position: number): number {
    return this.#positionAt(firstAtLeast(this.#positions, position + 1) - 1)
  }

  /** Where to begin to look for the first batch with a record at or after a time. */
  positionBeforeTime(timestampMs: number): number {
    return this.#positionAt(firstAtLeast(this.#maxTimestamps, timestampMs) - 1)
  }

  #positionAt(index: number): number {
    return this.#positions[index] ?? 0
  }
}

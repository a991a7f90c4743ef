import { firstAtLeast } from './columns.ts'

/** One aborted transaction in one partition. */
export interface AbortedTransaction {
  readonly producerId: number
  /** Offset of its first record. */
  readonly firstOffset: number
  /** Offset of its abort marker. */
  readonly lastOffset: number
}

/** The aborted transactions of a log, in the order of their markers. */
export class AbortedTransactions {
  #entries: AbortedTransaction[] = []
  #lastOffsets: number[] = []

  add(entry: AbortedTransaction): void {
    this.#entries.push(entry)
    this.#lastOffsets.push(entry.lastOffset)
  }

  all(): readonly AbortedTransaction[] {
    return this.#entries
  }

  /** Its records are gone, and so is its marker now. */
  forget(markerOffset: number): void {
    const at = firstAtLeast(this.#lastOffsets, markerOffset)
    if (this.#lastOffsets[at] !== markerOffset) return
    this.#entries.splice(at, 1)
    this.#lastOffsets.splice(at, 1)
  }

  /** Those that have records in `[fromOffset, toOffset)`. */
  overlapping(fromOffset: number, toOffset: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (let at = firstAtLeast(this.#lastOffsets, fromOffset); at < this.#entries.length; at++) {
      const entry = this.#entries[at]
      if (entry !== undefined && entry.firstOffset < toOffset) found.push(entry)
    }
    return found
  }

  /** Forgets what ended before the log's new start. */
  deleteBefore(startOffset: number): void {
    const from = firstAtLeast(this.#lastOffsets, startOffset)
    this.#entries = this.#entries.slice(from)
    this.#lastOffsets = this.#lastOffsets.slice(from)
  }
}

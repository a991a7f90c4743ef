import { added, less, nothingWaits, type Waiting } from './generation-size.ts'

/**
 * What may wait to be written, however large the budget is: a restart reads as much from change logs, before its first record, in about a
 * second. A third of it would have windows of 100,000 keys a minute written that expire a moment later: a tenth more CPU in all.
 */
const unwrittenMaxRecords = 393_216
const unwrittenMaxBytes = 32 * 1_048_576
/** So much may be uncommitted in any case, however small the budget is: a commit is not for a handful of records. */
const uncommittedMinBytes = 8 * 1_048_576

/**
 * What the clean entries of all stores of a stream thread may take together, about. Each store may have its share in any case, and more for as
 * long as the others leave room; it lets go of its own entries only, never of those of a store that somebody is reading. So together they
 * have twice the budget at most. What is committed and waits to be written to an engine counts, too, up to half of the budget: it has
 * bounds of its own, which stores share in the same way. So do filters of keys, up to a quarter. What is not committed is counted beside the budget: there a commit must come before there may be more.
 */
export class CleanBudget {
  readonly #maxBytes: number
  #usedBytes = 0
  /** Stores that have any. */
  #holders = 0
  #deferring = 0
  #waiting = nothingWaits
  #uncommittedBytes = 0
  #filterBytes = 0

  constructor(maxBytes = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** What one store has changes. */
  change(fromBytes: number, toBytes: number): void {
    this.#usedBytes += toBytes - fromBytes
    if (fromBytes === 0) this.#holders++
    if (toBytes === 0) this.#holders--
  }

  /** About what stores have that is not committed, one that is under way included. */
  get uncommittedBytes(): number {
    return this.#uncommittedBytes
  }

  uncommitted(addedBytes: number): void {
    this.#uncommittedBytes += addedBytes
  }

  /** Whether what is not committed must be committed before there may be more. */
  get wantsCommit(): boolean {
    return this.#uncommittedBytes > Math.max(uncommittedMinBytes, this.#maxBytes / 2)
  }

  /** One more store lets committed entries wait. */
  opened(): void {
    this.#deferring++
  }

  /** @param left - what it had still waiting */
  closed(left: Waiting): void {
    this.#deferring--
    this.unwritten(left, nothingWaits)
  }

  /** What one store has waiting changes. */
  unwritten(from: Waiting, to: Waiting): void {
    this.#waiting = added(less(this.#waiting, from), to)
    this.#usedBytes += to.bytes - from.bytes
  }

  /** How much a store may have waiting: its share, and more for as long as the others leave room. @param own - what it has */
  mayWait(own: Waiting): Pick<Waiting, 'records' | 'bytes'> {
    const others = less(this.#waiting, own)
    const stores = Math.max(1, this.#deferring)
    const maxBytes = Math.min(unwrittenMaxBytes, this.#maxBytes / 2)
    return {
      records: Math.max(unwrittenMaxRecords / stores, unwrittenMaxRecords - others.records),
      bytes: Math.max(maxBytes / stores, maxBytes - others.bytes),
    }
  }

  /** Whether filters of keys may take so many bytes more. */
  mayFilter(addedBytes: number): boolean {
    return this.#filterBytes + addedBytes <= this.#maxBytes / 4
  }

  filtered(addedBytes: number): void {
    this.#filterBytes += addedBytes
    this.#usedBytes += addedBytes
  }

  /** Whether a store that has so much must let go of some. */
  isExceededBy(storeBytes: number): boolean {
    return this.#usedBytes > this.#maxBytes && storeBytes > this.#maxBytes / this.#holders
  }
}

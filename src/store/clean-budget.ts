/**
 * What the clean entries of all stores of a stream thread may take together, about. Each store may have its share in any case, and more for as
 * long as the others leave room; it lets go of its own entries only, never of those of a store that somebody is reading. So together they
 * have twice the budget at most.
 */
export class CleanBudget {
  readonly #maxBytes: number
  #usedBytes = 0
  /** Stores that have any. */
  #holders = 0

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

  /** Whether a store that has so much must let go of some. */
  isExceededBy(storeBytes: number): boolean {
    return this.#usedBytes > this.#maxBytes && storeBytes > this.#maxBytes / this.#holders
  }
}

import { StreamError } from '../base/errors.ts'
import { hashBytes } from './memory/hash-index.ts'
import type { StorePlace } from './contracts.ts'
import { storeName } from './store-place.ts'

/** More stores than a process has. */
const capacity = 4096

/**
 * Which stream thread of a process has which store open, in memory that its worker threads share. A task that moves between two of them is
 * opened by the second only when the first has closed it: else a late write of the first would follow what the second has read.
 */
export class StoreLocks {
  readonly shared: SharedArrayBuffer
  /** Pairs: the hash of a store's name, 0 where free; its owner's number + 1, 0 where nobody has it open. */
  readonly #cells: Int32Array

  constructor(shared = new SharedArrayBuffer(capacity * 2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#cells = new Int32Array(shared)
  }

  /**
   * @param owner - the thread's number. Its earlier lives have ended: what they left open is its own
   * @throws StreamError `STORE_IN_USE`
   */
  claim(place: StorePlace, owner: number): void {
    const before = this.#claimedBefore(place, owner)
    if (before === 0 || before === owner + 1) return
    throw new StreamError('STORE_IN_USE', `store "${place.store}" of task ${place.task} is still open`, {
      detail: `Thread ${before} has it.`,
      hint: 'Wait: the thread closes it when it has heard that the task is not its any more.',
    })
  }

  /** As {@link StoreLocks.claim}. @returns whether nobody had it open */
  tryClaim(place: StorePlace, owner: number): boolean {
    return this.#claimedBefore(place, owner) === 0
  }

  /** Whether a thread has it open. */
  isClaimed(place: StorePlace): boolean {
    return Atomics.load(this.#cells, this.#cellOf(place) + 1) !== 0
  }

  release(place: StorePlace, owner: number): void {
    Atomics.compareExchange(this.#cells, this.#cellOf(place) + 1, owner + 1, 0)
  }

  /** @returns the cell of its owner as it was */
  #claimedBefore(place: StorePlace, owner: number): number {
    return Atomics.compareExchange(this.#cells, this.#cellOf(place) + 1, 0, owner + 1)
  }

  #cellOf(place: StorePlace): number {
    const hash = hashBytes(Buffer.from(storeName(place))) | 0
    for (let step = 0; step < capacity; step++) {
      const at = ((((hash >>> 0) + step) % capacity) * 2) | 0
      const before = Atomics.compareExchange(this.#cells, at, 0, hash)
      if (before === 0 || before === hash) return at
    }
    throw new StreamError('INVARIANT_BROKEN', `more than ${capacity} stores are open`)
  }
}

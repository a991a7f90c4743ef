import { createHash } from 'node:crypto'
import { StreamError } from '../base/errors.ts'
import type { StorePlace } from './contracts.ts'
import { storeName } from './store-place.ts'

const cellCount = 16_384
/** How far from where its name says a store may stand: with so many cells, some twelve thousand find room at once. */
const windowCells = 128
/** Of a cell: its owner's number + 1, 0 where it is free; then the name, 0 where it is free or is being entered. */
const cellWords = 3

/** A digest of a store's name, in two words. */
interface Name {
  readonly high: number
  readonly low: number
}

/**
 * Which stream thread of a process has which store open, in memory that its worker threads share. A task that moves between two of them is
 * opened by the second only when the first has closed it: else a late write of the first would follow what the second has read.
 *
 * Two threads may enter the same store into two cells at the same time. Each looks again after it has entered: whoever wrote last sees the
 * other, and gives its cell back. Both may; then the store is opened at the next try.
 */
export class StoreLocks {
  readonly shared: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(shared = new SharedArrayBuffer(cellCount * cellWords * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#words = new Int32Array(shared)
  }

  /**
   * @param owner - the thread's number. Its earlier lives have ended: what they left open is its own
   * @throws StreamError `STORE_IN_USE`, `CONFIG_INVALID`
   */
  claim(place: StorePlace, owner: number): void {
    const before = this.#claimedBefore(nameOf(place), owner)
    if (before === undefined || before === owner) return
    throw new StreamError('STORE_IN_USE', `store "${place.store}" of task ${place.task} is still open`, {
      detail: `Thread ${before + 1} has it.`,
      hint: 'Wait: the thread closes it when it has heard that the task is not its any more.',
    })
  }

  /** As {@link StoreLocks.claim}. @returns whether nobody had it open */
  tryClaim(place: StorePlace, owner: number): boolean {
    return this.#claimedBefore(nameOf(place), owner) === undefined
  }

  /** Whether a thread has it open. */
  isClaimed(place: StorePlace): boolean {
    return this.#cellsOf(nameOf(place)).length > 0
  }

  release(place: StorePlace, owner: number): void {
    for (const cell of this.#cellsOf(nameOf(place))) if (this.#ownerAt(cell) === owner) this.#free(cell)
  }

  /** What a thread that has died has left open. */
  releaseAll(owner: number): void {
    for (let cell = 0; cell < this.#words.length; cell += cellWords)
      if (this.#ownerAt(cell) === owner) this.#free(cell)
  }

  /** @returns who had it; undefined: nobody, and now the owner has it */
  #claimedBefore(name: Name, owner: number): number | undefined {
    const [before] = this.#cellsOf(name)
    if (before !== undefined) return this.#ownerAt(before)
    const own = this.#enter(name, owner)
    const other = this.#cellsOf(name).find((cell) => cell !== own)
    if (other === undefined) return undefined
    this.#free(own)
    return this.#ownerAt(other)
  }

  #ownerAt(cell: number): number {
    return Atomics.load(this.#words, cell) - 1
  }

  #cellsOf({ high, low }: Name): number[] {
    const words = this.#words
    const cells: number[] = []
    for (let step = 0; step < windowCells; step++) {
      const cell = cellAt(low, step)
      const isIt = Atomics.load(words, cell + 1) === high && Atomics.load(words, cell + 2) === low
      if (isIt) cells.push(cell)
    }
    return cells
  }

  /** @returns the cell that it has now */
  #enter({ high, low }: Name, owner: number): number {
    for (let step = 0; step < windowCells; step++) {
      const cell = cellAt(low, step)
      if (Atomics.compareExchange(this.#words, cell, 0, owner + 1) !== 0) continue
      Atomics.store(this.#words, cell + 1, high)
      Atomics.store(this.#words, cell + 2, low)
      return cell
    }
    throw new StreamError('CONFIG_INVALID', 'more stores are open than a process can have', {
      detail: `A process keeps count of ${cellCount}, in which some twelve thousand find room.`,
      hint: 'Run the application in more processes: each has a part of the tasks, and their stores.',
    })
  }

  /** The name goes first: whoever enters next must not be seen under it. */
  #free(cell: number): void {
    Atomics.store(this.#words, cell + 1, 0)
    Atomics.store(this.#words, cell + 2, 0)
    Atomics.store(this.#words, cell, 0)
  }
}

/** The first word of a cell in which a store of this name may stand. */
function cellAt(low: number, step: number): number {
  return (((low >>> 1) + step) % cellCount) * cellWords
}

/** Neither word is 0. */
function nameOf(place: StorePlace): Name {
  const digest = createHash('sha256').update(storeName(place)).digest()
  return { high: digest.readInt32LE(0) | 1, low: digest.readInt32LE(4) | 1 }
}

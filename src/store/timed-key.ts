import type { StoreKeyIdentity } from './contracts.ts'
import type { Slot } from './slot.ts'

/**
 * Where an entry of a store by key and time stands. `first` orders and expires: a window's start, a session's end. `second` tells apart what
 * has the same: a number, a session's start.
 */
export interface TimedPlace {
  readonly owner: TimedKey
  readonly first: number
  readonly second: number
}

export type TimedSlot = Slot<TimedPlace>

const none: readonly TimedSlot[] = []
const listMin = 4

/** One key's newest slots in an overlay: a small array by time. */
export class TimedKey {
  readonly identity: StoreKeyIdentity
  slots: readonly TimedSlot[] = none
  /** Every entry that the engine holds from this time on is among the slots. */
  completeFrom = Number.POSITIVE_INFINITY
  /** Stands in the ring for {@link TimedKey.completeFrom}: when it is evicted, that is no longer known. */
  marker: TimedSlot | undefined = undefined
  /** The last slot, and where it stands: what is asked for most is found without a look at the others. */
  #newest: TimedSlot | undefined = undefined
  #newestFirst = Number.NEGATIVE_INFINITY
  #newestSecond = 0

  constructor(identity: StoreKeyIdentity) {
    this.identity = identity
  }

  /** The place of the first slot that is not before (`first`, `second`). The newest are asked for most. */
  lowerBound(first: number, second: number): number {
    const { slots } = this
    let high = slots.length
    if (first > this.#newestFirst) return high
    if (first === this.#newestFirst && second >= this.#newestSecond)
      return second === this.#newestSecond ? high - 1 : high
    let low = 0
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(slots[middle] as TimedSlot, first, second)) low = middle + 1
      else high = middle
    }
    return low
  }

  find(first: number, second: number): TimedSlot | undefined {
    if (first === this.#newestFirst && second === this.#newestSecond) return this.#newest
    if (first > this.#newestFirst) return undefined
    const slot = this.slots[this.lowerBound(first, second)]
    return slot !== undefined && isAt(slot, first, second) ? slot : undefined
  }

  /** Puts a slot in its place, instead of another that has the same. */
  enter(slot: TimedSlot): void {
    const { first, second } = slot.identity
    const at = this.lowerBound(first, second)
    const present = this.slots[at]
    const replaces = present?.identity.first === first && present.identity.second === second
    if (replaces) (this.slots as TimedSlot[])[at] = slot
    else if (at < this.slots.length) (this.slots as TimedSlot[]).splice(at, 0, slot)
    // Most keys have one slot or two: a list that is made to grow has room for many more.
    else if (at < listMin) this.slots = at === 0 ? [slot] : [...this.slots, slot]
    else (this.slots as TimedSlot[]).push(slot)
    this.#noteNewest()
  }

  leave(first: number, second: number): void {
    const at = this.lowerBound(first, second)
    const { identity } = this.slots[at] as TimedSlot
    if (identity.first === first && identity.second === second) {
      if (this.slots.length === 1) this.slots = none
      else (this.slots as TimedSlot[]).splice(at, 1)
    }
    this.#noteNewest()
  }

  #noteNewest(): void {
    const newest = this.slots[this.slots.length - 1]
    this.#newest = newest
    this.#newestFirst = newest?.identity.first ?? Number.NEGATIVE_INFINITY
    this.#newestSecond = newest?.identity.second ?? 0
  }
}

function isAt({ identity }: TimedSlot, first: number, second: number): boolean {
  return identity.first === first && identity.second === second
}

function isBefore({ identity }: TimedSlot, first: number, second: number): boolean {
  return identity.first < first || (identity.first === first && identity.second < second)
}

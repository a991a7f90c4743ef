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

/** One key's newest slots in an overlay: a small array by time. */
export class TimedKey {
  readonly identity: StoreKeyIdentity
  readonly slots: TimedSlot[] = []
  /** Every entry that the engine holds from this time on is among the slots. */
  completeFrom = Number.POSITIVE_INFINITY
  /** Stands in the ring for {@link TimedKey.completeFrom}: when it is evicted, that is no longer known. */
  marker: TimedSlot | undefined = undefined

  constructor(identity: StoreKeyIdentity) {
    this.identity = identity
  }

  /** The place of the first slot that is not before (`first`, `second`). The newest are asked for most. */
  lowerBound(first: number, second: number): number {
    const { slots } = this
    let high = slots.length
    if (high > 0 && isBefore(slots[high - 1] as TimedSlot, first, second)) return high
    let low = 0
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(slots[middle] as TimedSlot, first, second)) low = middle + 1
      else high = middle
    }
    return low
  }

  find(first: number, second: number): TimedSlot | undefined {
    const slot = this.slots[this.lowerBound(first, second)]
    if (slot === undefined) return undefined
    return slot.identity.first === first && slot.identity.second === second ? slot : undefined
  }

  /** Puts a slot in its place, instead of another that has the same. */
  enter(slot: TimedSlot): void {
    const { first, second } = slot.identity
    const at = this.lowerBound(first, second)
    const present = this.slots[at]
    const replaces = present?.identity.first === first && present.identity.second === second
    this.slots.splice(at, replaces ? 1 : 0, slot)
  }

  leave(first: number, second: number): void {
    const at = this.lowerBound(first, second)
    const { identity } = this.slots[at] as TimedSlot
    if (identity.first === first && identity.second === second) this.slots.splice(at, 1)
  }
}

function isBefore({ identity }: TimedSlot, first: number, second: number): boolean {
  return identity.first < first || (identity.first === first && identity.second < second)
}

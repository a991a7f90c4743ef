import { CleanBudget } from './clean-budget.ts'
import type { StoreKeyIdentity } from './contracts.ts'
import { cleanGeneration, goneGeneration, type Slot } from './slot.ts'

/** Fewer places that are empty are not worth moving the others. */
const emptyMin = 1024
/** What an entry takes beside its value, about: slot, key, places in map and queue. */
const slotBytes = 200

/**
 * Bounds the clean entries of an overlay, by number and by memory, by second chance: a queue of slots. A slot that was read since it was last at the front is spared
 * once and goes to the end. A slot that was written meanwhile gives its place up and asks for a new one when it is clean again.
 */
export class CleanRing<Identity = StoreKeyIdentity> {
  #slots: (Slot<Identity> | undefined)[] = []
  /** The front; before it there is nothing. */
  #head = 0
  readonly #max: number
  readonly #evict: (slot: Slot<Identity>) => void
  readonly #budget: CleanBudget
  #bytes = 0

  /** @param max - entries; 0 keeps none */
  constructor(max: number, evict: (slot: Slot<Identity>) => void, budget = new CleanBudget()) {
    this.#max = max
    this.#evict = evict
    this.#budget = budget
  }

  /** Whether one more clean slot would cost another its place. */
  get isFull(): boolean {
    return this.#count >= this.#max || this.#budget.isExceededBy(this.#bytes)
  }

  /** Gives a clean slot a place; evicts another where the ring is full. */
  keep(slot: Slot<Identity>): void {
    if (slot.keptBytes > 0) return
    if (this.#max === 0) {
      this.#remove(slot)
      return
    }
    this.#makeRoom()
    this.#push(slot)
  }

  /**
   * Takes slots from the front that will not be asked for any more, up to the first other one.
   *
   * @param isOver - undefined: nobody knows of it; it goes unless it was read, like one for which there is no room
   */
  takeOver(
    isOver: (slot: Slot<Identity>) => boolean | undefined,
    take: (slot: Slot<Identity>) => void,
  ): void {
    for (let left = this.#count; left > 0; left--) {
      const slot = this.#slots[this.#head] as Slot<Identity>
      const isClean = slot.generation === cleanGeneration
      const over = isClean ? isOver(slot) : true
      if (over === false) return
      this.#shift()
      if (!isClean) continue
      if (over === true) {
        slot.generation = goneGeneration
        take(slot)
      } else this.#spareOrRemove(slot)
    }
  }

  clear(): void {
    this.#slots = []
    this.#head = 0
    this.#holds(0)
  }

  get #count(): number {
    return this.#slots.length - this.#head
  }

  /** Ends after two rounds at most: the first takes every mark away. */
  #makeRoom(): void {
    while (this.#count > 0 && this.isFull) {
      const slot = this.#shift()
      if (slot.generation === cleanGeneration) this.#spareOrRemove(slot)
    }
  }

  #spareOrRemove(slot: Slot<Identity>): void {
    if (!slot.touched) {
      this.#remove(slot)
      return
    }
    slot.touched = false
    this.#push(slot)
  }

  #push(slot: Slot<Identity>): void {
    slot.keptBytes = slotBytes + slot.valueBytes
    this.#slots.push(slot)
    this.#holds(this.#bytes + slot.keptBytes)
  }

  #holds(bytes: number): void {
    if (bytes === this.#bytes) return
    this.#budget.change(this.#bytes, bytes)
    this.#bytes = bytes
  }

  #shift(): Slot<Identity> {
    const slots = this.#slots
    const slot = slots[this.#head] as Slot<Identity>
    slots[this.#head++] = undefined
    this.#holds(this.#bytes - slot.keptBytes)
    slot.keptBytes = 0
    if (this.#head > emptyMin && this.#head > slots.length / 2) {
      this.#slots = slots.slice(this.#head)
      this.#head = 0
    }
    return slot
  }

  #remove(slot: Slot<Identity>): void {
    slot.generation = goneGeneration
    this.#evict(slot)
  }
}

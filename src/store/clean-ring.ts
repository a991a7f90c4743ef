import type { StoreKeyIdentity } from './contracts.ts'
import { cleanGeneration, goneGeneration, type Slot } from './slot.ts'

/**
 * Bounds the clean entries of an overlay by second chance: a ring of slots and a hand. A slot that was read since the hand last passed is
 * spared once. A slot that was written meanwhile gives its place up and asks for a new one when it is clean again.
 */
export class CleanRing<Identity = StoreKeyIdentity> {
  readonly #slots: Slot<Identity>[] = []
  readonly #max: number
  readonly #evict: (slot: Slot<Identity>) => void
  #hand = 0

  /** @param max - entries; 0 keeps none */
  constructor(max: number, evict: (slot: Slot<Identity>) => void) {
    this.#max = max
    this.#evict = evict
  }

  /** Gives a clean slot a place; evicts another where the ring is full. */
  keep(slot: Slot<Identity>): void {
    if (slot.kept) return
    if (this.#max === 0) {
      this.#remove(slot)
      return
    }
    slot.kept = true
    if (this.#slots.length < this.#max) this.#slots.push(slot)
    else this.#slots[this.#freePlace()] = slot
  }

  /** Gives up the places of slots that are gone. */
  sweep(): void {
    const left = this.#slots.filter(({ generation }) => generation !== goneGeneration)
    this.clear()
    for (const slot of left) this.#slots.push(slot)
  }

  clear(): void {
    this.#slots.length = 0
    this.#hand = 0
  }

  /** Ends after two rounds at most: the first takes every mark away. */
  #freePlace(): number {
    for (;;) {
      const at = this.#hand
      this.#hand = at + 1 === this.#max ? 0 : at + 1
      const resident = this.#slots[at] as Slot<Identity>
      if (resident.generation === cleanGeneration && resident.touched) {
        resident.touched = false
        continue
      }
      resident.kept = false
      if (resident.generation === cleanGeneration) this.#remove(resident)
      return at
    }
  }

  #remove(slot: Slot<Identity>): void {
    slot.generation = goneGeneration
    this.#evict(slot)
  }
}

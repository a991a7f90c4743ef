import { goneGeneration, Slot } from './slot.ts'

const initialCapacity = 1024
const bytesPerKey = 16
/** Entries that may point to slots which are gone, for each one that a store keeps: beyond it the index begins anew. */
const entriesPerSlot = 2
/** Stands for one that was let go, so that its value is no longer held. */
const noSlot = new Slot(0)
noSlot.generation = goneGeneration

/**
 * From the bytes of a text key, as they lie in a record, to the slot that it was last found in: a look-up that makes no string and touches
 * little memory. Open addressing; the hash stands beside the entry's number, so that a key's bytes are compared only when it fits.
 *
 * It may be wrong by being old: whoever asks looks at the slot's generation. Bounded: it forgets everything when it has twice as many
 * entries as its store may keep.
 */
export class TextIndex {
  readonly #entriesMax: number
  /** Pairs: the entry's number + 1, 0 where free; its hash. */
  #table = new Int32Array(initialCapacity * 2)
  #mask = initialCapacity - 1
  #slots: Slot[] = []
  #ends: number[] = [0]
  #keys = Buffer.allocUnsafeSlow(initialCapacity * bytesPerKey)

  /** @param slotsMax - how many entries the store keeps */
  constructor(slotsMax: number) {
    this.#entriesMax = Math.max(initialCapacity, slotsMax * entriesPerSlot)
  }

  /** The slot that was put last for the key `buffer[start .. end)`. */
  find(buffer: Buffer, start: number, end: number): Slot | undefined {
    const at = this.#locate(buffer, start, end)
    const entry = this.#table[at * 2] as number
    return entry === 0 ? undefined : this.#slots[entry - 1]
  }

  put(buffer: Buffer, start: number, end: number, slot: Slot): void {
    const at = this.#locate(buffer, start, end)
    const entry = this.#table[at * 2] as number
    if (entry === 0 && this.#slots.length >= this.#entriesMax) {
      this.#clear()
      return
    }
    slot.textEntry = entry > 0 ? entry - 1 : this.#slots.length
    if (entry > 0) this.#slots[entry - 1] = slot
    else this.#add(buffer, start, end, slot)
  }

  /** The store does not have the slot any more. */
  drop(slot: Slot): void {
    if (this.#slots[slot.textEntry] === slot) this.#slots[slot.textEntry] = noSlot
  }

  #add(buffer: Buffer, start: number, end: number, slot: Slot): void {
    const from = this.#ends[this.#slots.length] as number
    const to = from + end - start
    if (to > this.#keys.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(to, this.#keys.length * 2))
      this.#keys.copy(larger, 0, 0, from)
      this.#keys = larger
    }
    buffer.copy(this.#keys, from, start, end)
    this.#slots.push(slot)
    this.#ends.push(to)
    if (this.#slots.length * 2 > this.#mask) this.#grow()
    else this.#enter(this.#locate(buffer, start, end), this.#slots.length, hash(buffer, start, end))
  }

  #enter(at: number, entry: number, code: number): void {
    this.#table[at * 2] = entry
    this.#table[at * 2 + 1] = code
  }

  #grow(): void {
    const capacity = (this.#mask + 1) * 2
    this.#table = new Int32Array(capacity * 2)
    this.#mask = capacity - 1
    for (let entry = 1; entry <= this.#slots.length; entry++) {
      const start = this.#ends[entry - 1] as number
      const end = this.#ends[entry] as number
      this.#enter(this.#locate(this.#keys, start, end), entry, hash(this.#keys, start, end))
    }
  }

  #clear(): void {
    this.#table.fill(0)
    this.#slots = []
    this.#ends = [0]
  }

  /** The place of the key in the table, or the free place where it would be. */
  #locate(buffer: Buffer, start: number, end: number): number {
    const code = hash(buffer, start, end)
    let at = code & this.#mask
    for (;;) {
      const entry = this.#table[at * 2] as number
      if (entry === 0) return at
      if (this.#table[at * 2 + 1] === code && this.#equals(entry - 1, buffer, start, end)) return at
      at = (at + 1) & this.#mask
    }
  }

  #equals(index: number, buffer: Buffer, start: number, end: number): boolean {
    const from = this.#ends[index] as number
    if ((this.#ends[index + 1] as number) - from !== end - start) return false
    for (let offset = end - start - 1; offset >= 0; offset--) {
      if (this.#keys[from + offset] !== buffer[start + offset]) return false
    }
    return true
  }
}

function hash(buffer: Buffer, start: number, end: number): number {
  let code = 0
  for (let at = start; at < end; at++) code = Math.imul(code ^ (buffer[at] as number), 0x5bd1e995)
  code ^= code >>> 15
  code = Math.imul(code, 0x2c1b3c6d)
  return code ^ (code >>> 13)
}

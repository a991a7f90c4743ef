/**
 * Finds entries of an arena by key: open addressing with linear probing over one array of 32-bit numbers, outside the JavaScript
 * heap. A slot is two numbers side by side, so that a look-up touches one cache line: an entry's hash (0: empty) and its address. Deletes
 * shift what follows back, so that there are no tombstones.
 */
import type { ByteArena } from './byte-arena.ts'

const slotsMin = 64
const loadMax = 0.7

export class HashIndex {
  readonly #arena: ByteArena
  /** Hash of slot i at 2i, address at 2i + 1. */
  #table = new Uint32Array(slotsMin * 2)
  #mask = slotsMin - 1
  #count = 0

  constructor(arena: ByteArena) {
    this.#arena = arena
  }

  get count(): number {
    return this.#count
  }

  get sizeBytes(): number {
    return this.#table.byteLength
  }

  /** The slot of a key, −1 where it has none. */
  find(hash: number, key: Buffer): number {
    const table = this.#table
    const mask = this.#mask
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = table[slot * 2]
      if (found === 0) return -1
      if (found === hash && this.#arena.keyEquals(table[slot * 2 + 1] as number, key)) return slot
    }
  }

  address(slot: number): number {
    return this.#table[slot * 2 + 1] as number
  }

  setAddress(slot: number, address: number): void {
    this.#table[slot * 2 + 1] = address
  }

  /** Adds a key that is not there. */
  add(hash: number, address: number): void {
    if (this.#count + 1 > (this.#mask + 1) * loadMax) this.#grow()
    this.#place(hash, address)
    this.#count++
  }

  remove(slot: number): void {
    const table = this.#table
    const mask = this.#mask
    let hole = slot
    for (let next = (hole + 1) & mask; table[next * 2] !== 0; next = (next + 1) & mask) {
      const home = (table[next * 2] as number) & mask
      // An entry may move back into the hole unless its home lies after the hole.
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      table[hole * 2] = table[next * 2] as number
      table[hole * 2 + 1] = table[next * 2 + 1] as number
      hole = next
    }
    table[hole * 2] = 0
    this.#count--
  }

  /** Follows an entry to another place. */
  move(from: number, to: number): void {
    const table = this.#table
    let slot = this.#arena.hash(from) & this.#mask
    while (table[slot * 2 + 1] !== from || table[slot * 2] === 0) slot = (slot + 1) & this.#mask
    table[slot * 2 + 1] = to
  }

  /** All addresses, in no order. */
  addresses(): Uint32Array {
    const all = new Uint32Array(this.#count)
    let at = 0
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#table[slot * 2] !== 0) all[at++] = this.address(slot)
    }
    return all
  }

  #grow(): void {
    const table = this.#table
    this.#table = new Uint32Array(table.length * 2)
    this.#mask = table.length - 1
    for (let at = 0; at < table.length; at += 2) {
      if (table[at] !== 0) this.#place(table[at] as number, table[at + 1] as number)
    }
  }

  #place(hash: number, address: number): void {
    let slot = hash & this.#mask
    while (this.#table[slot * 2] !== 0) slot = (slot + 1) & this.#mask
    this.#table[slot * 2] = hash
    this.#table[slot * 2 + 1] = address
  }
}

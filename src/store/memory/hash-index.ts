/**
 * Finds entries of an arena by key: open addressing with linear probing over two arrays of 32-bit numbers, outside the JavaScript
 * heap. A slot holds an entry's hash (0: empty) and its address. Deletes shift what follows back, so that there are no tombstones.
 */
import type { ByteArena } from './byte-arena.ts'

const slotsMin = 64
const loadMax = 0.7
const bytesPerSlot = 8

export class HashIndex {
  readonly #arena: ByteArena
  #hashes = new Uint32Array(slotsMin)
  #addresses = new Uint32Array(slotsMin)
  #mask = slotsMin - 1
  #count = 0

  constructor(arena: ByteArena) {
    this.#arena = arena
  }

  get count(): number {
    return this.#count
  }

  get sizeBytes(): number {
    return this.#hashes.length * bytesPerSlot
  }

  /** The slot of a key, −1 where it has none. */
  find(hash: number, key: Buffer): number {
    const hashes = this.#hashes
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = hashes[slot]
      if (found === 0) return -1
      if (found === hash && this.#arena.keyEquals(this.#addresses[slot] as number, key)) return slot
    }
  }

  address(slot: number): number {
    return this.#addresses[slot] as number
  }

  setAddress(slot: number, address: number): void {
    this.#addresses[slot] = address
  }

  /** Adds a key that is not there. */
  add(hash: number, address: number): void {
    if (this.#count + 1 > this.#hashes.length * loadMax) this.#grow()
    this.#place(hash, address)
    this.#count++
  }

  remove(slot: number): void {
    const hashes = this.#hashes
    let hole = slot
    for (let next = (hole + 1) & this.#mask; hashes[next] !== 0; next = (next + 1) & this.#mask) {
      const home = (hashes[next] as number) & this.#mask
      // An entry may move back into the hole unless its home lies after the hole.
      if (((next - home) & this.#mask) < ((next - hole) & this.#mask)) continue
      hashes[hole] = hashes[next] as number
      this.#addresses[hole] = this.#addresses[next] as number
      hole = next
    }
    hashes[hole] = 0
    this.#count--
  }

  /** Follows an entry to another place. */
  move(from: number, to: number): void {
    let slot = this.#arena.hash(from) & this.#mask
    while (this.#addresses[slot] !== from || this.#hashes[slot] === 0) slot = (slot + 1) & this.#mask
    this.#addresses[slot] = to
  }

  /** All addresses, in no order. */
  addresses(): Uint32Array {
    const all = new Uint32Array(this.#count)
    let at = 0
    for (let slot = 0; slot < this.#hashes.length; slot++) {
      if (this.#hashes[slot] !== 0) all[at++] = this.#addresses[slot] as number
    }
    return all
  }

  #grow(): void {
    const hashes = this.#hashes
    const addresses = this.#addresses
    this.#hashes = new Uint32Array(hashes.length * 2)
    this.#addresses = new Uint32Array(hashes.length * 2)
    this.#mask = this.#hashes.length - 1
    for (let slot = 0; slot < hashes.length; slot++) {
      if (hashes[slot] !== 0) this.#place(hashes[slot] as number, addresses[slot] as number)
    }
  }

  #place(hash: number, address: number): void {
    let slot = hash & this.#mask
    while (this.#hashes[slot] !== 0) slot = (slot + 1) & this.#mask
    this.#hashes[slot] = hash
    this.#addresses[slot] = address
  }
}

/** FNV-1a with a last mix, so that linear probing sees no runs; never 0. */
export function hashBytes(key: Buffer): number {
  let hash = 0x811c_9dc5
  for (let index = 0; index < key.length; index++)
    hash = Math.imul(hash ^ (key[index] as number), 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  hash = (hash ^ (hash >>> 16)) >>> 0
  return hash === 0 ? 1 : hash
}

import type { StoreKeyIdentity } from './contracts.ts'
import { hashText } from './key-table.ts'

/** Keys that are remembered for each one that is kept: enough for what is hot, and few enough to lie in a processor's cache. */
const rememberedShare = 0.25
/** Of the hash: below them are two numbers of a bit in a word. */
const wordShift = 10

/**
 * Lets in a key that was asked for before, not long ago: what is asked for once costs no other key its place, as in TinyLFU. Two bits of a
 * word say that a key was asked for, with a word for each key that is remembered: of new keys, one in a hundred is taken for a known one.
 * The older half is forgotten when the newer one is full.
 */
export class Doorkeeper {
  readonly #halfMax: number
  #newer = new Int32Array(0)
  #older = new Int32Array(0)
  #newerCount = 0

  /** @param entriesMax - what is kept of the keys that are let in */
  constructor(entriesMax: number) {
    this.#halfMax = Math.max(1, entriesMax * rememberedShare)
  }

  /** Asks for a key: whether it was asked for before. */
  admits(key: StoreKeyIdentity): boolean {
    // Most stores have room for all that is asked for: they need none of this.
    if (this.#newer.length === 0) this.#begin()
    const code = hashText(String(key))
    const at = (code >>> wordShift) & (this.#newer.length - 1)
    const bits = (1 << code) | (1 << (code >>> 5))
    const word = this.#newer[at] as number
    if ((word & bits) === bits) return true
    const isKnown = ((this.#older[at] as number) & bits) === bits
    this.#newer[at] = word | bits
    if (++this.#newerCount >= this.#halfMax) this.#forgetOlder()
    return isKnown
  }

  #begin(): void {
    const words = 2 ** Math.ceil(Math.log2(this.#halfMax))
    this.#newer = new Int32Array(words)
    this.#older = new Int32Array(words)
  }

  #forgetOlder(): void {
    const older = this.#older
    this.#older = this.#newer
    this.#newer = older.fill(0)
    this.#newerCount = 0
  }
}

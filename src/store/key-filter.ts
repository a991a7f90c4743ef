import type { CleanBudget } from './clean-budget.ts'
import { hashBytes } from './hash-bytes.ts'

/** A key sets one bit in each word of a block: a processor's cache has to fetch one line of 32 bytes. */
const blockWords = 8
const blockShift = 3
/** Odd numbers; the five highest bits of a hash's product with each are a place in a word. */
const salts = Int32Array.of(
  0x47b6_137b,
  0x4497_4d91,
  0x8824_ad5b,
  0xa2b7_289d,
  0x7054_95c7,
  0x2df1_424b,
  0x9efc_4947,
  0x5c6b_fb31,
)
const placeShift = 27
/** 16 bits a key: of keys that are not there, each layer takes one in some hundred for one that may be. */
const blockKeys = 16
const firstBlocks = 256

/**
 * Says of a key that it is not there, or that it may be: a Bloom filter of split blocks, as in Parquet, which grows with its keys by
 * layers, each twice as large as the one before. Where the budget has no room for another layer the last one takes more keys than it is
 * made for, and says "may be" more often.
 */
export class KeyFilter {
  readonly #budget: CleanBudget
  readonly #layers: Int32Array[]
  /** Keys that the last layer still takes. */
  #room: number

  private constructor(budget: CleanBudget, layer: Int32Array) {
    this.#budget = budget
    this.#layers = [layer]
    this.#room = roomOf(layer)
  }

  /** An empty one; undefined where the budget has no room. */
  static begin(budget: CleanBudget): KeyFilter | undefined {
    const layer = layerOf(firstBlocks, budget)
    return layer === undefined ? undefined : new KeyFilter(budget, layer)
  }

  add(key: Buffer): void {
    const hash = hashBytes(key)
    if (this.#has(hash)) return
    if (this.#room === 0) this.#grow()
    set(this.#layers.at(-1) as Int32Array, hash)
    this.#room--
  }

  mayHave(key: Buffer): boolean {
    return this.#has(hashBytes(key))
  }

  /** Gives its memory back to the budget; it is not used any more. */
  close(): void {
    for (const layer of this.#layers) this.#budget.filtered(-layer.byteLength)
  }

  #has(hash: number): boolean {
    for (const layer of this.#layers) if (isSet(layer, hash)) return true
    return false
  }

  #grow(): void {
    const last = this.#layers.at(-1) as Int32Array
    const next = layerOf((last.length / blockWords) * 2, this.#budget)
    if (next !== undefined) this.#layers.push(next)
    this.#room = roomOf(next ?? last)
  }
}

function layerOf(blocks: number, budget: CleanBudget): Int32Array | undefined {
  const words = blocks * blockWords
  if (!budget.mayFilter(words * Int32Array.BYTES_PER_ELEMENT)) return undefined
  const layer = new Int32Array(words)
  budget.filtered(layer.byteLength)
  return layer
}

function roomOf(layer: Int32Array): number {
  return (layer.length / blockWords) * blockKeys
}

function isSet(layer: Int32Array, hash: number): boolean {
  const at = (hash << blockShift) & (layer.length - 1)
  for (let word = 0; word < blockWords; word++) {
    const place = Math.imul(hash, salts[word] as number) >>> placeShift
    if (((layer[at + word] as number) & (1 << place)) === 0) return false
  }
  return true
}

function set(layer: Int32Array, hash: number): void {
  const at = (hash << blockShift) & (layer.length - 1)
  for (let word = 0; word < blockWords; word++) {
    const place = Math.imul(hash, salts[word] as number) >>> placeShift
    layer[at + word] = (layer[at + word] as number) | (1 << place)
  }
}

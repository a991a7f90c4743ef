import type { StoreEntries, StoreEntry } from './contracts.ts'

/** Entries one behind the other in one buffer: a key, then its value. There are tens of thousands a commit, and only their bytes live long. */
export class PackedEntries implements StoreEntries {
  readonly length: number
  readonly #bytes: Buffer
  /** Of each entry the end of its key and that of its value; the next one begins there. */
  readonly #ends: Float64Array
  readonly #isDeleted: (index: number) => boolean

  constructor(bytes: Buffer, ends: Float64Array, isDeleted: (index: number) => boolean) {
    this.length = ends.length / 2
    this.#bytes = bytes
    this.#ends = ends
    this.#isDeleted = isDeleted
  }

  at(index: number): StoreEntry {
    const start = index === 0 ? 0 : (this.#ends[index * 2 - 1] as number)
    const keyEnd = this.#ends[index * 2] as number
    const value = this.#isDeleted(index) ? null : this.#bytes.subarray(keyEnd, this.#ends[index * 2 + 1])
    return { key: this.#bytes.subarray(start, keyEnd), value }
  }

  *[Symbol.iterator](): Generator<StoreEntry> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }
}

/** Several lists as one. */
export function chained(lists: readonly StoreEntries[]): StoreEntries {
  const [first = [], ...others] = lists.filter(({ length }) => length > 0)
  if (others.length === 0) return first
  return {
    length: others.reduce((sum, { length }) => sum + length, first.length),
    at: (index) => {
      let left = index
      for (const list of [first, ...others]) {
        if (left < list.length) return list.at(left)
        left -= list.length
      }
      return undefined
    },
    *[Symbol.iterator]() {
      yield* first
      for (const list of others) yield* list
    },
  }
}

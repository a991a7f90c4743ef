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

  get sizeBytes(): number {
    return this.#bytes.length
  }

  valueBytesAt(index: number): number {
    return (this.#ends[index * 2 + 1] as number) - (this.#ends[index * 2] as number)
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

/** Some entries of several lists, one list behind the other. */
export class PickedEntries implements StoreEntries {
  readonly #lists: StoreEntries[] = []
  /** Of each entry the place of its list, then its place in it. */
  readonly #places: number[] = []

  add(list: StoreEntries, isPicked: (index: number) => boolean): void {
    const place = this.#lists.push(list) - 1
    for (let index = 0; index < list.length; index++) if (isPicked(index)) this.#places.push(place, index)
  }

  get length(): number {
    return this.#places.length / 2
  }

  at(index: number): StoreEntry | undefined {
    const place = this.#places[index * 2]
    return place === undefined ? undefined : this.#lists[place]?.at(this.#places[index * 2 + 1] as number)
  }

  *[Symbol.iterator](): Generator<StoreEntry> {
    for (let index = 0; index < this.length; index++) yield this.at(index) as StoreEntry
  }
}

/** Several lists as one. What the first one says of its keys and their order stands: the others have other keys, or are short. */
export function chained(lists: readonly StoreEntries[]): StoreEntries {
  const [first = [], ...others] = lists.filter(({ length }) => length > 0)
  if (others.length === 0) return first
  const length = others.reduce((sum, list) => sum + list.length, first.length)
  return {
    length,
    ...(first.repeating === undefined ? {} : { repeating: first.repeating }),
    get sorted() {
      const { sorted } = first
      if (sorted === undefined) return undefined
      const all = new Float64Array(length)
      all.set(sorted)
      for (let index = first.length; index < length; index++) all[index] = index
      return all
    },
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

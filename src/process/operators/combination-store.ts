import { ByteWriter } from '../../base/byte-writer.ts'
import type { WindowStore } from '../../store/contracts.ts'
import {
  readCombination,
  sameRecord,
  writeCombination,
  type Combination,
  type Lifetimes,
} from './combination.ts'

export interface StoredCombination {
  readonly combination: Combination
  /** At a join with events: whether it has ever found one. At a join with a dimension: whether it is gone, and only its row is remembered. */
  readonly matched: boolean
}

interface CombinationStoreOptions {
  readonly store: WindowStore
  readonly scopes: number
  /** Whose time it is kept by; undefined: nobody's, for ever. */
  readonly timedBy: number | undefined
  /** The scopes that tell combinations apart. */
  readonly identity: readonly number[]
  readonly lifetimes: Lifetimes
}

/**
 * Combinations by the key that they are joined on, as long as they live.
 *
 * Model. A window store: key, time of one member; the value is a list of all combinations of that key and time, for each a byte, 1 where
 * it is matched, and the combination.
 */
export class CombinationStore {
  readonly #options: CombinationStoreOptions
  readonly #writer = new ByteWriter()
  readonly #lists: Buffer[] = []
  readonly #collect = (value: unknown): void => void this.#lists.push(asBuffer(value))

  constructor(options: CombinationStoreOptions) {
    this.#options = options
  }

  /** Those that live. */
  of(key: string): readonly StoredCombination[] {
    const { store, lifetimes } = this.#options
    this.#lists.length = 0
    store.visit(key, { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }, this.#collect)
    if (this.#lists.length === 0) return none
    return this.#lists
      .flatMap((list) => this.#read(list))
      .filter(({ combination }) => lifetimes.isLive(combination))
  }

  find(key: string, combination: Combination): StoredCombination | undefined {
    return this.#at(key, this.#timeOf(combination)).find((entry) => this.#same(entry, combination))
  }

  /** In place of the one that it cannot be told from. What has expired is not kept. */
  put(key: string, entry: StoredCombination): void {
    const { combination } = entry
    if (!this.#options.lifetimes.isLive(combination)) return
    const timeMs = this.#timeOf(combination)
    const list = this.#at(key, timeMs)
    const place = list.findIndex((other) => this.#same(other, combination))
    this.#write(key, timeMs, place < 0 ? [...list, entry] : list.with(place, entry))
  }

  remove(key: string, combination: Combination): void {
    const timeMs = this.#timeOf(combination)
    this.#write(
      key,
      timeMs,
      this.#at(key, timeMs).filter((entry) => !this.#same(entry, combination)),
    )
  }

  #at(key: string, timeMs: number): readonly StoredCombination[] {
    const list = this.#options.store.fetch(key, timeMs)
    return list === undefined ? [] : this.#read(asBuffer(list))
  }

  #write(key: string, timeMs: number, list: readonly StoredCombination[]): void {
    const writer = this.#writer
    writer.reset()
    for (const { combination, matched } of list) {
      writer.writeInt8(matched ? 1 : 0)
      writeCombination(combination, writer)
    }
    this.#options.store.put(key, list.length === 0 ? null : writer.copy(), timeMs, timeMs)
  }

  #read(list: Buffer): readonly StoredCombination[] {
    const entries: StoredCombination[] = []
    for (let at = 0; at < list.length;) {
      const matched = list[at] === 1
      const { combination, end } = readCombination(list, at + 1, this.#options.scopes)
      entries.push({ combination, matched })
      at = end
    }
    return entries
  }

  #same({ combination }: StoredCombination, other: Combination): boolean {
    return this.#options.identity.every((scope) => sameRecord(combination[scope], other[scope]))
  }

  #timeOf(combination: Combination): number {
    const { timedBy } = this.#options
    return timedBy === undefined ? 0 : (combination[timedBy]?.timestampMs ?? 0)
  }
}

const none: readonly StoredCombination[] = []

/** Bytes of a store or a record as a buffer. */
export function asBuffer(value: unknown): Buffer {
  if (value instanceof Buffer) return value
  const bytes = value as Uint8Array
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

import { bucketBytes } from './buckets.ts'
import type { CleanBudget } from './clean-budget.ts'
import type {
  ChangeLogPosition,
  EngineEntry,
  OrderedStore,
  ScanOptions,
  StoreBatch,
  StoreEntries,
  StoreEntry,
} from './contracts.ts'
import { KeyFilter } from './key-filter.ts'

const behindTimes = 0x7fff_ffff
const lowMax = 0xffff_ffff

/**
 * An engine that is not asked for what it cannot have. Most of what a new window or a new key asks for is not there, and it takes an
 * engine on disk some microseconds to say so.
 *
 * Model. All that is written goes through here: where nothing stands when somebody first asks or writes, a filter knows all that comes
 * later. Each time bucket has one of its own, and goes with it; a store without buckets has one. What an earlier process left has none.
 */
export class FilteredStore implements OrderedStore {
  readonly #engine: OrderedStore
  readonly #budget: CleanBudget
  readonly #isBucketed: boolean
  /** By bucket; undefined: something was there, or there was no room for a filter. */
  readonly #filters = new Map<number, KeyFilter | undefined>()

  /** @param options.isBucketed - whether keys begin with a time bucket */
  constructor(engine: OrderedStore, options: { readonly isBucketed: boolean; readonly budget: CleanBudget }) {
    this.#engine = engine
    this.#isBucketed = options.isBucketed
    this.#budget = options.budget
  }

  get entryCount(): number {
    return this.#engine.entryCount
  }

  get sizeBytes(): number {
    return this.#engine.sizeBytes
  }

  get(key: Buffer): Buffer | undefined {
    return this.#filterOf(key)?.mayHave(key) === false ? undefined : this.#engine.get(key)
  }

  write({ entries, position }: StoreBatch): void {
    this.#engine.write({ entries: this.#noted(entries), position })
  }

  position(): ChangeLogPosition | undefined {
    return this.#engine.position()
  }

  range(from: Buffer | undefined, to: Buffer | undefined, options?: ScanOptions): Iterable<EngineEntry> {
    return this.#engine.range(from, to, options)
  }

  drop(from: Buffer | undefined, to: Buffer): void {
    this.#engine.drop(from, to)
    if (from !== undefined || !this.#isBucketed) return
    const end = bucketOf(to)
    for (const bucket of this.#filters.keys()) if (bucket < end) this.#forget(bucket)
  }

  close(): void {
    for (const bucket of this.#filters.keys()) this.#forget(bucket)
    this.#engine.close()
  }

  /** The same entries; each is known before the engine has it. */
  #noted(entries: StoreEntries): StoreEntries {
    const note = (entry: StoreEntry): StoreEntry => {
      // Of a delete, too: what stands in its bucket is looked at before anything changes there, and comes back where the write fails.
      const filter = this.#filterOf(entry.key)
      if (entry.value !== null) filter?.add(entry.key)
      return entry
    }
    return {
      length: entries.length,
      get sorted() {
        return entries.sorted
      },
      ...(entries.repeating === undefined ? {} : { repeating: entries.repeating }),
      at: (index) => {
        const entry = entries.at(index)
        return entry === undefined ? undefined : note(entry)
      },
      *[Symbol.iterator]() {
        for (const entry of entries) yield note(entry)
      },
    }
  }

  #filterOf(key: Buffer): KeyFilter | undefined {
    const bucket = this.#isBucketed ? bucketOf(key) : 0
    const known = this.#filters.get(bucket)
    return known !== undefined || this.#filters.has(bucket) ? known : this.#begin(bucket, key)
  }

  #begin(bucket: number, key: Buffer): KeyFilter | undefined {
    const filter = this.#isEmpty(key) ? KeyFilter.begin(this.#budget) : undefined
    this.#filters.set(bucket, filter)
    return filter
  }

  /** Whether the engine has nothing in the bucket of a key. */
  #isEmpty(key: Buffer): boolean {
    const prefix = this.#isBucketed ? key.subarray(0, bucketBytes) : undefined
    for (const entry of this.#engine.range(prefix, undefined))
      return prefix !== undefined && !entry.key.subarray(0, bucketBytes).equals(prefix)
    return true
  }

  #forget(bucket: number): void {
    this.#filters.get(bucket)?.close()
    this.#filters.delete(bucket)
  }
}

/** Two numbers that no time has stand behind all times: they become the last ones that are exact. */
function bucketOf(key: Buffer): number {
  const high = key.readInt32BE(0)
  const low = key.readUInt32BE(4)
  return high === behindTimes ? Number.MAX_SAFE_INTEGER - (lowMax - low) : high * (lowMax + 1) + low
}

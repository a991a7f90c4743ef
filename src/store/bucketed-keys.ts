/**
 * A store by key over an engine whose keys stand in time buckets: what a time-to-live needs. An entry stands in the bucket of its value's
 * timestamp, and in no other: whoever writes a key takes it out of where it was.
 */
import { bucketPrefix, type Buckets } from './buckets.ts'
import type { EngineEntry, OrderedStore, ScanOptions, StoreEntries, StoreEntry } from './contracts.ts'
import type { StreamTime } from './stream-time.ts'
import { readTimestamp } from './value-coding.ts'

export class BucketedKeys {
  readonly #engine: OrderedStore
  readonly #buckets: Buckets
  readonly #time: StreamTime

  constructor(engine: OrderedStore, buckets: Buckets, time: StreamTime) {
    this.#engine = engine
    this.#buckets = buckets
    this.#time = time
  }

  get entryCount(): number {
    return this.#engine.entryCount
  }

  get(key: Buffer): Buffer | undefined {
    for (const prefix of this.#livePrefixes()) {
      const bytes = this.#engine.get(Buffer.concat([prefix, key]))
      if (bytes !== undefined) return bytes
    }
    return undefined
  }

  /** In the order of keys over all buckets; made in memory. */
  range(from: Buffer | undefined, to: Buffer | undefined, options?: ScanOptions): Iterable<EngineEntry> {
    const entries: EngineEntry[] = []
    for (const prefix of this.#livePrefixes()) {
      const bucket = Number(prefix.readBigInt64BE())
      const first = from === undefined ? prefix : Buffer.concat([prefix, from])
      const end = to === undefined ? bucketPrefix(bucket + 1) : Buffer.concat([prefix, to])
      for (const { key, value } of this.#engine.range(first, end)) {
        entries.push({ key: Buffer.from(key.subarray(prefix.length)), value: Buffer.from(value) })
      }
    }
    const sign = options?.reverse === true ? -1 : 1
    return entries.sort((left, right) => sign * left.key.compare(right.key))
  }

  /** Entries by key, each key once, as the engine has them. */
  toEngine(entries: StoreEntries): StoreEntries {
    const prefixes = this.#livePrefixes()
    const moved: StoreEntry[] = []
    for (const { key, value } of entries) {
      const home = value === null ? -1 : this.#buckets.of(readTimestamp(value))
      for (const prefix of prefixes) {
        const place = Buffer.concat([prefix, key])
        const isHome = Number(prefix.readBigInt64BE()) === home
        if (!isHome && this.#engine.get(place) !== undefined) moved.push({ key: place, value: null })
      }
      if (value !== null) moved.push({ key: Buffer.concat([bucketPrefix(home), key]), value })
    }
    return moved
  }

  /** Of the buckets in which something may stand, the newest first. */
  #livePrefixes(): Buffer[] {
    const prefixes: Buffer[] = []
    const newest = this.#buckets.of(Math.max(0, this.#time.committedMs))
    for (let bucket = newest; bucket >= this.#buckets.oldest; bucket--) {
      prefixes.push(bucketPrefix(bucket))
    }
    return prefixes
  }
}

import { ByteWriter } from '../base/byte-writer.ts'
import type { Buckets } from './buckets.ts'
import type { KeySample, RestoreRecords, StoreEntries, StoreEntry } from './contracts.ts'
import { keyOrder } from './key-order.ts'
import type { StreamTime } from './stream-time.ts'
import type { TimedCoding } from './timed-coding.ts'
import { storedRecords, type ValueCoding } from './value-coding.ts'

interface TimedParts {
  readonly coding: TimedCoding
  readonly values: ValueCoding
  readonly buckets: Buckets
  readonly time: StreamTime
}

/** Change-log records of a store by key and time on their way into its engine. Its memory is kept from one batch to the next. */
export class TimedRestore {
  readonly #parts: TimedParts
  readonly #keys = new ByteWriter()
  readonly #values = new ByteWriter()

  constructor(parts: TimedParts) {
    this.#parts = parts
  }

  /**
   * As the engine has them, without what has expired, until the next call. Stream time goes with them.
   *
   * @param each - told of each key
   */
  entries(records: RestoreRecords, each?: (logged: Buffer) => void): StoreEntries {
    const { coding, values, buckets, time } = this.#parts
    const keys = this.#keys
    keys.reset()
    const places: number[] = []
    const keyEnds: number[] = []
    let place = -1
    for (const { key } of records) {
      place++
      const first = coding.first(key)
      time.observe(first)
      if (coding.isNumbered) time.sequence = coding.second(key)
      if (first < buckets.liveFromMs) continue
      each?.(key)
      coding.writeLogged(key, keys)
      places.push(place)
      keyEnds.push(keys.length)
    }
    const logged = storedRecords(records, values.prefixBytes > 0, this.#values)
    return new TimedEntries(logged, places, { buffer: keys.buffer, ends: keyEnds })
  }
}

/** One behind the other. */
interface PackedKeys {
  readonly buffer: Buffer
  readonly ends: readonly number[]
}

/** Some records with keys of their own: no object lives longer than the engine needs to take it. */
class TimedEntries implements StoreEntries {
  readonly length: number
  readonly repeating?: KeySample
  readonly #logged: StoreEntries
  /** Of the entries, among the records. */
  readonly #places: readonly number[]
  readonly #keys: PackedKeys

  constructor(logged: StoreEntries, places: readonly number[], keys: PackedKeys) {
    this.length = places.length
    this.#logged = logged
    this.#places = places
    this.#keys = keys
    if (logged.repeating !== undefined) this.repeating = sampleOf(logged.repeating, places)
  }

  get sorted(): ArrayLike<number> | undefined {
    return keyOrder(this.#keys.buffer, this.#keys.ends)
  }

  at(index: number): StoreEntry | undefined {
    const place = this.#places[index]
    const logged = place === undefined ? undefined : this.#logged.at(place)
    if (logged === undefined) return undefined
    const { buffer, ends } = this.#keys
    return { key: buffer.subarray(index === 0 ? 0 : ends[index - 1], ends[index]), value: logged.value }
  }

  *[Symbol.iterator](): Generator<StoreEntry> {
    for (let index = 0; index < this.length; index++) yield this.at(index) as StoreEntry
  }
}

/** What is left of a sample where only some records are. */
function sampleOf({ every, sample }: KeySample, places: readonly number[]): KeySample {
  const sampled = new Set(sample)
  return { every, sample: [...places.keys()].filter((index) => sampled.has(places[index] as number)) }
}

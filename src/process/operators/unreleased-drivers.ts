import type { Counter } from '../../base/metrics.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import type { TaskContext } from '../processor.ts'
import type { Member } from './combination.ts'

interface UnreleasedOptions {
  readonly store: KeyValueStore
  readonly timeToLiveMs: number
  readonly context: TaskContext
  /** Of those that have expired. */
  readonly expired: Counter
}

/** So many keys are held at once while those that have expired are removed. */
const keysMax = 1_000
const timeDigits = 16
/** Behind all keys of one time. */
const last = '~'

/**
 * The driver's records of which nothing has gone out yet, until they have expired: then they are counted.
 *
 * Model. A store key is the time in digits, the partition and the offset, so that keys stand in the order of time.
 */
export class UnreleasedDrivers {
  readonly #options: UnreleasedOptions
  /** Nothing has expired before this time: the first key's, or earlier. */
  #dueMs = 0

  constructor(options: UnreleasedOptions) {
    this.#options = options
  }

  add(driver: Member): void {
    const dueMs = driver.timestampMs + this.#options.timeToLiveMs
    if (dueMs < this.#dueMs) this.#dueMs = dueMs
    this.#options.store.putIfAbsent(keyOf(driver), present, driver.timestampMs)
  }

  remove(driver: Member): void {
    const { store } = this.#options
    const key = keyOf(driver)
    if (store.get(key) !== undefined) store.delete(key, driver.timestampMs)
  }

  /** Counts and forgets what has expired. */
  expire(): void {
    const { store, context, expired } = this.#options
    while (context.streamTimeMs >= this.#dueMs) {
      const keys = this.#expired()
      for (const key of keys) store.delete(key, context.streamTimeMs)
      expired.value += keys.length
      if (keys.length < keysMax) return
    }
  }

  /** The first ones that have expired; also finds out when the next one will. */
  #expired(): readonly string[] {
    const { store, timeToLiveMs, context } = this.#options
    const keys: string[] = []
    this.#dueMs = Number.POSITIVE_INFINITY
    for (const [key] of store.range('', last)) {
      const dueMs = Number(String(key).slice(0, timeDigits)) + timeToLiveMs
      if (dueMs > context.streamTimeMs || keys.length === keysMax) {
        this.#dueMs = dueMs
        break
      }
      keys.push(String(key))
    }
    return keys
  }
}

function keyOf({ timestampMs, partition, offset }: Member): string {
  return `${String(timestampMs).padStart(timeDigits, '0')} ${partition} ${offset}`
}

const present = Buffer.of(1)

import { ownHeaders, type Headers } from '../../base/headers.ts'
import { detach } from '../../data/lazy.ts'
import type { KeptEntry, StoreKeyIdentity } from '../../store/contracts.ts'
import { Change, StreamRecord, type Processor } from '../processor.ts'

/** What is needed of a store that keeps the results, whatever its keys are. */
export interface KeptRows {
  readonly caching: boolean
  identity(key: unknown): StoreKeyIdentity
}

/** What goes on at the next flush. */
interface Waiting {
  readonly entry: KeptEntry
  readonly key: unknown
  /** The value before the first update since the last flush. */
  readonly oldValue: unknown
  timestampMs: number
  headers: Headers | undefined
  /** Its place in the order. */
  at: number
}

/** Places left free in the order are given up beyond these many for each that waits. */
const freePlacesMax = 2
const freePlacesAllowed = 1000

/**
 * Passes a table's updates on: at once, or where its store is caching, once per key at the flush before a commit. What waits hangs on the
 * store's entry, which has the newest value; it is bounded by the store's dirty entries, whose bound makes the task commit.
 */
export class TableOutput {
  readonly #store: KeptRows
  readonly #next: Processor
  readonly #record = new StreamRecord()
  readonly #change = new Change(null, null)
  /** By their last update; one that is updated again leaves its place free. */
  #order: (Waiting | undefined)[] = []
  #count = 0
  /** Entries that the store did not take, by key: they go on all the same. */
  readonly #refused = new Map<StoreKeyIdentity, RefusedEntry>()

  constructor(store: KeptRows, next: Processor) {
    this.#store = store
    this.#next = next
    this.#record.value = this.#change
  }

  /** @param cause - gives key and headers @param entry - what the store has now */
  emit(cause: StreamRecord, entry: KeptEntry, oldValue: unknown): void {
    const { value } = entry
    const timestampMs = entry.timestampMs ?? cause.timestampMs
    if (this.#store.caching) {
      // A cache keeps a time with each value; a tombstone has that of the record that brought it.
      this.#wait(cause, entry, { oldValue, timestampMs: value === null ? cause.timestampMs : timestampMs })
      return
    }
    const record = this.#record
    record.key = cause.key
    record.headers = cause.headers
    record.timestampMs = timestampMs
    this.#forward(oldValue, value)
  }

  flush(): void {
    if (this.#count === 0) return
    const order = this.#order
    this.#order = []
    this.#count = 0
    const record = this.#record
    for (const waiting of order) {
      if (waiting === undefined) continue
      const { entry, key, oldValue, timestampMs, headers } = waiting
      entry.waiting = undefined
      record.key = key
      record.headers = headers
      record.timestampMs = timestampMs
      // What came and went between two flushes was never seen downstream.
      if (oldValue !== null || entry.value !== null) this.#forward(oldValue, entry.value)
    }
    this.#refused.clear()
  }

  /** The entry of a value that the store did not take, since its window is no longer kept. */
  refused(key: unknown, value: unknown, timestampMs: number): KeptEntry {
    const identity = this.#store.identity(key)
    const entry = this.#refused.get(identity) ?? new RefusedEntry()
    entry.value = detach(value)
    entry.timestampMs = timestampMs
    if (this.#store.caching) this.#refused.set(identity, entry)
    return entry
  }

  #wait(cause: StreamRecord, entry: KeptEntry, update: Pick<Waiting, 'oldValue' | 'timestampMs'>): void {
    const headers = ownHeaders(cause.headers)
    const { timestampMs } = update
    // What was written last goes on last, as from Kafka Streams' cache.
    const at = this.#order.length
    const known = entry.waiting as Waiting | undefined
    if (known === undefined) {
      const waiting = { entry, key: detach(cause.key), oldValue: update.oldValue, timestampMs, headers, at }
      entry.waiting = waiting
      this.#order.push(waiting)
      this.#count++
      return
    }
    this.#order[known.at] = undefined
    known.timestampMs = timestampMs
    known.headers = headers
    known.at = at
    this.#order.push(known)
    if (at > freePlacesAllowed + this.#count * (1 + freePlacesMax)) this.#closeUp()
  }

  #closeUp(): void {
    this.#order = this.#order.filter((waiting) => waiting !== undefined)
    for (const [at, waiting] of this.#order.entries()) if (waiting !== undefined) waiting.at = at
  }

  #forward(oldValue: unknown, newValue: unknown): void {
    this.#change.oldValue = oldValue
    this.#change.newValue = newValue
    this.#next.process(this.#record)
  }
}

class RefusedEntry implements KeptEntry {
  value: unknown = null
  timestampMs: number | undefined = undefined
  waiting: unknown = undefined
}

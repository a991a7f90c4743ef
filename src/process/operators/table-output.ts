import { ownHeaders, type Headers } from '../../base/headers.ts'
import { detach } from '../../data/lazy.ts'
import type { StoreKeyIdentity } from '../../store/contracts.ts'
import { Change, StreamRecord, type Processor } from '../processor.ts'

/** What is needed of a store that keeps the results, whatever its keys are. */
export interface KeptRows {
  readonly caching: boolean
  identity(key: unknown): StoreKeyIdentity
  /** Undefined where there is no row. */
  get(key: unknown): unknown
}

interface Pending {
  readonly key: unknown
  /** The value before the first update since the last flush. */
  readonly oldValue: unknown
  timestampMs: number
  headers: Headers | undefined
}

/**
 * Passes a table's updates on: at once, or where its store is caching, once per key at the flush before a commit. What waits is
 * bounded by the store's dirty entries, whose bound makes the task commit.
 */
export class TableOutput {
  readonly #store: KeptRows
  readonly #next: Processor
  readonly #record = new StreamRecord()
  readonly #change = new Change(null, null)
  #pending = new Map<StoreKeyIdentity, Pending>()
  readonly #refused = new Map<StoreKeyIdentity, unknown>()

  constructor(store: KeptRows, next: Processor) {
    this.#store = store
    this.#next = next
    this.#record.value = this.#change
  }

  /** The store has the new value already. @param cause - gives key and headers */
  emit(cause: StreamRecord, oldValue: unknown, newValue: unknown, timestampMs: number): void {
    if (this.#store.caching) {
      // A cache keeps a time with each value; a tombstone has that of the record that brought it.
      this.#wait(cause, oldValue, newValue === null ? cause.timestampMs : timestampMs)
      return
    }
    const record = this.#record
    record.key = cause.key
    record.headers = cause.headers
    record.timestampMs = timestampMs
    this.#forward(oldValue, newValue)
  }

  flush(): void {
    if (this.#pending.size === 0) return
    const pending = this.#pending
    this.#pending = new Map()
    const record = this.#record
    for (const [identity, { key, oldValue, timestampMs, headers }] of pending) {
      record.key = key
      record.headers = headers
      record.timestampMs = timestampMs
      const newValue = this.#store.get(key) ?? this.#refused.get(identity) ?? null
      // What came and went between two flushes was never seen downstream.
      if (oldValue !== null || newValue !== null) this.#forward(oldValue, newValue)
    }
    this.#refused.clear()
  }

  /** The store did not take a value, since its window is no longer kept: it goes on all the same. */
  refused(key: unknown, newValue: unknown): void {
    if (this.#store.caching) this.#refused.set(this.#store.identity(key), detach(newValue))
  }

  #wait(cause: StreamRecord, oldValue: unknown, timestampMs: number): void {
    const identity = this.#store.identity(cause.key)
    const headers = ownHeaders(cause.headers)
    const waiting = this.#pending.get(identity)
    if (waiting === undefined) {
      this.#pending.set(identity, { key: detach(cause.key), oldValue, timestampMs, headers })
      return
    }
    waiting.timestampMs = timestampMs
    waiting.headers = headers
    // What was written last goes on last, as from Kafka Streams' cache.
    this.#pending.delete(identity)
    this.#pending.set(identity, waiting)
  }

  #forward(oldValue: unknown, newValue: unknown): void {
    this.#change.oldValue = oldValue
    this.#change.newValue = newValue
    this.#next.process(this.#record)
  }
}

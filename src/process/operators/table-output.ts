import { ownHeaders, type Headers } from '../../base/headers.ts'
import { detach } from '../../data/lazy.ts'
import type { KeyValueStore, StoreKeyIdentity } from '../../store/contracts.ts'
import { Change, StreamRecord, type Processor } from '../processor.ts'

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
  readonly #store: KeyValueStore
  readonly #next: Processor
  readonly #record = new StreamRecord()
  readonly #change = new Change(null, null)
  #pending = new Map<StoreKeyIdentity, Pending>()

  constructor(store: KeyValueStore, next: Processor) {
    this.#store = store
    this.#next = next
    this.#record.value = this.#change
  }

  /** The store has the new value already. @param cause - gives key and headers */
  emit(cause: StreamRecord, oldValue: unknown, newValue: unknown, timestampMs: number): void {
    if (this.#store.caching) {
      this.#wait(cause, oldValue, timestampMs)
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
    for (const { key, oldValue, timestampMs, headers } of pending.values()) {
      record.key = key
      record.headers = headers
      record.timestampMs = timestampMs
      this.#forward(oldValue, this.#store.get(key) ?? null)
    }
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
  }

  #forward(oldValue: unknown, newValue: unknown): void {
    this.#change.oldValue = oldValue
    this.#change.newValue = newValue
    this.#next.process(this.#record)
  }
}

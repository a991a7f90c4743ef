import type { KeyValueStore } from '../../store/contracts.ts'
import { Change, StreamRecord, type Processor } from '../processor.ts'
import { TableOutput } from './table-output.ts'

/** Where a table operator's results go: into its store if it has one, and downstream. */
export class TableResult {
  readonly #store: KeyValueStore | undefined
  readonly #output: TableOutput | undefined
  readonly #next: Processor
  readonly #record = new StreamRecord()
  readonly #change = new Change(null, null)

  constructor(store: KeyValueStore | undefined, next: Processor) {
    this.#store = store
    this.#output = store === undefined ? undefined : new TableOutput(store, next)
    this.#next = next
    this.#record.value = this.#change
  }

  /** Whether what was there before is known without computing it. */
  get kept(): boolean {
    return this.#store !== undefined
  }

  /** What the store has for a key, null without store or row. */
  before(key: unknown): unknown {
    return this.#store?.get(key) ?? null
  }

  /** @param cause - gives key and headers */
  put(cause: StreamRecord, oldValue: unknown, newValue: unknown, timestampMs = cause.timestampMs): void {
    const record = this.#record
    record.key = cause.key
    record.timestampMs = timestampMs
    record.headers = cause.headers
    if (this.#store === undefined || this.#output === undefined) {
      this.#change.oldValue = oldValue
      this.#change.newValue = newValue
      this.#change.isLatest = !(cause.value instanceof Change) || cause.value.isLatest
      this.#next.process(record)
      return
    }
    // What goes on at a flush is told from what the store had before, whatever the operator computed.
    const before = this.#store.caching ? this.before(cause.key) : oldValue
    const kept = this.#store.put(cause.key, newValue, timestampMs)
    // Here a result has one time, deleted or not: the caching store of a join tells of a tombstone with that of both sides.
    this.#output.emit(record, kept ?? this.#output.refused(cause.key, newValue, timestampMs), before)
  }

  flush(): void {
    this.#output?.flush()
  }
}

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

  /** @returns false where the store shows that nothing changed: null before and after */
  put(cause: StreamRecord, newValue: unknown): boolean {
    if (this.#store === undefined || this.#output === undefined) {
      this.#forward(cause, newValue)
      return true
    }
    const oldValue = this.#store.get(cause.key) ?? null
    if (oldValue === null && newValue === null) return false
    this.#store.put(cause.key, newValue, cause.timestampMs)
    this.#output.emit(cause, oldValue, newValue, cause.timestampMs)
    return true
  }

  flush(): void {
    this.#output?.flush()
  }

  #forward(cause: StreamRecord, newValue: unknown): void {
    const record = this.#record
    record.key = cause.key
    record.timestampMs = cause.timestampMs
    record.headers = cause.headers
    this.#change.newValue = newValue
    this.#next.process(record)
  }
}

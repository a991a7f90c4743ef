import type { Counter, Metrics } from '../../base/metrics.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import type { NodeId } from '../../topology/topology.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { dropCounter } from './node-counters.ts'
import { discard } from './outlet.ts'
import { TableOutput } from './table-output.ts'

interface TableWriterOptions {
  readonly node: NodeId
  readonly store: KeyValueStore
  readonly metrics: Metrics
  readonly next: Processor
}

/**
 * Keeps the newest value per key and emits the changes: the second half of a table source, and `toTable`. A null key is left
 * out, a null value deletes; a record older than the stored one still replaces it, as in Kafka Streams.
 */
export class TableWriter implements Processor {
  readonly #store: KeyValueStore
  readonly #output: TableOutput
  readonly #nullKeys: Counter
  /** Without children nobody asks what the value was. */
  readonly #emits: boolean

  constructor({ node, store, metrics, next }: TableWriterOptions) {
    this.#store = store
    this.#output = new TableOutput(store, next)
    this.#nullKeys = dropCounter(metrics, node, 'null-key')
    this.#emits = next !== discard
  }

  process(record: StreamRecord): void {
    const { key, value, timestampMs } = record
    if (key === null) {
      this.#nullKeys.value++
      return
    }
    const oldValue = this.#emits ? (this.#store.get(key) ?? null) : null
    this.#store.put(key, value, timestampMs)
    if (this.#emits) this.#output.emit(record, oldValue, value, timestampMs)
  }

  flush(): void {
    this.#output.flush()
  }
}

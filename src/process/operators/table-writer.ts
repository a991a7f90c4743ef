import type { KeyValueStore } from '../../store/contracts.ts'
import type { TableSourceNode, ToTableNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { drops, type Drops } from './node-counters.ts'
import { discard } from './outlet.ts'
import { TableResult } from './table-result.ts'

/**
 * Keeps the newest value per key and emits the changes: the second half of a table source, and `toTable`. A null key is left
 * out, a null value deletes; a record older than the stored one still replaces it, as in Kafka Streams. Without a store, which is where
 * nothing reads its rows, changes do not say what a row was.
 */
export class TableWriter implements Processor {
  readonly #store: KeyValueStore | undefined
  readonly #result: TableResult
  readonly #nullKeys: Drops
  /** Without children nobody asks what the value was. */
  readonly #emits: boolean

  constructor(node: TableSourceNode | ToTableNode, env: ProcessEnvironment, next: Processor) {
    this.#store = node.store === undefined ? undefined : env.store(node.store)
    this.#result = new TableResult(this.#store, next)
    this.#nullKeys = drops(env, node.id, 'null-key')
    this.#emits = next !== discard
  }

  process(record: StreamRecord): void {
    const { key, value, timestampMs } = record
    if (key === null) {
      this.#nullKeys.count()
      return
    }
    if (this.#emits) this.#result.put(record, this.#result.before(key), value)
    else this.#store?.put(key, value, timestampMs)
  }

  flush(): void {
    this.#result.flush()
  }
}

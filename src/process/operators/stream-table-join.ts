import type { GlobalJoinNode, StreamTableJoinNode } from '../../topology/stream-table-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import type { TableView } from './table-view.ts'
import { UserFunction } from './user-function.ts'

/**
 * Joins each record of a stream with what a table has for its key at that moment, or if it keeps versions, had at the record's time; the
 * result has the stream's timestamp.
 *
 * A record without value is left out, and one without a key to look up too, but for left joins: they join it with nothing.
 */
export class StreamTableJoin implements Processor {
  readonly #table: TableView
  /** Finds the key to look up; undefined: the record's key. */
  readonly #mapper: UserFunction | undefined
  readonly #joiner: UserFunction
  readonly #left: boolean
  readonly #maxAgeMs: number
  readonly #next: Processor
  readonly #dropped: Drops
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(
    node: StreamTableJoinNode | GlobalJoinNode,
    env: ProcessEnvironment,
    { table, next }: { readonly table: TableView; readonly next: Processor },
  ) {
    this.#table = table
    this.#mapper = node.kind === 'global-join' ? new UserFunction(node.mapper, node.id, env) : undefined
    this.#joiner = new UserFunction(node.joiner, node.id, env)
    this.#left = node.type === 'left'
    this.#maxAgeMs = node.kind === 'stream-table-join' ? (node.maxAgeMs ?? Infinity) : Infinity
    this.#next = next
    this.#dropped = drops(env, node.id, 'null-key-or-value')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key, value } = record
    const lookUp = value === null ? null : this.#keyOf(key, value)
    if (value === null || (lookUp === null && !this.#left)) {
      this.#dropped.count()
      return
    }
    const found = lookUp === null ? null : this.#find(lookUp, record.timestampMs)
    if (found === null && !this.#left) return
    const out = this.#out
    out.key = key
    out.value = this.#joiner.call3(key, value, found)
    out.timestampMs = record.timestampMs
    out.headers = record.headers
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }

  #find(key: unknown, timestampMs: number): unknown {
    const table = this.#table
    const row = table.findAsOf === undefined ? table.find(key) : table.findAsOf(key, timestampMs)
    return row === undefined || timestampMs - row.timestampMs > this.#maxAgeMs ? null : row.value
  }

  #keyOf(key: unknown, value: unknown): unknown {
    return this.#mapper === undefined ? key : this.#mapper.call2(key, value)
  }
}

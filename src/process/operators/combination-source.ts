import type { Counter } from '../../base/metrics.ts'
import { materialize } from '../../data/lazy.ts'
import type { Row, SlicedRow } from '../../data/row.ts'
import type { DataType } from '../../data/types.ts'
import type { CombinationNode } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { keyAsColumn } from '../key-column.ts'
import type { Processor, StreamRecord, TaskContext } from '../processor.ts'
import type { Member } from './combination.ts'
import { CombinationOutlet } from './combination-outlet.ts'
import { keyText } from './join-key.ts'
import { dropCounter, nodeCounters, type NodeCounters } from './node-counters.ts'

/**
 * Where the records of a topic enter a join by time-to-live. A driver's record without join key goes on under its own; another table's
 * can match nothing. A tombstone removes a dimension's row, whose key is then the record key.
 */
export class CombinationSource implements Processor {
  readonly #scope: number
  readonly #rows: (Row | undefined)[]
  readonly #members: (Member | undefined)[]
  readonly #context: TaskContext
  readonly #outlet: CombinationOutlet
  readonly #dimension: boolean
  /** Of the one column that a tombstone's key stands for. */
  readonly #keyType: DataType | undefined
  readonly #nullKeys: Counter
  readonly #nullValues: Counter
  readonly #lostTombstones: Counter
  readonly #counters: NodeCounters

  constructor(node: CombinationNode, env: ProcessEnvironment, next: Processor) {
    const { id, scope, tables, joinKey } = node
    this.#scope = scope
    this.#rows = Array.from({ length: tables.length })
    this.#members = Array.from({ length: tables.length })
    this.#context = env.context
    this.#outlet = new CombinationOutlet({ node: id, key: joinKey, rowsOf: () => this.#rows, env, next })
    this.#dimension = tables[scope]?.role === 'dimension'
    this.#keyType = joinKey.length === 1 ? joinKey[0]?.type : undefined
    this.#nullKeys = dropCounter(env.metrics, id, 'null-key')
    this.#nullValues = dropCounter(env.metrics, id, 'null-value')
    this.#lostTombstones = dropCounter(env.metrics, id, 'no-single-index')
    this.#counters = nodeCounters(env.metrics, id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    if (record.value !== null) this.#enter(record)
    else if (this.#dimension) this.#removeRow(record)
    else this.#nullValues.value++
  }

  #enter(record: StreamRecord): void {
    const row = record.value as SlicedRow
    const { partition, offset } = this.#context
    this.#rows[this.#scope] = row
    this.#members[this.#scope] = {
      partition,
      offset,
      timestampMs: record.timestampMs,
      value: row.buffer.subarray(row.start, row.end),
    }
    if (this.#scope === 0) this.#outlet.put(this.#members)
    else if (!this.#outlet.putKeyed(this.#members)) this.#nullKeys.value++
  }

  #removeRow(record: StreamRecord): void {
    if (this.#keyType === undefined) this.#lostTombstones.value++
    else if (record.key === null) this.#nullKeys.value++
    else {
      const key = keyText([keyAsColumn(materialize(record.key), this.#keyType)])
      this.#outlet.removeKey(key, this.#members.length, record.timestampMs)
    }
  }
}

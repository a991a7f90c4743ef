import type { LookupJoinNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { JoinedRows, joinedRows } from './joined-rows.ts'
import { LookUpTable } from './look-up.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'

/**
 * SQL's join with a dimension as a look-up. Hot path: no allocation but what the found row decodes.
 *
 * A tombstone of the driver is left out. While the children run, the record's value is the joined rows; afterwards it is what it was.
 */
export class LookupJoin implements Processor {
  readonly #table: LookUpTable
  readonly #own: JoinedRows
  readonly #next: Processor
  readonly #dropped: Drops
  readonly #counters: NodeCounters

  constructor(node: LookupJoinNode, env: ProcessEnvironment, next: Processor) {
    this.#table = new LookUpTable(node, env, `It was computed by join "${node.id}".`)
    this.#own = new JoinedRows(node.scope + 1)
    this.#next = next
    this.#dropped = drops(env, node.id, 'null-value')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const joined = joinedRows(record, this.#own)
    if (joined === undefined) {
      this.#dropped.count()
      return
    }
    if (!this.#table.find(joined.rows)) return
    this.#counters.recordsOut.value++
    const before = record.value
    record.value = joined
    this.#next.process(record)
    record.value = before
  }
}

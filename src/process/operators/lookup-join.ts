import { addDetail, toStreamError } from '../../base/errors.ts'
import type { Counter } from '../../base/metrics.ts'
import type { Row } from '../../data/row.ts'
import { compileExpr, type Evaluate } from '../../expr/compile.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import type { LookupJoinNode, NodeId } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { JoinedRows, joinedRows } from './joined-rows.ts'
import { dropCounter, nodeCounters, type NodeCounters } from './node-counters.ts'

/**
 * SQL's join with a dimension as a look-up. Hot path: no allocation but what the found row decodes; a hit is one look-up in a map.
 *
 * A tombstone of the driver is left out. While the children run, the record's value is the joined rows; afterwards it is what it was.
 */
export class LookupJoin implements Processor {
  readonly #id: NodeId
  readonly #table: KeyValueStore
  readonly #key: (rows: readonly (Row | undefined)[]) => unknown
  readonly #residual: Evaluate | undefined
  readonly #left: boolean
  readonly #scope: number
  readonly #own: JoinedRows
  readonly #next: Processor
  readonly #dropped: Counter
  readonly #counters: NodeCounters

  constructor(node: LookupJoinNode, env: ProcessEnvironment, next: Processor) {
    const { clock } = env.context
    this.#id = node.id
    this.#table = env.globalStore(node.table)
    this.#key = keyOf(node.key.map((part) => compileExpr(part, clock)))
    this.#residual = node.residual === undefined ? undefined : compileExpr(node.residual, clock)
    this.#left = node.type === 'left'
    this.#scope = node.scope
    this.#own = new JoinedRows(node.scope + 1)
    this.#next = next
    this.#dropped = dropCounter(env.metrics, node.id, 'null-value')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const joined = joinedRows(record, this.#own)
    if (joined === undefined) {
      this.#dropped.value++
      return
    }
    const rows = joined.rows
    if (!this.#find(rows) && !this.#left) return
    this.#counters.recordsOut.value++
    const before = record.value
    record.value = joined
    this.#next.process(record)
    record.value = before
  }

  /** Puts the partner into its scope, `undefined` where there is none. */
  #find(rows: (Row | undefined)[]): boolean {
    const scope = this.#scope
    try {
      const key = this.#key(rows)
      rows[scope] = key === null ? undefined : (this.#table.get(key) as Row | undefined)
      if (rows[scope] === undefined) return false
      if (this.#residual === undefined || this.#residual(rows) === true) return true
    } catch (error) {
      throw addDetail(toStreamError(error), `It was computed by join "${this.#id}".`)
    }
    rows[scope] = undefined
    return false
  }
}

/** NULL in any part makes the whole key null. One array serves all records. */
function keyOf(parts: readonly Evaluate[]): Evaluate {
  const [first] = parts
  if (first !== undefined && parts.length === 1) return first
  const values: unknown[] = parts.map(() => null)
  return (rows) => {
    for (let index = 0; index < parts.length; index++) {
      const value = (parts[index] as Evaluate)(rows)
      if (value === null) return null
      values[index] = value
    }
    return values
  }
}

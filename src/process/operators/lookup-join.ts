import type { Clock } from '../../base/clock.ts'
import type { Counter } from '../../base/metrics.ts'
import { cellKind, SlicedRow, type Row } from '../../data/row.ts'
import type { Expr } from '../../expr/expr.ts'
import { compileExpr, type Evaluate } from '../../expr/compile.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import type { LookupJoinNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { expressionFailure } from './expression-failure.ts'
import { JoinedRows, joinedRows } from './joined-rows.ts'
import { dropCounter, nodeCounters, type NodeCounters } from './node-counters.ts'

interface TextColumn {
  readonly scope: number
  readonly index: number
}

/**
 * SQL's join with a dimension as a look-up. Hot path: no allocation but what the found row decodes; a hit is one look-up in a map.
 *
 * A tombstone of the driver is left out. While the children run, the record's value is the joined rows; afterwards it is what it was.
 */
export class LookupJoin implements Processor {
  readonly #node: LookupJoinNode
  readonly #table: KeyValueStore
  readonly #key: (rows: readonly (Row | undefined)[]) => unknown
  readonly #textKey: TextColumn | undefined
  readonly #residual: Evaluate | undefined
  readonly #left: boolean
  readonly #scope: number
  readonly #own: JoinedRows
  readonly #clock: Clock
  readonly #next: Processor
  readonly #dropped: Counter
  readonly #counters: NodeCounters

  constructor(node: LookupJoinNode, env: ProcessEnvironment, next: Processor) {
    const { clock } = env.context
    this.#node = node
    this.#clock = clock
    this.#table = env.globalStore(node.table)
    this.#key = keyOf(node.key.map((part) => compileExpr(part, clock)))
    this.#textKey = textColumn(node.key)
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

  /** A key that is plain text in its record is looked up by its bytes. */
  #partner(rows: readonly (Row | undefined)[]): Row | undefined {
    const column = this.#textKey
    if (column !== undefined) {
      const row = rows[column.scope]
      if (row instanceof SlicedRow && row.kinds[column.index] === cellKind.text) {
        const start = (row.starts[column.index] as number) + 1
        return this.#table.getText(row.buffer, start, (row.ends[column.index] as number) - 1) as
          | Row
          | undefined
      }
    }
    const key = this.#key(rows)
    return key === null ? undefined : (this.#table.get(key) as Row | undefined)
  }

  /** Puts the partner into its scope, `undefined` where there is none. */
  #find(rows: (Row | undefined)[]): boolean {
    const scope = this.#scope
    try {
      rows[scope] = this.#partner(rows)
      if (rows[scope] === undefined) return false
      if (this.#residual === undefined || this.#residual(rows) === true) return true
    } catch (error) {
      const { id, key, residual } = this.#node
      const exprs = residual === undefined ? key : [...key, residual]
      throw expressionFailure(error, {
        exprs,
        rows,
        clock: this.#clock,
        by: `It was computed by join "${id}".`,
      })
    }
    rows[scope] = undefined
    return false
  }
}

/** The one column that a key is, where it is a column of text. */
function textColumn([part, ...more]: readonly Expr[]): TextColumn | undefined {
  return part?.kind === 'column' && part.type.kind === 'string' && more.length === 0 ? part : undefined
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

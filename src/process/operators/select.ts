import type { Clock } from '../../base/clock.ts'
import { cellKind, SlicedRow, type Row } from '../../data/row.ts'
import { SelectedRow, type SelectedColumn } from '../../data/selected-row.ts'
import { TextSlice } from '../../data/text-slice.ts'
import { compileExpr, type Evaluate } from '../../expr/compile.ts'
import type { SelectNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import { expressionFailure } from './expression-failure.ts'
import { JoinedRows, joinedRows } from './joined-rows.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'

/** SQL's WHERE and SELECT. One selected row serves all records; columns that pass through are not decoded. */
export class Select implements Processor {
  readonly #node: SelectNode
  readonly #where: Evaluate | undefined
  readonly #cells: readonly Evaluate[]
  readonly #keyColumn: SelectedColumn | undefined
  readonly #keySlice = new TextSlice()
  readonly #selected: SelectedRow
  readonly #clock: Clock
  readonly #own = new JoinedRows(1)
  readonly #next: Processor
  readonly #dropped: Drops
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(node: SelectNode, env: ProcessEnvironment, next: Processor) {
    const { clock } = env.context
    this.#node = node
    this.#clock = clock
    this.#where = node.where === undefined ? undefined : compileExpr(node.where, clock)
    this.#cells = node.cells.map((cell) => compileExpr(cell, clock))
    this.#keyColumn = node.keyColumn === undefined ? undefined : node.layout.columns[node.keyColumn]
    this.#selected = new SelectedRow(node.layout, this.#own.rows, node.cells.length)
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
    const rows = joined.rows
    if (!this.#fill(rows)) return
    const out = this.#out
    out.key = this.#keyColumn === undefined ? null : this.#keyOf(this.#keyColumn)
    out.value = this.#selected
    out.timestampMs = record.timestampMs
    out.headers = record.headers
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }

  /** Text that passes through as it came goes on as bytes. */
  #keyOf(column: SelectedColumn): TextSlice | string | null {
    const row = column.from === 'row' ? this.#selected.rows[column.scope] : undefined
    if (!(row instanceof SlicedRow) || row.kinds[column.index] !== cellKind.text)
      return keyText(this.#selected.value(column))
    const key = this.#keySlice
    key.buffer = row.buffer
    key.start = (row.starts[column.index] as number) + 1
    key.end = (row.ends[column.index] as number) - 1
    return key
  }

  /** @returns false where the condition is not TRUE */
  #fill(rows: readonly (Row | undefined)[]): boolean {
    const selected = this.#selected
    try {
      if (this.#where !== undefined && this.#where(rows) !== true) return false
      selected.rows = rows
      for (let index = 0; index < this.#cells.length; index++) {
        selected.cells[index] = (this.#cells[index] as Evaluate)(rows)
      }
      return true
    } catch (error) {
      const { id, where, cells } = this.#node
      const exprs = where === undefined ? cells : [where, ...cells]
      throw expressionFailure(error, {
        exprs,
        rows,
        clock: this.#clock,
        by: `It was computed by query operator "${id}".`,
      })
    }
  }
}

/** A record key as text: strings as they are, whole numbers in decimal; NULL is no key. */
function keyText(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return null
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}

import { Lazy } from './lazy.ts'
import type { Column } from './types.ts'
import type { Row } from './row.ts'

/** Where an output column comes from: a column of one of the joined rows, or a computed cell. */
export type SelectedColumn = Column & (FromRow | { readonly from: 'cell'; readonly index: number })

interface FromRow {
  readonly from: 'row'
  readonly scope: number
  readonly index: number
  /** The column's name in its row, by which an encoder knows whether the name can be copied too. */
  readonly sourceName: string
}

/** The output columns of a query, in order. One object per query: encoders keep what they compile from it by identity. */
export interface SelectedLayout {
  readonly columns: readonly SelectedColumn[]
}

/**
 * One row of a query's result: the input rows it was made of, and the cells that had to be computed. Columns that only
 * pass through are never decoded: an encoder of the same format copies their bytes. Reused from record to record.
 */
export class SelectedRow extends Lazy {
  readonly layout: SelectedLayout
  /** By scope: 0 is the driver; `undefined` where an outer join found no partner. */
  rows: readonly (Row | undefined)[]
  readonly cells: unknown[]

  constructor(layout: SelectedLayout, rows: readonly (Row | undefined)[], cellCount: number) {
    super()
    this.layout = layout
    this.rows = rows
    this.cells = Array.from<unknown>({ length: cellCount }).fill(null)
  }

  /** The value of output column `column`, `null` for NULL. */
  value(column: SelectedColumn): unknown {
    if (column.from === 'cell') return this.cells[column.index]
    return this.rows[column.scope]?.get(column.index) ?? null
  }

  materialize(): Record<string, unknown> {
    return Object.fromEntries(this.layout.columns.map((column) => [column.name, this.value(column)]))
  }

  detach(): SelectedRow {
    const copy = new SelectedRow(
      this.layout,
      this.rows.map((row) => row?.detach()),
      this.cells.length,
    )
    this.cells.forEach((cell, index) => (copy.cells[index] = cell))
    return copy
  }
}

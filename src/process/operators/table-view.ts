import type { KeyValueStore } from '../../store/contracts.ts'

/** A row of a table. One object a view, filled anew by each look-up. */
export interface FoundRow {
  value: unknown
  timestampMs: number
}

/** A table's rows as of now, as joins look them up: from a store, or computed from the rows of the tables behind it. */
export interface TableView {
  /** Valid until the next look-up in this view; undefined where there is no row. */
  find(key: unknown): FoundRow | undefined
}

/** The time of a row that there is no record for. */
export const unknownMs = -1

export function storeView(store: KeyValueStore): TableView {
  const row = newRow()
  return {
    find: (key) => {
      const value = store.get(key)
      return value === undefined ? undefined : fill(row, value, store.timestampMs(key) ?? unknownMs)
    },
  }
}

export function newRow(): FoundRow {
  return { value: null, timestampMs: unknownMs }
}

/** @returns the row, or undefined where the value is null: that is no row */
export function fill(row: FoundRow, value: unknown, timestampMs: number): FoundRow | undefined {
  row.value = value
  row.timestampMs = timestampMs
  return value === null ? undefined : row
}

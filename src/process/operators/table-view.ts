import type { KeyValueStore, VersionedRecord, VersionedStore } from '../../store/contracts.ts'

/** A row of a table. One object a view, filled anew by each look-up. */
export interface FoundRow {
  value: unknown
  timestampMs: number
}

/** A table's rows as of now, as joins look them up: from a store, or computed from the rows of the tables behind it. */
export interface TableView {
  /** Valid until the next look-up in this view; undefined where there is no row. */
  find(key: unknown): FoundRow | undefined
  /** The row as it was at a time. Undefined where the table keeps no versions. */
  readonly findAsOf?: ((key: unknown, asOfMs: number) => FoundRow | undefined) | undefined
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

export function versionedView(store: VersionedStore): TableView {
  const row = newRow()
  const found = (version: VersionedRecord | undefined): FoundRow | undefined =>
    version === undefined ? undefined : fill(row, version.value, version.timestampMs)
  return {
    find: (key) => found(store.get(key)),
    findAsOf: (key, asOfMs) => found(store.getAsOf(key, asOfMs)),
  }
}

/** Rows that are computed from those of another table, as of now and as of each time that it knows. */
export function derivedView(
  parent: TableView,
  derive: (key: unknown, row: FoundRow | undefined) => FoundRow | undefined,
): TableView {
  const { findAsOf } = parent
  return {
    find: (key) => derive(key, parent.find(key)),
    findAsOf: findAsOf === undefined ? undefined : (key, asOfMs) => derive(key, findAsOf(key, asOfMs)),
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

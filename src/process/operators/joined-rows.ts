import type { Row } from '../../data/row.ts'
import type { StreamRecord } from '../processor.ts'

/**
 * A driver's row and the rows found for it so far, by scope: a record's value between the look-up joins of one query. The first
 * join makes it, the later ones fill in their scopes; what stands in scopes beyond a join's own is from another record.
 */
export class JoinedRows {
  readonly rows: (Row | undefined)[]

  constructor(scopes: number) {
    this.rows = Array.from<Row | undefined>({ length: scopes }).fill(undefined)
  }
}

/**
 * The joined rows of a record, in `own` where it has a single row yet; undefined for a tombstone.
 */
export function joinedRows(record: StreamRecord, own: JoinedRows): JoinedRows | undefined {
  const value = record.value
  if (value instanceof JoinedRows) return value
  if (value === null) return undefined
  own.rows[0] = value as Row
  return own
}

import { cellKind, SlicedRow } from '../data/row.ts'
import type { Column } from '../data/types.ts'
import type { DecodeBytes } from './schema-language.ts'
import type { RowReader } from './serde.ts'

interface DecodedRows {
  /** Makes the decoder of whole values; asked for at the first one. */
  readonly decoder: () => DecodeBytes
  /** Each format's own, as it is called for each record: one that calls another's filler is twice as slow. */
  readonly read: RowReader['read']
}

/** A reader of rows whose wanted cells are decoded as the row is read, and all others not at all. */
export function decodedRows(columns: readonly Column[], { decoder, read }: DecodedRows): RowReader {
  let decodeAll: DecodeBytes | undefined
  let shared: SlicedRow | undefined
  const rows: RowReader = {
    shape: {
      columns,
      decodeCell: () => null,
      decodeAll: (buffer, start, end) => (decodeAll ??= decoder())(buffer, start, end),
      slice: (buffer, start, end) => {
        shared ??= new SlicedRow(rows.shape)
        read(buffer, start, end, shared)
        return shared
      },
    },
    read,
  }
  return rows
}

/** The row is of these bytes now, and has all its cells. */
export function placeRow(row: SlicedRow, buffer: Buffer, start: number, end: number): void {
  row.buffer = buffer
  row.start = start
  row.end = end
  row.fields = undefined
  row.kinds.fill(cellKind.decoded)
}

import type { ByteWriter } from '../base/byte-writer.ts'
import type { Headers } from '../base/headers.ts'
import type { RowShape, SlicedRow } from '../data/row.ts'
import type { Column } from '../data/types.ts'

/**
 * Turns bytes into values and back. Bound to a topic and a side (key or value) when it is made; sees the record's
 * headers, where some registries keep schema ids. Null bytes never reach a serde: they are `null` everywhere.
 */
export interface Serde<T = unknown> {
  /**
   * Reads `buffer[start .. end)`. May return a {@link Lazy} value over these bytes, checked but not parsed.
   *
   * @throws StreamError `VALUE_MALFORMED`; the message never holds the value
   */
  decode(buffer: Buffer, start: number, end: number, headers: Headers | undefined): T
  /**
   * Appends to the writer. A lazy value of the same format is copied as bytes.
   *
   * @throws StreamError `VALUE_TYPE_MISMATCH` naming the field that does not fit
   */
  encode(value: T, writer: ByteWriter, headers: Header[] | undefined): void
  /** Reads rows of these columns. Absent where a format has no named columns. */
  project?(columns: readonly Column[]): RowReader
}

type Header = Headers[number]

/** Fills a row from one encoded value; throws as {@link Serde.decode} does, for the same bytes. */
export interface RowReader {
  readonly shape: RowShape
  read(buffer: Buffer, start: number, end: number, row: SlicedRow): void
}

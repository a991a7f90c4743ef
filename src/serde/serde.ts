import type { ByteWriter } from '../base/byte-writer.ts'
import type { Headers } from '../base/headers.ts'
import type { RowShape, SlicedRow } from '../data/row.ts'
import type { Column } from '../data/types.ts'
import type { SchemaRef } from '../registry/contracts.ts'

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
  /**
   * Reads rows of these columns. Absent where a format has no named columns.
   *
   * @param onMisfit - told of values that are not of their column's type, where the format has no types of its own; they read as NULL
   */
  project?(columns: readonly Column[], onMisfit?: OnMisfit): RowReader
  /**
   * Names the schema that these bytes need and that is not here yet; it is being fetched then, and the record has to wait. Who decodes all
   * the same gets `SCHEMA_NOT_HERE`. Absent where a format needs no schema from elsewhere.
   */
  missing?(buffer: Buffer, start: number, end: number, headers: Headers | undefined): SchemaRef | undefined
  /**
   * The bytes that this serde writes a key as whose bytes somebody else wrote; bytes that are no key stay as they are. Absent where each
   * value has one form only.
   */
  readonly canonicalKey?: (bytes: Buffer) => Buffer
  /** Says that values will be encoded: what has to be asked of a registry before is asked now. */
  prepare?(): void
}

type Header = Headers[number]

/** By the number of the column and the {@link cellKind} of what is there; what it throws is the failure of the record. */
export type OnMisfit = (column: number, kind: number) => void

/** Fills a row from one encoded value; throws as {@link Serde.decode} does, for the same bytes. */
export interface RowReader {
  readonly shape: RowShape
  /** The row's `headers` are the record's: some registries keep schema ids there. */
  read(buffer: Buffer, start: number, end: number, row: SlicedRow): void
}

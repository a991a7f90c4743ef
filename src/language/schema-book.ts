import type { RowFormat } from '../data/row-format.ts'
import type { Column, DataType, SchemaSource } from '../data/types.ts'
import type { NotationNames } from '../data/type-strings.ts'

/** What a front end may ask about notations and schemas. It is handed in: a front end opens no files of schemas and knows no format. */
export interface SchemaBook {
  /** The notations of the configuration. */
  readonly names: NotationNames
  /**
   * A schema that belongs to the definition; undefined where there is none, and a registry has to have it.
   *
   * @throws StreamError `SCHEMA_INVALID`, `FILE_UNREADABLE`; `SCHEMA_NOT_FOUND` where there is neither file nor registry
   */
  find(notation: string, name: string): { readonly source: SchemaSource; readonly type: DataType } | undefined
  /**
   * How rows are written in a notation.
   *
   * @param schema - absent: one is made of the columns
   * @throws StreamError `SCHEMA_INVALID`
   */
  rows(notation: string, columns: readonly Column[], schema?: SchemaSource): RowFormat
}

/** No notations but those that are always there, and no schemas. */
export const emptyBook: SchemaBook = {
  names: new Map(),
  find: () => undefined,
  rows: (notation, columns) => ({
    format: { notation, type: { kind: 'struct' } },
    columns,
    required: new Set(),
  }),
}

import type { Column, Format } from './types.ts'

/** How the rows of a query are written. */
export interface RowFormat {
  readonly format: Format
  /** What the schema has room for. */
  readonly columns: readonly Column[]
  /** Of those, what every row must have. */
  readonly required: ReadonlySet<string>
}

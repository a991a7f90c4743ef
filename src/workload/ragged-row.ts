import type { DuckDBConnection } from '@duckdb/node-api'

/** A row of a CSV file that has not as many fields as the first line. */
export interface RaggedRow {
  /** Counts from 1, behind the first line. */
  readonly row: number
  readonly fields: number
  readonly columns: number
}

interface CsvText {
  /** As a literal of SQL. */
  readonly path: string
  readonly firstLine: string
  readonly delimiter: string
}

/**
 * Looks for the row that keeps DuckDB from finding out how a file is written: told how, it says where it stumbles.
 *
 * @returns undefined where something else is wrong
 */
export async function findRaggedRow(
  connection: DuckDBConnection,
  { path, firstLine, delimiter }: CsvText,
): Promise<RaggedRow | undefined> {
  const count = firstLine.replaceAll(/"(?:[^"]|"")*"/g, '').split(delimiter).length
  const columns = Array.from({ length: count }, (_, index) => `c${index}: 'VARCHAR'`).join(', ')
  const settings = `header = true, skip = 0, auto_detect = false, delim = '${delimiter}', quote = '"', escape = '"'`
  try {
    await connection.run(`SELECT count(c0) FROM read_csv(${path}, ${settings}, columns = {${columns}})`)
    return undefined
  } catch (error) {
    return error instanceof Error ? ragged(error.message) : undefined
  }
}

/** Between the two is the row itself. */
function ragged(message: string): RaggedRow | undefined {
  const [, line] = /^[^\n]*CSV Error on Line: (\d+)/.exec(message) ?? []
  const [, columns, fields] = /[^]*\nExpected Number of Columns: (\d+) Found: (\d+)/.exec(message) ?? []
  if (line === undefined || columns === undefined || fields === undefined) return undefined
  return { row: Number(line) - 1, fields: Number(fields), columns: Number(columns) }
}

/**
 * Reads data files as records: JSON, JSON lines, CSV and Parquet, through DuckDB, which knows all of them and finds their types.
 * A record's value is the row as a JSON object; its key and its time are taken from fields.
 */
import '../base/node-extras.ts'
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import type { DuckDBConnection } from '@duckdb/node-api'
import { StreamError } from '../base/errors.ts'
import type { Column, DataType } from '../data/types.ts'
import { jsonFieldText } from '../serde/json-field.ts'
import { beyondJson } from './beyond-json.ts'
import { findRaggedRow } from './ragged-row.ts'
import { withoutCells } from './without-cells.ts'

/** A first line is at most this long. */
const firstLineBytes = 65_536

export type DataFormat = 'json' | 'jsonl' | 'csv' | 'parquet'

export interface DataFile {
  /** An absolute path. */
  readonly path: string
  readonly format: DataFormat
  /** The field that becomes the record key; absent: null keys. */
  readonly key?: string
  /** The field that holds the event time: text that reads as a date, a date, or milliseconds since 1970; absent: no time. */
  readonly eventTime?: string
}

export interface DataRecord {
  readonly key: string | null
  /** One JSON object. */
  readonly value: string
  readonly timestampMs: number | undefined
}

export interface OpenDataFile extends AsyncDisposable {
  readonly columns: readonly Column[]
  readonly recordCount: number
  /** The records in the file's order, in chunks of some thousand. */
  read(): AsyncIterable<readonly DataRecord[]>
}

/**
 * @throws StreamError `FILE_UNREADABLE` when the file is missing, is not of its format, or lacks the named fields
 */
export async function openDataFile(file: DataFile): Promise<OpenDataFile> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const table = tableOf(file)
    if (file.format === 'csv') await checkHeader(connection, file)
    const recordCount = await numberOf(connection, `SELECT count(*)::INTEGER FROM ${table}`)
    if (recordCount === 0 && isJson(file)) throw empty(file, 'Put a record into it')
    const columns = await readColumns(connection, table, file)
    for (const use of ['key', 'eventTime'] as const) {
      const problem = fieldProblem(file, use, columns)
      if (problem !== undefined) throw problem
    }
    return {
      columns,
      recordCount,
      read: () => readRecords(connection, file, columns),
      [Symbol.asyncDispose]: () => {
        connection.closeSync()
        instance.closeSync()
        return Promise.resolve()
      },
    }
  } catch (error) {
    const problem = await explain(connection, file, error)
    connection.closeSync()
    instance.closeSync()
    throw problem
  }
}

async function explain(connection: DuckDBConnection, file: DataFile, error: unknown): Promise<StreamError> {
  const known = unreadable(file, error)
  if (error instanceof StreamError || file.format !== 'csv' || !isFile(file.path)) return known
  const firstLine = firstLineOf(file.path)
  const text = { path: textLiteral(file.path), firstLine, delimiter: delimiterOf(firstLine) }
  const ragged = await findRaggedRow(connection, text)
  if (ragged === undefined) return known
  const { row, fields, columns } = ragged
  return new StreamError('FILE_UNREADABLE', `row ${row} of "${file.path}" does not fit the first line`, {
    detail: `It has ${formatFields(fields)}, the first line ${columns}.`,
    hint: 'Give each row a field for each column, and put quotation marks around texts that hold the delimiter.',
    cause: error,
  })
}

function formatFields(count: number): string {
  return count === 1 ? '1 field' : `${count} fields`
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function unreadable(file: DataFile, error: unknown): StreamError {
  if (error instanceof StreamError) return error
  if (!existsSync(file.path)) {
    return new StreamError('FILE_UNREADABLE', `there is no file "${file.path}"`, {
      hint: 'Check the path; one in a definition begins at the folder of the definition.',
    })
  }
  if (statSync(file.path).isDirectory()) {
    return new StreamError('FILE_UNREADABLE', `"${file.path}" is a folder`, {
      hint: 'Name one file of it.',
    })
  }
  return new StreamError('FILE_UNREADABLE', `could not read "${file.path}" as ${file.format}`, {
    detail: error instanceof Error ? withoutCells(error.message, file.path) : '',
    hint: 'Check that each row has the fields of the first, that the text is UTF-8, and that times read as dates or milliseconds.',
    cause: error,
  })
}

function firstLineOf(path: string): string {
  const head = Buffer.alloc(firstLineBytes)
  const file = openSync(path, 'r')
  const bytes = readSync(file, head)
  closeSync(file)
  return head.utf8Slice(0, bytes).split('\n')[0] ?? ''
}

/** The one of the usual delimiters that stands most often in the first line. */
function delimiterOf(line: string): string {
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({
    delimiter,
    count: line.split(delimiter).length,
  }))
  return counts.reduce((best, one) => (one.count > best.count ? one : best)).delimiter
}

function tableOf(file: DataFile): string {
  const path = textLiteral(file.path)
  switch (file.format) {
    case 'json':
    case 'jsonl':
      return `read_json(${path}, format = '${layoutOf(file)}')`
    case 'csv':
      return csvTable(file, 'header = true')
    case 'parquet':
      return `read_parquet(${path})`
  }
}

function csvTable({ path }: DataFile, options: string): string {
  // Left to itself, DuckDB takes rows that do not fit for a preamble and leaves them out.
  return `read_csv(${textLiteral(path)}, ${options}, skip = 0, delim = '${delimiterOf(firstLineOf(path))}')`
}

function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** DuckDB gives a name that occurs again another one, which no query of the author's would know. */
async function checkHeader(connection: DuckDBConnection, file: DataFile): Promise<void> {
  const lines = csvTable(file, 'header = false, all_varchar = true')
  const [names] = (await connection.runAndReadAll(`SELECT * FROM ${lines} LIMIT 1`)).getRows()
  if (names === undefined) throw empty(file, 'Begin it with a line that names the columns')
  const lower = names.map((name) => String(name).toLowerCase())
  const again = names.find((_, index) => names[index] !== null && lower.indexOf(lower[index] ?? '') < index)
  if (again === undefined) return
  throw new StreamError('FILE_UNREADABLE', `"${file.path}" has two columns "${String(again)}"`, {
    hint: 'Give each column of the first line a name of its own; case does not tell them apart.',
  })
}

function empty({ path }: DataFile, deed: string): StreamError {
  return new StreamError('FILE_UNREADABLE', `"${path}" is empty`, {
    hint: `${deed}; a topic under "dev:" that starts empty has no "file".`,
  })
}

/** What is wrong with the field that a file's records are to have their key or time from. */
export function fieldProblem(
  file: DataFile,
  use: 'key' | 'eventTime',
  columns: readonly Column[],
): StreamError | undefined {
  const field = file[use]
  if (field === undefined || columns.some((column) => column.name === field)) return undefined
  const names = columns.map((column) => `"${column.name}"`).join(', ')
  return new StreamError('FILE_UNREADABLE', `"${file.path}" has no field "${field}" to take as ${use}`, {
    hint: names === '' ? 'Give its records fields.' : `Take one of ${names}.`,
  })
}

async function readColumns(
  connection: DuckDBConnection,
  table: string,
  file: DataFile,
): Promise<readonly Column[]> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${table}`)
  const columns = described
    .getRows()
    .map(([name, type]): Column => ({ name: String(name), type: columnType(String(type)), guessed: true }))
  const only = columns.length === 1 && isJson(file) ? columns[0]?.name : undefined
  return only === standIn && !(await hasField(connection, file, only)) ? [] : columns
}

/** What DuckDB calls the column of objects that have no fields. */
const standIn = 'json'

async function hasField(connection: DuckDBConnection, file: DataFile, name: string): Promise<boolean> {
  const objects = `read_json_objects(${textLiteral(file.path)}, format = '${layoutOf(file)}')`
  return (
    (await numberOf(connection, `SELECT count(json_type(json, '/${name}'))::INTEGER FROM ${objects}`)) > 0
  )
}

async function numberOf(connection: DuckDBConnection, query: string): Promise<number> {
  return Number((await connection.runAndReadAll(query)).getRows()[0]?.[0] ?? 0)
}

function isJson({ format }: DataFile): boolean {
  return format === 'json' || format === 'jsonl'
}

function layoutOf({ format }: DataFile): string {
  return format === 'json' ? 'array' : 'newline_delimited'
}

const columnTypes: Readonly<Record<string, DataType>> = {
  BOOLEAN: { kind: 'boolean' },
  TINYINT: { kind: 'long' },
  SMALLINT: { kind: 'long' },
  INTEGER: { kind: 'long' },
  BIGINT: { kind: 'long' },
  HUGEINT: { kind: 'double' },
  UTINYINT: { kind: 'long' },
  USMALLINT: { kind: 'long' },
  UINTEGER: { kind: 'long' },
  UBIGINT: { kind: 'long' },
  UHUGEINT: { kind: 'double' },
  JSON: { kind: 'any' },
  FLOAT: { kind: 'double' },
  DOUBLE: { kind: 'double' },
}

/** In a topic of JSON all whole numbers are alike, and dates are text. */
function columnType(type: string): DataType {
  if (type.endsWith('[]')) return { kind: 'list', of: { kind: 'any' } }
  if (type.startsWith('STRUCT') || type.startsWith('MAP')) return { kind: 'struct' }
  return columnTypes[type] ?? { kind: type.startsWith('DECIMAL') ? 'double' : 'string' }
}

async function* readRecords(
  connection: DuckDBConnection,
  file: DataFile,
  columns: readonly Column[],
): AsyncIterable<DataRecord[]> {
  try {
    const result = await connection.stream(recordQuery(file, columns))
    // Keys have one form, wherever they come from; DuckDB has its own.
    const keyOf = file.key === undefined ? () => null : jsonFieldText(file.key)
    let row = 0
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      yield chunk.getRows().map(([cell, time]) => {
        row++
        const value = String(cell)
        if (!isJson(file)) checkNumbers(value, row, file)
        return { key: keyOf(value), value, timestampMs: time === null ? undefined : Number(time) }
      })
    }
  } catch (error) {
    throw await explain(connection, file, error)
  }
}

function checkNumbers(value: string, row: number, { path }: DataFile): void {
  const found = beyondJson(value)
  if (found === undefined) return
  throw new StreamError(
    'FILE_UNREADABLE',
    `row ${row} of "${path}" has a number in field "${found.field}" that JSON cannot say`,
    {
      detail: `It is read as ${found.number}. Rows before it may have been sent.`,
      hint: 'Write a number from -1.8e308 to 1.8e308 there, or leave it empty.',
    },
  )
}

function recordQuery(file: DataFile, columns: readonly Column[]): string {
  if (isJson(file)) return jsonQuery(file)
  return `SELECT to_json(whole_row)::VARCHAR, ${timeExpression(file, columns)} FROM ${tableOf(file)} AS whole_row`
}

/** JSON objects as they stand in the file: numbers and absent fields are nobody's to change. */
function jsonQuery(file: DataFile): string {
  const { path, eventTime } = file
  const field = (name: string): string =>
    `'/${name.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll("'", "''")}'`
  const time = eventTime === undefined ? 'NULL' : jsonTime(field(eventTime))
  return `SELECT json::VARCHAR, ${time} FROM read_json_objects(${textLiteral(path)}, format = '${layoutOf(file)}')`
}

function jsonTime(field: string): string {
  const text = `json_extract_string(json, ${field})`
  return `CASE json_type(json, ${field}) WHEN 'VARCHAR' THEN epoch_ms(CAST(${text} AS TIMESTAMP)) ELSE CAST(CAST(${text} AS DOUBLE) AS BIGINT) END`
}

function timeExpression(file: DataFile, columns: readonly Column[]): string {
  const column = columns.find(({ name }) => name === file.eventTime)
  if (column === undefined) return 'NULL'
  return column.type.kind === 'long' || column.type.kind === 'double'
    ? `CAST(${quoted(column.name)} AS BIGINT)`
    : `epoch_ms(CAST(${quoted(column.name)} AS TIMESTAMP))`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

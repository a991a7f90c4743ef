/** DuckDB over the same rows in batch: what tests hold the engine's SQL against. */
import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBConnection,
} from '@duckdb/node-api'
import type { Column } from '../../data/types.ts'
import { typeName } from '../../expr/type-name.ts'

export interface OracleTable {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly unknown[])[]
}

export class Oracle implements Disposable {
  readonly #connection: DuckDBConnection
  readonly #instance: DuckDBInstance

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  /** @param asWritten - evaluates all of an expression: what its value does not depend on is not left out, nor the errors in there */
  static async open(
    tables: Readonly<Record<string, OracleTable>>,
    { asWritten = false }: { readonly asWritten?: boolean } = {},
  ): Promise<Oracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    await connection.run("SET TimeZone = 'UTC'")
    if (asWritten) await connection.run('PRAGMA disable_optimizer')
    for (const [name, { columns, rows }] of Object.entries(tables)) {
      const list = columns.map((column) => `${quoted(column.name)} ${typeName(column.type)}`)
      await connection.run(`CREATE TABLE ${quoted(name)}(${list.join(', ')})`)
      const isJson = columns.map((column) => typeName(column.type) === 'JSON')
      const cell = (value: unknown, index: number): string =>
        literal(isJson[index] === true && value !== null ? JSON.stringify(value) : value)
      const values = rows.map((row) => `(${row.map(cell).join(', ')})`)
      if (values.length > 0) await connection.run(`INSERT INTO ${quoted(name)} VALUES ${values.join(', ')}`)
    }
    return new Oracle(instance, connection)
  }

  [Symbol.dispose](): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  /** @throws Error what DuckDB says */
  async rows(sql: string): Promise<readonly (readonly unknown[])[]> {
    const reader = await this.#connection.runAndReadAll(sql)
    return reader.getRows().map((row) => row.map(plain))
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function literal(value: unknown): string {
  if (value === null) return 'NULL'
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, field]) => `${literal(name)}: ${literal(field)}`)
      .join(', ')}}`
  }
  return typeof value === 'string'
    ? `'${value.replaceAll("'", "''")}'`
    : JSON.stringify(value, (_, inner: unknown) =>
        typeof inner === 'bigint' ? String(inner) : inner,
      ).replaceAll('"', '')
}

/** DuckDB's values as ours: whole numbers are numbers where safe, times are microseconds, dates text. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value instanceof DuckDBDecimalValue) return Number(String(value))
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return Number(value.micros)
  if (value instanceof DuckDBDateValue || value instanceof DuckDBIntervalValue) return String(value)
  if (value instanceof DuckDBListValue) return value.items.map(plain)
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, field]) => [name, plain(field)]))
  }
  return value
}

/** Equal but for the last digits of doubles, and the sign of a NaN, which JavaScript cannot see. */
export function closeTo(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return closeNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return a === b.replaceAll('-nan', 'nan')
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const [left, right] = [Object.entries(a), b as Readonly<Record<string, unknown>>]
  return left.length === Object.keys(right).length && left.every(([key, value]) => closeTo(value, right[key]))
}

function closeNumbers(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true
  return Math.abs(a - b) <= Math.max(Math.abs(a), Math.abs(b)) * 1e-9
}

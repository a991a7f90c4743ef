/**
 * Home of DuckDB: it parses, gives types and explains what is wrong. One small database in memory for one query; it is closed to
 * files and network before it sees a text, and no record ever reaches it.
 */
import { DuckDBInstance, DuckDBTypeId, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api'
import type { Column, DataType } from '../../data/types.ts'
import { typeName } from '../../expr/type-name.ts'
import { childrenOf, withChildren, type AstExpr, type Cast, type SelectNode } from './ast.ts'

/** DuckDB's account of what is wrong. */
export interface SqlFailure {
  readonly kind: string
  readonly message: string
  /** In bytes of the text that was given. */
  readonly position: number | undefined
}

export type Outcome<T> = { readonly value: T } | { readonly failure: SqlFailure }

/** What a name is in DuckDB's catalog. */
export type FunctionKind = 'scalar' | 'aggregate' | 'table' | 'macro' | 'table_macro' | 'pragma'

const settings = [
  'SET errors_as_json = true',
  'SET autoinstall_known_extensions = false',
  'SET autoload_known_extensions = false',
  'SET enable_external_access = false',
  'SET threads = 1',
  "SET memory_limit = '256MB'",
  "SET TimeZone = 'UTC'",
  'SET lock_configuration = true',
]

export class DuckDb implements Disposable {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  static async open(): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    for (const setting of settings) await connection.run(setting)
    return new DuckDb(instance, connection)
  }

  [Symbol.dispose](): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  /** The syntax trees of the statements in a text. */
  async parse(text: string): Promise<Outcome<readonly SelectNode[]>> {
    const json = await this.#text('SELECT json_serialize_sql($1::VARCHAR)', text)
    const answer = parseExactly(json) as SerializedSql
    if (!answer.error) return { value: answer.statements.map((statement) => statement.node) }
    const position = answer.position === undefined ? undefined : Number(answer.position)
    return { failure: { kind: answer.error_type, message: answer.error_message, position } }
  }

  /** Makes the table `s<scope>` with columns `c0`, `c1`, … of these types. */
  async createRow(scope: number, columns: readonly Column[]): Promise<void> {
    const list = columns.map((column, index) => `c${index} ${columnType(column.type)}`)
    await this.#connection.run(`CREATE TABLE s${scope}(${list.join(', ') || 'c0 INTEGER'})`)
  }

  /**
   * The types of expressions over the rows `s0` … `s<scopes − 1>`.
   *
   * @returns for each its type, `undefined` where it is none of ours; or what is wrong with one of them
   */
  async typesOf(
    expressions: readonly AstExpr[],
    scopes: number,
  ): Promise<Outcome<readonly (DataType | undefined)[]>> {
    const from = Array.from({ length: scopes }, (_, scope) => `s${scope}`).join(', ')
    try {
      const list = await this.#selectList(expressions)
      const statement = await this.#connection.prepare(`${list} FROM ${from}`)
      const types = expressions.map((_, index) => dataTypeOf(statement.columnType(index)))
      statement.destroySync()
      return { value: types }
    } catch (thrown) {
      return { failure: failureOf(thrown) }
    }
  }

  /** The name that DuckDB gives to an output column that has none: the expression itself. */
  async nameOf(expression: AstExpr): Promise<string> {
    const list = await this.#selectList([expression])
    return list.slice('SELECT '.length)
  }

  /** What kind of function a name is; `undefined` where there is none. */
  async functionKind(name: string): Promise<FunctionKind | undefined> {
    const reader = await this.#connection.runAndReadAll(
      'SELECT function_type FROM duckdb_functions() WHERE function_name = $1::VARCHAR LIMIT 1',
      [name.toLowerCase()],
    )
    return reader.getRows()[0]?.[0] as FunctionKind | undefined
  }

  async #selectList(expressions: readonly AstExpr[]): Promise<string> {
    const select_list = expressions.map((expression) => ({ ...keepDoubles(expression), alias: '' }))
    const json = JSON.stringify({ error: false, statements: [{ node: { ...emptySelect, select_list } }] })
    return this.#text('SELECT json_deserialize_sql($1::VARCHAR::JSON)', json)
  }

  async #text(sql: string, parameter: string): Promise<string> {
    const reader = await this.#connection.runAndReadAll(sql, [parameter])
    return String(reader.getRows()[0]?.[0])
  }
}

/** On its way through text a double such as `1e2` would become the decimal `100.0`: say what it is. */
function keepDoubles(expr: AstExpr): AstExpr {
  if (expr.class !== 'CONSTANT') return withChildren(expr, childrenOf(expr).map(keepDoubles))
  if (expr.value.type.id !== 'DOUBLE') return expr
  const cast: Cast & { readonly cast_type: unknown } = {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: '',
    child: expr,
    cast_type: { id: 'DOUBLE', type_info: null },
    try_cast: false,
  }
  return cast
}

const emptySelect = {
  type: 'SELECT_NODE',
  modifiers: [],
  cte_map: { map: [] },
  from_table: { type: 'EMPTY', alias: '', sample: null },
  where_clause: null,
  group_expressions: [],
  group_sets: [],
  aggregate_handling: 'STANDARD_HANDLING',
  having: null,
  sample: null,
  qualify: null,
}

type SerializedSql =
  | { readonly error: false; readonly statements: readonly { readonly node: SelectNode }[] }
  | {
      readonly error: true
      readonly error_type: string
      readonly error_message: string
      readonly position?: string
    }

/** Numbers that JavaScript would write otherwise, such as 2^63 and 1.0, keep their text: they go back to DuckDB as they came. */
function parseExactly(json: string): unknown {
  return JSON.parse(json, (_, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source
    if (typeof value !== 'number' || source === undefined || source === String(value)) return value
    return exactJson.rawJSON(source)
  })
}

/** A number that was kept as text. */
export interface RawNumber {
  readonly rawJSON: string
}

// The language has it; the type library of this TypeScript does not yet.
const exactJson = JSON as unknown as { rawJSON(text: string): RawNumber }

function failureOf(thrown: unknown): SqlFailure {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  try {
    const answer = JSON.parse(text) as {
      exception_type: string
      exception_message: string
      position?: string
    }
    const position = answer.position === undefined ? undefined : Number(answer.position)
    return { kind: answer.exception_type, message: answer.exception_message, position }
  } catch {
    return { kind: 'Unknown', message: text, position: undefined }
  }
}

/** Types that SQL does not compute with stand as JSON in DuckDB's eyes. */
function columnType(type: DataType): string {
  return type.kind === 'null' ? 'INTEGER' : typeName(type)
}

const kinds = new Map<DuckDBTypeId, DataType>([
  [DuckDBTypeId.BOOLEAN, { kind: 'boolean' }],
  [DuckDBTypeId.TINYINT, { kind: 'byte' }],
  [DuckDBTypeId.SMALLINT, { kind: 'short' }],
  [DuckDBTypeId.INTEGER, { kind: 'int' }],
  [DuckDBTypeId.BIGINT, { kind: 'long' }],
  // What hash() gives; ours stays below 2^53.
  [DuckDBTypeId.UBIGINT, { kind: 'long' }],
  [DuckDBTypeId.FLOAT, { kind: 'float' }],
  [DuckDBTypeId.DOUBLE, { kind: 'double' }],
  [DuckDBTypeId.TIMESTAMP, { kind: 'timestamp' }],
  [DuckDBTypeId.TIMESTAMP_TZ, { kind: 'timestamp' }],
  [DuckDBTypeId.DATE, { kind: 'date' }],
  [DuckDBTypeId.TIME, { kind: 'time' }],
  [DuckDBTypeId.INTERVAL, { kind: 'interval' }],
  [DuckDBTypeId.BLOB, { kind: 'bytes' }],
  [DuckDBTypeId.UUID, { kind: 'uuid' }],
  [DuckDBTypeId.SQLNULL, { kind: 'null' }],
])

function dataTypeOf(type: DuckDBType): DataType | undefined {
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
      return type.alias === 'JSON' ? { kind: 'any' } : { kind: 'string' }
    case DuckDBTypeId.DECIMAL:
      return { kind: 'decimal', precision: type.width, scale: type.scale }
    case DuckDBTypeId.LIST: {
      const of = dataTypeOf(type.valueType)
      return of && { kind: 'list', of }
    }
    case DuckDBTypeId.STRUCT: {
      const types = type.entryTypes.map(dataTypeOf)
      const fields = type.entryNames.map((name, index) => ({
        name,
        type: types[index] ?? { kind: 'any' as const },
        required: false,
      }))
      return types.includes(undefined) ? undefined : { kind: 'struct', fields }
    }
    case DuckDBTypeId.MAP: {
      const of = dataTypeOf(type.valueType)
      return of && { kind: 'map', of }
    }
    default:
      return kinds.get(type.typeId)
  }
}

import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { childrenOf, type AstExpr } from './ast.ts'
import { DuckDb } from './duckdb.ts'
import { runPlan } from './naive-run-fixture.ts'
import { closeTo, Oracle } from './oracle-fixture.ts'
import type { QueryPlan } from '../sql-query.ts'
import { catalogOf, plan } from './query-fixture.ts'
import { expressions } from './random-expressions-fixture.ts'
import { randomTable } from './random-table-fixture.ts'

const runs = Number(process.env['PROPERTY_RUNS'] ?? 8)
const seed = Number(process.env['PROPERTY_SEED'] ?? 12)
/** Expressions in one query: reading one costs more than an expression does. */
const perRun = 12
const catalog = catalogOf({ x: randomTable.columns })

let oracle: Oracle
let parser: DuckDb
beforeAll(async () => {
  parser = await DuckDb.open()
  oracle = await Oracle.open({ x: randomTable }, { asWritten: true })
})
afterAll(() => {
  oracle[Symbol.dispose]()
  parser[Symbol.dispose]()
})

const failed = Symbol('failed')

/** What one expression gives for each row; where SQL has an error, `failed`. */
async function theirs(expression: string): Promise<readonly unknown[]> {
  try {
    return (await oracle.rows(`SELECT ${expression} AS r FROM x`)).map((row) => row[0])
  } catch {
    const values: unknown[] = []
    for (let row = 0; row < randomTable.rows.length; row++) {
      const value = await oracle
        .rows(`SELECT ${expression} AS r FROM x WHERE rowid = ${row}`)
        .catch(() => [[failed]])
      values.push(value[0]?.[0])
    }
    return values
  }
}

test('expressions of every type give what DuckDB gives', async () => {
  const { number, text, truth, time, day, span, texts, numbers } = expressions
  const spelled = fc.oneof(day, span).map((value) => `CAST(${value} AS VARCHAR)`)
  const any = fc.oneof(number, text, truth, time, spelled, texts, numbers)
  await fc.assert(
    fc.asyncProperty(fc.array(any, { minLength: perRun, maxLength: perRun }), async (list) => {
      const together = await planned(list)
      if (together !== undefined) return compare(list, together)
      for (const expression of list) {
        const alone = await planned([expression])
        // A part without columns that fails does so when the query is read, there as here.
        if (alone === undefined) expect(await fails(expression), expression).toBe(true)
        else await compare([expression], alone)
      }
    }),
    { numRuns: runs, seed },
  )
})

async function planned(list: readonly string[]): Promise<QueryPlan | undefined> {
  const query = `SELECT ${list.map((expression, index) => `${expression} AS r${index}`).join(', ')} FROM x`
  return (await plan({ query }, catalog)).plan
}

async function compare(list: readonly string[], query: QueryPlan): Promise<void> {
  for (const [index, expression] of list.entries()) {
    const expected = await theirs(expression)
    const only = single(query, index)
    for (const [row, cells] of randomTable.rows.entries()) {
      const actual = ours(only, cells)
      // DuckDB looks at every branch; we fail only where SQL says that a value is needed.
      if (expected[row] === failed || closeTo(actual, expected[row])) continue
      if (actual instanceof Failure && (await isLeftOut(await syntaxOf(expression), row))) continue
      expect.fail(`${expression} in row ${row}: ${String(actual)} instead of ${String(expected[row])}`)
    }
  }
}

/**
 * Whether our failure is one that SQL has, and DuckDB has left the part out that fails, since the value does not depend on it: of a list
 * that is compared with NULL, of what is added to NULL. The walk goes down to that part: there DuckDB alone must fail too, and what is
 * around it must be one that needs all of its parts; a branch that is not taken is none of that.
 */
async function isLeftOut(around: AstExpr, row: number): Promise<boolean> {
  for (const part of partsOf(around)) {
    const text = await parser.nameOf(part)
    if (!(await weFail(text, row))) continue
    const theyFail = (await theirs(text))[row] === failed
    return theyFail ? !chooses(around) : isLeftOut(part, row)
  }
  return false
}

/** `x = ANY(list)` is a subquery to DuckDB's parser. */
function partsOf(expr: AstExpr): readonly AstExpr[] {
  return expr.class === 'SUBQUERY' && expr.child !== null ? [expr.child] : childrenOf(expr)
}

/** Whether it needs some of its parts only, whichever its values say. */
function chooses(expr: AstExpr): boolean {
  return expr.class === 'CASE' || expr.class === 'CONJUNCTION' || expr.type === 'OPERATOR_COALESCE'
}

async function syntaxOf(expression: string): Promise<AstExpr> {
  const parsed = await parser.parse(`SELECT ${expression}`)
  const [tree] = 'value' in parsed ? (parsed.value[0]?.select_list ?? []) : []
  if (tree === undefined) throw new Error(`DuckDB does not parse ${expression}`)
  return tree
}

async function weFail(expression: string, row: number): Promise<boolean> {
  const query = await planned([expression])
  return query === undefined || ours(query, randomTable.rows[row] ?? []) instanceof Failure
}

async function fails(expression: string): Promise<boolean> {
  return oracle.rows(`SELECT ${expression} AS r FROM x`).then(
    () => false,
    () => true,
  )
}

/** What an expression that SQL has no value for gives here. */
class Failure {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }

  toString(): string {
    return `failed: ${this.message}`
  }
}

function ours(query: QueryPlan, cells: readonly unknown[]): unknown {
  try {
    return runPlan(query, { x: { columns: randomTable.columns, rows: [cells] } })[0]?.[0]
  } catch (thrown) {
    if (thrown instanceof StreamError && thrown.code === 'EXPRESSION_FAILED')
      return new Failure(thrown.message)
    throw thrown
  }
}

function single(query: QueryPlan, index: number): QueryPlan {
  const nodes = query.nodes.map((node) => {
    if (node.kind !== 'select') return node
    const column = node.layout.columns[index]
    return { ...node, layout: { columns: column === undefined ? [] : [column] } }
  })
  return { ...query, nodes }
}

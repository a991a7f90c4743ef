/** What expressions read, and whether they are the same. */
import type { Expr } from './expr.ts'

type ColumnExpr = Extract<Expr, { kind: 'column' }>

/** Every mention of a column, from left to right. */
export function columnsIn(expr: Expr): readonly ColumnExpr[] {
  return expr.kind === 'column' ? [expr] : partsOf(expr).flatMap(columnsIn)
}

/** The scopes whose rows expressions read, each once. */
export function scopesOf(exprs: readonly Expr[]): readonly number[] {
  return [...new Set(exprs.flatMap(columnsIn).map(({ scope }) => scope))]
}

/** Whether a value may be another one later, of the same rows. */
export function readsClock(expr: Expr): boolean {
  const own = expr.kind === 'call' && (expr.function === 'now' || expr.function === 'today')
  return own || partsOf(expr).some(readsClock)
}

/** Whether they have the same values for all rows, wherever they are written. */
export function equalExprs(one: readonly Expr[], other: readonly Expr[]): boolean {
  const withoutPlaces = (exprs: readonly Expr[]): string =>
    JSON.stringify(exprs, (name, part: unknown) => (name === 'at' ? undefined : part))
  return withoutPlaces(one) === withoutPlaces(other)
}

/** The same expression over other columns. */
export function mapColumns(expr: Expr, to: (column: ColumnExpr) => Expr): Expr {
  const map = (part: Expr): Expr => mapColumns(part, to)
  switch (expr.kind) {
    case 'literal':
      return expr
    case 'column':
      return to(expr)
    case 'cast':
      return { ...expr, input: map(expr.input) }
    case 'call':
      return { ...expr, args: expr.args.map(map) }
    case 'case':
      return {
        ...expr,
        branches: expr.branches.map(({ when, value }) => ({ when: map(when), value: map(value) })),
        otherwise: map(expr.otherwise),
      }
  }
}

/** What is directly below an expression. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'column':
      return []
    case 'cast':
      return [expr.input]
    case 'call':
      return expr.args
    case 'case':
      return [...expr.branches.flatMap(({ when, value }) => [when, value]), expr.otherwise]
  }
}

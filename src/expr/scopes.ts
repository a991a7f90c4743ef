import type { Expr } from './expr.ts'

/** The scopes whose rows expressions read, each once. */
export function scopesOf(exprs: readonly Expr[]): readonly number[] {
  const scopes = new Set<number>()
  for (const expr of exprs) collect(expr, scopes)
  return [...scopes]
}

function collect(expr: Expr, into: Set<number>): void {
  switch (expr.kind) {
    case 'literal':
      return
    case 'column':
      into.add(expr.scope)
      return
    case 'cast':
      collect(expr.input, into)
      return
    case 'call':
      for (const arg of expr.args) collect(arg, into)
      return
    case 'case':
      for (const { when, value } of expr.branches) {
        collect(when, into)
        collect(value, into)
      }
      collect(expr.otherwise, into)
  }
}

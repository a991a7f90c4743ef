/**
 * The ON condition of a look-up join, taken apart: equalities between something of the earlier rows and a column of the
 * dimension make the key, in whatever order they are written; all else is a condition on the rows that the key finds.
 */
import { postOrder, type AstExpr, type ColumnRef } from './ast.ts'

export interface KeyTerm {
  /** Of earlier rows only. */
  readonly value: AstExpr
  /** The dimension's column. */
  readonly column: ColumnRef
  readonly term: AstExpr
}

export interface JoinTerms {
  readonly keys: readonly KeyTerm[]
  readonly residual: readonly AstExpr[]
}

/** @param scope - the joined dimension's; those before it are smaller */
export function splitJoin(condition: AstExpr, scope: number): JoinTerms {
  const keys: KeyTerm[] = []
  const residual: AstExpr[] = []
  for (const term of conjuncts(condition)) {
    const key = keyTerm(term, scope)
    // A second value for one column cannot be part of the key.
    if (key === undefined || keys.some((other) => other.column.bound?.index === key.column.bound?.index))
      residual.push(term)
    else keys.push(key)
  }
  return {
    keys: keys.toSorted((a, b) => (a.column.bound?.index ?? 0) - (b.column.bound?.index ?? 0)),
    residual,
  }
}

function conjuncts(expr: AstExpr): readonly AstExpr[] {
  return expr.class === 'CONJUNCTION' && expr.type === 'CONJUNCTION_AND'
    ? expr.children.flatMap(conjuncts)
    : [expr]
}

function keyTerm(term: AstExpr, scope: number): KeyTerm | undefined {
  if (term.class !== 'COMPARISON' || term.type !== 'COMPARE_EQUAL') return undefined
  for (const [column, value] of [
    [term.left, term.right],
    [term.right, term.left],
  ] as const) {
    const used = scopesOf(value)
    if (
      column.class === 'COLUMN_REF' &&
      column.bound?.scope === scope &&
      used.length > 0 &&
      !used.includes(scope)
    ) {
      return { value, column, term }
    }
  }
  return undefined
}

function scopesOf(expr: AstExpr): readonly number[] {
  return postOrder(expr).flatMap((part) =>
    part.class === 'COLUMN_REF' && part.bound ? [part.bound.scope] : [],
  )
}

/**
 * The ON condition of a join, taken apart: equalities between something of the earlier rows and something of the joined one
 * make the key, in whatever order they are written; all else is a condition on the rows that the key finds.
 */
import { postOrder, type AstExpr } from './ast.ts'
import { readsClock } from './names.ts'

export interface KeyTerm {
  /** Of earlier rows only. */
  readonly value: AstExpr
  /** Of the joined row only, mostly one of its columns, and the same at any time. */
  readonly own: AstExpr
  readonly term: AstExpr
}

export interface JoinTerms {
  readonly keys: readonly KeyTerm[]
  readonly residual: readonly AstExpr[]
}

/** @param scope - the joined topic's; those before it are smaller */
export function splitJoin(condition: AstExpr, scope: number): JoinTerms {
  const keys: KeyTerm[] = []
  const residual: AstExpr[] = []
  for (const term of conjuncts(condition)) {
    const key = keyTerm(term, scope)
    // A second value for one column adds nothing to the key.
    if (key === undefined || keys.some((other) => isColumn(key) && columnOf(other) === columnOf(key)))
      residual.push(term)
    else keys.push(key)
  }
  return { keys: keys.toSorted((a, b) => columnOf(a) - columnOf(b)), residual }
}

/** The number of the column that the joined side is; what is computed stands behind all columns. */
function columnOf({ own }: KeyTerm): number {
  return own.class === 'COLUMN_REF' ? (own.bound?.index ?? 0) : Number.MAX_SAFE_INTEGER
}

function isColumn({ own }: KeyTerm): boolean {
  return own.class === 'COLUMN_REF'
}

function conjuncts(expr: AstExpr): readonly AstExpr[] {
  return expr.class === 'CONJUNCTION' && expr.type === 'CONJUNCTION_AND'
    ? expr.children.flatMap(conjuncts)
    : [expr]
}

function keyTerm(term: AstExpr, scope: number): KeyTerm | undefined {
  if (term.class !== 'COMPARISON' || term.type !== 'COMPARE_EQUAL') return undefined
  for (const [own, value] of [
    [term.left, term.right],
    [term.right, term.left],
  ] as const) {
    const [ownScopes, scopes] = [scopesOf(own), scopesOf(value)]
    // Rows are kept by their own side, which must not change meanwhile.
    const isOwn = ownScopes.length > 0 && ownScopes.every((used) => used === scope) && !readsClock(own)
    if (isOwn && scopes.length > 0 && !scopes.includes(scope)) return { value, own, term }
  }
  return undefined
}

function scopesOf(expr: AstExpr): readonly number[] {
  return postOrder(expr).flatMap((part) =>
    part.class === 'COLUMN_REF' && part.bound ? [part.bound.scope] : [],
  )
}

import type { SourceSpan } from '../../base/errors.ts'
import type { Expr } from '../../expr/expr.ts'
import type { Scope } from './scope.ts'

/** A query whose names and types are known; columns are numbered as in the catalog. */
export interface BoundQuery {
  readonly scopes: readonly Scope[]
  /** One a joined scope, in order. */
  readonly joins: readonly BoundJoin[]
  readonly where: Expr | undefined
  readonly outputs: readonly BoundOutput[]
}

export interface BoundJoin {
  readonly scope: Scope
  readonly type: 'inner' | 'left'
  /** Of the joined topic's row, mostly its columns, and what they equal. */
  readonly ownKey: readonly Expr[]
  readonly key: readonly Expr[]
  readonly residual: Expr | undefined
}

export interface BoundOutput {
  readonly name: string
  readonly expr: Expr
  readonly span: SourceSpan
}

type ColumnExpr = Extract<Expr, { kind: 'column' }>

/** The columns that a join's own key consists of; `undefined` where a part of it is computed. */
export function keyColumns({ ownKey }: BoundJoin): readonly ColumnExpr[] | undefined {
  const columns = ownKey.flatMap((part) => (part.kind === 'column' ? [part] : []))
  return columns.length === ownKey.length ? columns : undefined
}

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
  /** Columns of the joined topic, ascending, and what they equal. */
  readonly keyColumns: readonly number[]
  readonly key: readonly Expr[]
  readonly residual: Expr | undefined
}

export interface BoundOutput {
  readonly name: string
  readonly expr: Expr
  readonly span: SourceSpan
}

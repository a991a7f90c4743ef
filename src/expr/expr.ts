import type { SourceSpan } from '../base/errors.ts'
import type { DataType } from '../data/types.ts'

/**
 * A typed expression over the rows of one joined record, as plain data: it survives JSON and structured clone.
 * `column` names a row by scope (0 is the driver, then one per join, in order) and a column of that row by index.
 * Null logic is SQL's. `type` is the type of the result; `at` is where the author wrote what may fail.
 */
export type Expr =
  | { readonly kind: 'literal'; readonly value: LiteralValue; readonly type: DataType }
  | {
      readonly kind: 'column'
      readonly scope: number
      readonly index: number
      readonly name: string
      readonly type: DataType
    }
  | {
      readonly kind: 'call'
      readonly function: string
      readonly args: readonly Expr[]
      readonly type: DataType
      readonly at?: SourceSpan
    }
  | {
      readonly kind: 'case'
      readonly branches: readonly { readonly when: Expr; readonly value: Expr }[]
      readonly otherwise: Expr
      readonly type: DataType
    }
  | {
      readonly kind: 'cast'
      readonly input: Expr
      readonly tolerant: boolean
      readonly type: DataType
      readonly at?: SourceSpan
    }

/** A whole number beyond 2^53 is written as `{ bigint: text }`. */
export type LiteralValue = string | number | boolean | null | { readonly bigint: string }

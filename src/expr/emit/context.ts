import type { DataType } from '../../data/types.ts'
import type { Expr } from '../expr.ts'

/** A value in generated code: an identifier or a literal, so that it may be written twice. */
export interface Operand {
  readonly code: string
  readonly nullable: boolean
}

/** What the parts of the compiler write generated JavaScript with. Text of the user gets in through `constant` only. */
export interface EmitContext {
  line(code: string): void
  /** The name under which generated code finds `value`. */
  constant(value: unknown): string
  /** Declares a variable. */
  variable(initial: string): string
  emit(expr: Expr): Operand
}

/** A call whose arguments are at hand, for functions that turn into one JavaScript expression. */
export interface CallSite {
  /** Operands; none is NULL where the function is strict. */
  readonly args: readonly string[]
  readonly argTypes: readonly DataType[]
  readonly type: DataType
  /** The text of an argument that is a literal: patterns are compiled once. */
  literalText(index: number): string | undefined
  constant(value: unknown): string
}

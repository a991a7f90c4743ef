import type { DataType } from '../../data/types.ts'
import type { CallSite } from '../emit/context.ts'

/** One row of the function library. */
export interface ScalarFunction {
  /** Its names in SQL, lower case; the first is the one in expressions. */
  readonly names: readonly string[]
  /** `strict`: NULL in any argument gives NULL, and `emit` sees none. `own`: `emit` deals with NULL. */
  readonly nulls: 'strict' | 'own'
  /**
   * The types to which the arguments are cast before the call, given their own types and the type of the result;
   * `undefined` where these arguments are not supported.
   */
  readonly take: (args: readonly DataType[], result: DataType) => readonly DataType[] | undefined
  /** JavaScript of the result. */
  readonly emit: (site: CallSite) => string
  /** True where a result is never NULL for arguments that are not. */
  readonly total?: boolean
}

/** An argument of generated code. */
export function arg(site: CallSite, index: number): string {
  return site.args[index] ?? 'null'
}

/** Emits a call of `implementation` with all arguments. */
export function calls(implementation: (...args: never[]) => unknown): (site: CallSite) => string {
  return (site) => `${site.constant(implementation)}(${site.args.join(', ')})`
}

/** Takes exactly these types. */
export function takes(...types: readonly DataType[]): ScalarFunction['take'] {
  return (args) => (args.length === types.length ? types : undefined)
}

export const text: DataType = { kind: 'string' }
export const double: DataType = { kind: 'double' }
export const int: DataType = { kind: 'int' }
export const long: DataType = { kind: 'long' }
export const timestamp: DataType = { kind: 'timestamp' }
export const date: DataType = { kind: 'date' }
export const interval: DataType = { kind: 'interval' }

import type { Expr } from '../expr.ts'
import { castFunction } from '../casts.ts'
import type { EmitContext, Operand } from './context.ts'

export function emitCast(context: EmitContext, expr: Extract<Expr, { kind: 'cast' }>): Operand {
  const input = context.emit(expr.input)
  const convert = castFunction(expr.input.type, expr.type, expr.tolerant)
  if (convert === undefined) return input
  const code = `${context.constant(convert)}(${input.code})`
  if (!input.nullable) return { code: context.variable(code), nullable: expr.tolerant }
  return { code: context.variable(`${input.code} === null ? null : ${code}`), nullable: true }
}

import type { Expr } from '../expr.ts'
import { emitEquals } from '../library/comparison.ts'
import type { EmitContext, Operand } from './context.ts'

type Call = Extract<Expr, { kind: 'call' }>
type Case = Extract<Expr, { kind: 'case' }>

/** AND and OR: `decided` is the value that settles the result whatever the rest says. */
function emitConnective(context: EmitContext, call: Call, decided: boolean): Operand {
  const result = context.variable(String(!decided))
  const end = `e${result}`
  context.line(`${end}: {`)
  let nullable = false
  for (const arg of call.args) {
    const operand = context.emit(arg)
    context.line(`if (${operand.code} === ${decided}) { ${result} = ${decided}; break ${end} }`)
    if (operand.nullable) context.line(`if (${operand.code} === null) ${result} = null`)
    nullable ||= operand.nullable
  }
  context.line('}')
  return { code: result, nullable }
}

/** The first argument that is not NULL; later ones are not evaluated. */
function emitCoalesce(context: EmitContext, call: Call): Operand {
  const result = context.variable('null')
  for (const arg of call.args) {
    context.line(`if (${result} === null) {`)
    context.line(`${result} = ${context.emit(arg).code}`)
    context.line('}')
  }
  return { code: result, nullable: true }
}

/** `x IN (a, b, …)`: NULL where nothing matches and something was NULL. */
function emitIn(context: EmitContext, call: Call): Operand {
  const [subject, ...choices] = call.args
  if (subject === undefined) return { code: 'null', nullable: true }
  const operand = context.emit(subject)
  const result = context.variable('null')
  const set = choices.every(isPlainLiteral)
    ? context.constant(new Set(choices.map((choice) => choice.value)))
    : ''
  context.line(`if (${operand.code} !== null) {`)
  if (set !== '') context.line(`${result} = ${set}.has(${operand.code})`)
  else {
    context.line(`${result} = false`)
    for (const choice of choices) {
      context.line(`if (${result} !== true) {`)
      const value = context.emit(choice).code
      const equals = emitEquals({
        args: [value, operand.code],
        argTypes: [subject.type, subject.type],
        constant: (item) => context.constant(item),
      })
      context.line(`if (${value} === null) ${result} = null; else if (${equals}) ${result} = true`)
      context.line('}')
    }
  }
  context.line('}')
  return { code: result, nullable: true }
}

function isPlainLiteral(expr: Expr): expr is Extract<Expr, { kind: 'literal' }> {
  return expr.kind === 'literal' && expr.value !== null && typeof expr.value !== 'object'
}

/** `x = ANY(list)`; a list that is NULL has no elements. */
function emitAny(context: EmitContext, call: Call): Operand {
  const [subject, list] = call.args.map((arg) => context.emit(arg))
  if (subject === undefined || list === undefined) return { code: 'null', nullable: true }
  const any = context.constant(equalsAny)
  return { code: context.variable(`${any}(${subject.code}, ${list.code})`), nullable: true }
}

function equalsAny(value: unknown, list: unknown): boolean | null {
  if (!Array.isArray(list) || list.length === 0) return false
  if (value === null) return null
  if (list.includes(value)) return true
  return list.includes(null) ? null : false
}

export function emitCase(context: EmitContext, expr: Case): Operand {
  const result = context.variable('null')
  for (const branch of expr.branches) {
    const when = context.emit(branch.when)
    context.line(`if (${when.code} === true) {`)
    context.line(`${result} = ${context.emit(branch.value).code}`)
    context.line('} else {')
  }
  context.line(`${result} = ${context.emit(expr.otherwise).code}`)
  context.line('}'.repeat(expr.branches.length))
  return { code: result, nullable: true }
}

/** Calls that decide themselves which of their arguments are evaluated. */
export const lazyCalls: Readonly<Record<string, (context: EmitContext, call: Call) => Operand>> = {
  and: (context, call) => emitConnective(context, call, false),
  or: (context, call) => emitConnective(context, call, true),
  coalesce: emitCoalesce,
  in: emitIn,
  any: emitAny,
}

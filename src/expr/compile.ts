/**
 * Turns an expression into JavaScript, once, and the JavaScript into a function.
 *
 * The generated function is straight-line code over local variables: no closure, no allocation and no dispatch per
 * record. NULL is `null`. Text and numbers of the user reach the code through a pool of constants, never as source.
 */
import { systemClock, type Clock } from '../base/clock.ts'
import type { Row } from '../data/row.ts'
import { Emitter } from './emit/emitter.ts'
import { StreamError } from '../base/errors.ts'
import type { Expr } from './expr.ts'

/** The value of an expression over the joined rows, by scope; `undefined` is a row of NULLs. */
export type Evaluate = (rows: readonly (Row | undefined)[]) => unknown

/**
 * @param clock - what `now()` reads; the value may differ from record to record
 * @returns a function that throws StreamError `EXPRESSION_FAILED` where SQL has an error, such as a number out of range
 */
export function compileExpr(expr: Expr, clock: Clock = systemClock): Evaluate {
  const emitter = new Emitter(clock)
  return emitter.build(emitter.emit(expr))
}

/**
 * What is wrong with a call whatever the rows hold, such as a path or a pattern that is none; `undefined` where nothing is. Only its own
 * literals are looked at, not what is below its arguments.
 */
export function callFailure(call: Extract<Expr, { kind: 'call' }>): StreamError | undefined {
  const args = call.args.map((argument): Expr => (argument.kind === 'literal' ? argument : unknown(argument)))
  try {
    new Emitter(systemClock).emit({ ...call, args })
    return undefined
  } catch (thrown) {
    if (thrown instanceof StreamError) return thrown
    throw thrown
  }
}

function unknown({ type }: Expr): Expr {
  return { kind: 'column', scope: 0, index: 0, name: '', type }
}

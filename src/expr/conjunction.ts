/** Conditions that are all to hold, as one and apart. */
import type { Expr } from './expr.ts'

/** Undefined where there is none. */
export function allOf(conditions: readonly Expr[]): Expr | undefined {
  return conditions.length > 1
    ? { kind: 'call', function: 'and', args: conditions, type: { kind: 'boolean' } }
    : conditions[0]
}

/** The parts of a condition that are joined by AND. */
export function conjunctsOf(condition: Expr): readonly Expr[] {
  return condition.kind === 'call' && condition.function === 'and'
    ? condition.args.flatMap(conjunctsOf)
    : [condition]
}

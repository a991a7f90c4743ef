/** The text of a join's key: JSON of its values. Equal values have equal text, whatever kind of number they are. */
import type { Row } from '../../data/row.ts'
import { compileExpr } from '../../expr/compile.ts'
import type { Expr } from '../../expr/expr.ts'
import type { Clock } from '../../base/clock.ts'

export type KeyText = (rows: readonly (Row | undefined)[]) => string | undefined

/** Undefined where a part is NULL: nothing is equal to it. */
export function compileKeyText(parts: readonly Expr[], clock: Clock): KeyText {
  const evaluate = parts.map((part) => compileExpr(part, clock))
  return (rows) => {
    const [first, second] = evaluate
    if (first !== undefined && second === undefined) {
      const value = first(rows)
      return value === null ? undefined : partText(value)
    }
    const values = evaluate.map((part) => part(rows))
    return values.includes(null) ? undefined : keyText(values)
  }
}

function keyText(values: readonly unknown[]): string {
  return values.map(partText).join()
}

function partText(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}

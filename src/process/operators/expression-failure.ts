import { leftOutHint } from '../../base/left-out-hint.ts'
import { addDetail, StreamError, toStreamError } from '../../base/errors.ts'
import type { Expr } from '../../expr/expr.ts'
import { locateFailure, type EvaluatedOver } from '../../expr/locate-failure.ts'

interface EvaluatedExpressions extends EvaluatedOver {
  /** In the order of their evaluation. */
  readonly exprs: readonly Expr[]
  /** Who evaluated them, and what for: a sentence. */
  readonly by: string
}

/** What was thrown while expressions were evaluated, with their place in the query and what to do. */
export function expressionFailure(
  thrown: unknown,
  { exprs, by, ...over }: EvaluatedExpressions,
): StreamError {
  const error = addDetail(toStreamError(thrown), by)
  if (error.code !== 'EXPRESSION_FAILED') return error
  const part = locateFailure(exprs, over)
  const span = part?.kind === 'call' || part?.kind === 'cast' ? part.at : undefined
  return new StreamError(error.code, error.message, {
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    hint: error.hint ?? (part?.kind === 'cast' ? castHint : otherHint),
    ...(span === undefined ? {} : { span }),
    cause: error.cause,
  })
}

const castHint = `Use TRY_CAST, which gives NULL here, or ${leftOutHint}`
const otherHint = `Guard it with CASE or nullif, or ${leftOutHint}`

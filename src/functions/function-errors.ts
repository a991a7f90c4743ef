import { leftOutHint } from '../base/left-out-hint.ts'
import { StreamError, type SourceSpan } from '../base/errors.ts'
import { placeOfResult, type FunctionRef } from '../topology/functions.ts'
import { describePlace } from './code-place.ts'

/** What a language tells about an exception in a user's code. */
export interface FailureFacts {
  /** The exception's class, such as `KeyError` or `TypeError`. */
  readonly type: string
  readonly text: string
  /** What to do, where more is known than that the code is to be corrected. */
  readonly hint?: string
  readonly span?: SourceSpan
  readonly cause?: unknown
}

/** An exception left a function while it handled a record. */
export function functionFailed(name: string, facts: FailureFacts): StreamError {
  const at = facts.span === undefined ? '' : ` at ${describePlace(facts.span)}`
  return new StreamError('FUNCTION_FAILED', `function "${name}" failed`, {
    detail: `${oneLine(facts)}${at}.`,
    hint: `Correct the function, or ${leftOutHint}`,
    ...(facts.span === undefined ? {} : { span: facts.span }),
    cause: facts.cause,
  })
}

/** What a function is called before it runs: one that stands at its operation has a name that its author never wrote. */
export function titleOf({ name }: FunctionRef, shared: boolean): string {
  return shared ? `function "${name}"` : 'this function'
}

/** A function that can not be compiled, or whose global code fails. */
export function functionInvalid(title: string, facts: FailureFacts): StreamError {
  return new StreamError('FUNCTION_INVALID', `${title} can not be compiled`, {
    detail: `${oneLine(facts)}.`,
    hint: facts.hint ?? 'Correct the code at the place shown.',
    ...(facts.span === undefined ? {} : { span: facts.span }),
    cause: facts.cause,
  })
}

/** An asynchronous function. */
export function resultPromised({ name, body }: FunctionRef): StreamError {
  const span = placeOfResult(body)
  return new StreamError('FUNCTION_FAILED', `function "${name}" gave a promise`, {
    detail: 'The engine does not wait for functions.',
    hint: 'Make the function synchronous: without "async" and "await".',
    ...(span === undefined ? {} : { span }),
  })
}

/** The kind wants a value and the function gave none. */
export function resultMissing({ name, kind, body }: FunctionRef): StreamError {
  const span = placeOfResult(body)
  return new StreamError('FUNCTION_FAILED', `function "${name}" gave no value`, {
    detail: `A function of type ${kind} must give a value, and this call gave null.`,
    hint: 'Return a value on every path, or give an "expression".',
    ...(span === undefined ? {} : { span }),
  })
}

const textLengthMax = 2000

function oneLine(facts: FailureFacts): string {
  const text = facts.text.trim().replace(/[.]$/, '')
  const shown = text.length > textLengthMax ? `${text.slice(0, textLengthMax)} …` : text
  return shown === '' ? facts.type : `${facts.type}: ${shown}`
}

/**
 * Turns what a function returned into a value of its declared type, by the rules of the definition language.
 */
import { StreamError } from '../base/errors.ts'
import { convertValue } from '../data/convert.ts'
import { Mismatch } from '../data/mismatch.ts'
import { describeType } from '../data/type-strings.ts'
import type { DataType } from '../data/types.ts'

/**
 * @throws StreamError `FUNCTION_FAILED` naming function, type and, in a container, the place; never the value
 */
export function convertResult(value: unknown, type: DataType, functionName: string): unknown {
  const result = convertValue(value, type)
  if (!(result instanceof Mismatch)) return result
  const place = result.path === '' ? 'The result' : `The result's part ${result.path}`
  throw new StreamError('FUNCTION_FAILED', `can not convert the result of function "${functionName}"`, {
    detail: `${place} is ${result.reason}.`,
    hint: `Return a value that fits the result type ${describeType(type)}, or change "resultType".`,
  })
}

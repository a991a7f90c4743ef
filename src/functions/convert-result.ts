/**
 * Turns what a function returned into a value of its declared type, by the rules of the definition language.
 */
import { StreamError } from '../base/errors.ts'
import { convertValue } from '../data/convert.ts'
import { Mismatch } from '../data/mismatch.ts'
import { describeType } from '../data/type-strings.ts'
import type { DataType } from '../data/types.ts'
import { placeOfResult, type FunctionRef } from '../topology/functions.ts'

/**
 * @throws StreamError `FUNCTION_FAILED` naming function, type, the place in the file and, in a container, in it; never the value
 */
export function convertResult(
  value: unknown,
  type: DataType,
  { name, body }: Pick<FunctionRef, 'name' | 'body'>,
): unknown {
  const result = convertValue(value, type)
  if (!(result instanceof Mismatch)) return result
  const span = placeOfResult(body)
  const place = result.path === '' ? 'The result' : `The result's part ${result.path}`
  throw new StreamError('FUNCTION_FAILED', `can not convert the result of function "${name}"`, {
    detail: `${place} is ${result.reason}.`,
    hint: `Return a value that fits the result type ${describeType(type)}, or change "resultType".`,
    ...(span === undefined ? {} : { span }),
  })
}

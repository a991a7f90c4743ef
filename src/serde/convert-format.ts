/**
 * Conversions between formats: what fits already stays as it is; text of one format is read, and what a format writes as text becomes it;
 * all else goes by the rules of types (`data/convert.ts`).
 */
import { StreamError } from '../base/errors.ts'
import { isAssignable } from '../data/assignable.ts'
import { convertValue } from '../data/convert.ts'
import { materialize } from '../data/lazy.ts'
import { Mismatch } from '../data/mismatch.ts'
import { describeFormat } from '../data/type-strings.ts'
import type { DataType, Format } from '../data/types.ts'
import type { TextForm } from './text-form.ts'

/** Throws StreamError `FUNCTION_FAILED` for a value that cannot be converted; never with the value. */
export type ConvertFormat = (value: unknown) => unknown

export function formatConverter(
  from: Format,
  to: Format,
  textOf: (format: Format) => TextForm | undefined,
): ConvertFormat {
  if (from.notation === to.notation && fitsAlways(to.type, from.type)) return (value) => value
  const [read, write] = [textOf(to)?.read, textOf(from)?.write]
  return (value) => {
    const plain = materialize(value)
    if (plain === null || plain === undefined) return null
    if (typeof plain === 'string' && read !== undefined) return converted(read(plain), to)
    if (to.type.kind === 'string' && typeof plain === 'object' && write !== undefined) return write(plain)
    return converted(plain, to)
  }
}

/** Whether no value of one type needs a change to be one of the other. What is not known of a type may need one. */
function fitsAlways(to: DataType, from: DataType): boolean {
  if (to.kind === 'any') return true
  return from.kind !== 'any' && isAssignable(to, from) && JSON.stringify(to) === JSON.stringify(from)
}

function converted(value: unknown, to: Format): unknown {
  const result = convertValue(value, to.type)
  if (!(result instanceof Mismatch)) return result
  const place = result.path === '' ? 'The value' : `Its part ${result.path}`
  throw new StreamError('FUNCTION_FAILED', `can not convert a value to ${describeFormat(to)}`, {
    detail: `${place} is ${result.reason}.`,
    hint: 'Let a function make the value, or filter what does not fit before.',
  })
}

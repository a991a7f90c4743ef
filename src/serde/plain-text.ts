import { StreamError } from '../base/errors.ts'
import { stringifyJson } from './json/cells.ts'

/** A plain value as text: text as it is, numbers and booleans as they are written, containers as JSON. */
export function textOfPlain(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) {
    const text = stringifyJson(value)
    if (text !== undefined) return text
    throw new StreamError('VALUE_TYPE_MISMATCH', 'a value holds a number that has no text')
  }
  return String(value)
}

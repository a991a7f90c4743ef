import { StreamError } from '../../base/errors.ts'
import { typeWords } from '../../data/type-strings.ts'
import { nearest } from '../diagnostic.ts'

/** What databases call a type, for who writes that. */
const sqlNames: ReadonlyMap<string, string> = new Map([
  ['varchar', 'string'],
  ['text', 'string'],
  ['bigint', 'long'],
  ['smallint', 'short'],
  ['tinyint', 'byte'],
  ['real', 'float'],
  ['bool', 'boolean'],
  ['blob', 'bytes'],
])

/**
 * What was thrown about a type string, with the word that was most likely meant where it is one word.
 *
 * @param more - words that are types here, besides those of type strings
 */
export function withNearType(thrown: unknown, given: string, more: Iterable<string> = []): unknown {
  if (!(thrown instanceof StreamError) || !/^[\w.]+$/.test(given)) return thrown
  const near = nearest(given, [...typeWords, ...more, ...sqlNames.keys()])
  if (near === undefined) return thrown
  const hint = `Did you mean "${sqlNames.get(near) ?? near}"?`
  return new StreamError(thrown.code, thrown.message, { hint, cause: thrown })
}

import { isDate, isMap, isSet } from 'node:util/types'

/**
 * What JavaScript has beside objects and lists, as one of them, whatever realm it comes from: a `Map` as an object, its keys as text; a
 * `Set` as a list in its order; a `Date` as its text. Anything else is given back.
 */
export function plainContainer(value: object): unknown {
  if (isMap(value)) return Object.fromEntries(value)
  if (isSet(value)) return [...value]
  return isDate(value) ? value.toJSON() : value
}

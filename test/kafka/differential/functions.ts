/** The user functions that plans name, in JavaScript; `OracleFunctions.java` has the same in Java. */

const tail = (expression: string): string => `(${expression}).slice(-12)`
const last = (name: string): string => `${name}.charCodeAt(${name}.length - 1)`
const orDash = (name: string): string => `(${name} === null ? '-' : ${name})`

export const predicates: Readonly<Record<string, string>> = {
  odd: `value !== null && ${last('value')} % 2 === 1`,
  low: `key !== null && key < 'c'`,
}

export const newKeys: Readonly<Record<string, string>> = {
  last: 'value === null ? null : value.slice(-1)',
  first: 'value === null ? key : value[0]',
}

export const newValues: Readonly<Record<string, string>> = {
  mark: `value === null ? null : ${tail("value + '!'")}`,
  pair: tail('`${key}:${value}`'),
  short: 'value === null || value.length > 2 ? null : value',
}

export const newPairs: Readonly<Record<string, string>> = {
  swap: `[value === null ? 'none' : value, key]`,
}

export const newPairLists: Readonly<Record<string, string>> = {
  both: `value === null ? [] : [[key, value], [value[0], ${tail('value + key')}]]`,
}

export const newValueLists: Readonly<Record<string, string>> = {
  letters: 'value === null ? [] : [...value.slice(0, 3)]',
}

export const joiners: Readonly<Record<string, string>> = {
  plus: tail(`${orDash('value1')} + '+' + ${orDash('value2')}`),
  picky: `value1 === null || value2 === null || ${last('value1')} === ${last('value2')} ? ${tail('`${value1}~${value2}`')} : null`,
}

export const aggregators: Readonly<Record<string, string>> = {
  append: tail('aggregatedValue + value'),
  appendUntilX: `value !== null && value.endsWith('x') ? null : ${tail('aggregatedValue + value')}`,
  take: tail("aggregatedValue + '-' + value"),
}

export const reducers: Readonly<Record<string, string>> = {
  append: tail('value1 + value2'),
  appendUntilX: `value2 !== null && value2.endsWith('x') ? null : ${tail('value1 + value2')}`,
  take: tail("value1 + '-' + value2"),
}

export const merger = tail("value1 + '&' + value2")
/** The first letter; none for values that begin with n. */
export const letter = "value.startsWith('n') ? null : value[0]"
/** The same of some keys; others are the foreign key themselves. */
export const letterOrKey = `key < 'c' ? (${letter}) : key`
export const windowText = '`${key.key}@${key.start}-${key.end}`'

/** The function library: which SQL functions there are, what they take, and how they become JavaScript. */
import { arithmeticFunctions } from './library/arithmetic.ts'
import { comparisonFunctions } from './library/comparison.ts'
import { hashFunctions } from './library/hash.ts'
import { mathFunctions } from './library/math.ts'
import { nestedFunctions } from './library/nested.ts'
import type { ScalarFunction } from './library/scalar-function.ts'
import { textFunctions } from './library/text.ts'
import { timeFunctions } from './library/time.ts'

export type { ScalarFunction } from './library/scalar-function.ts'

const library: readonly ScalarFunction[] = [
  ...comparisonFunctions,
  ...arithmeticFunctions,
  ...mathFunctions,
  ...textFunctions,
  ...timeFunctions,
  ...nestedFunctions,
  ...hashFunctions,
]
const byName = new Map(library.flatMap((entry) => entry.names.map((name) => [name, entry])))

/** @param name - in any case */
export function findFunction(name: string): ScalarFunction | undefined {
  return byName.get(name.toLowerCase())
}

const withoutCall = new Set([
  'is_null',
  'is_not_null',
  'is_distinct_from',
  'is_not_distinct_from',
  'between',
  'negate',
  'not',
])

/** The names that an author can write as `name(…)`, for suggestions. */
export const functionNames: readonly string[] = [...byName.keys(), 'coalesce', 'now', 'today'].filter(
  (name) => /^[a-z]\w*$/.test(name) && !withoutCall.has(name),
)

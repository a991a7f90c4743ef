/** The function library: which SQL functions there are, what they take, and how they become JavaScript. */
import { arithmeticFunctions } from './library/arithmetic.ts'
import { comparisonFunctions } from './library/comparison.ts'
import type { ScalarFunction } from './library/scalar-function.ts'

export type { ScalarFunction } from './library/scalar-function.ts'

const library: readonly ScalarFunction[] = [...comparisonFunctions, ...arithmeticFunctions]
const byName = new Map(library.flatMap((entry) => entry.names.map((name) => [name, entry])))

/** @param name - in any case */
export function findFunction(name: string): ScalarFunction | undefined {
  return byName.get(name.toLowerCase())
}

/** All names, operators included. */
export const functionNames: readonly string[] = [...byName.keys()]

/**
 * Whole numbers of SQL: a number where it is safe, a `bigint` beyond 2^53, never both for one value. Results outside the
 * range of their type are errors, as in DuckDB. `+ 0` turns −0 into 0.
 */
import { fail } from './failure.ts'

export type Whole = number | bigint

const longMin = -(2n ** 63n)
const longMax = 2n ** 63n - 1n
const safeMax = BigInt(Number.MAX_SAFE_INTEGER)

/** The one representation of a value of BIGINT. */
export function toLong(value: bigint): Whole {
  if (value < longMin || value > longMax) fail('a whole number is outside the range of BIGINT')
  return value >= -safeMax && value <= safeMax ? Number(value) : value
}

export function checkInt(value: number): number {
  return (value | 0) === value ? value + 0 : fail('a whole number is outside the range of INTEGER')
}

export function checkShort(value: number): number {
  return (value << 16) >> 16 === value ? value + 0 : fail('a whole number is outside the range of SMALLINT')
}

export function checkByte(value: number): number {
  return (value << 24) >> 24 === value ? value + 0 : fail('a whole number is outside the range of TINYINT')
}

export function addLong(a: Whole, b: Whole): Whole {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return toLong(BigInt(a) + BigInt(b))
}

export function subtractLong(a: Whole, b: Whole): Whole {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return toLong(BigInt(a) - BigInt(b))
}

export function multiplyLong(a: Whole, b: Whole): Whole {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product + 0
  }
  return toLong(BigInt(a) * BigInt(b))
}

/** Truncates toward zero; NULL for a division by zero. */
export function divideLong(a: Whole, b: Whole): Whole | null {
  if (b === 0) return null
  if (typeof a === 'number' && typeof b === 'number')
    return Math.trunc(a / b) + 0 === a / b ? a / b + 0 : exactQuotient(a, b)
  return toLong(BigInt(a) / BigInt(b))
}

/** A quotient of doubles may round up to the next whole number; the remainder tells. */
function exactQuotient(a: number, b: number): number {
  return (a - (a % b)) / b + 0
}

/** The sign follows the dividend; NULL for a division by zero. */
export function remainderLong(a: Whole, b: Whole): Whole | null {
  if (b === 0) return null
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0
  return toLong(BigInt(a) % BigInt(b))
}

export function negateLong(a: Whole): Whole {
  return typeof a === 'number' ? 0 - a : toLong(-a)
}

export function absoluteLong(a: Whole): Whole {
  if (typeof a === 'number') return Math.abs(a)
  return a < 0n ? toLong(-a) : a
}

/** Arithmetic of decimals, which are doubles that are rounded to their scale after every step. */
import { powerOfTen, roundHalfAway } from '../../data/decimal-scale.ts'
import { fail } from './failure.ts'

/** The sign follows the dividend; NULL for a division by zero. Computed on whole numbers, where it is exact. */
export function remainderDecimal(a: number, b: number, scale: number): number | null {
  const power = powerOfTen(scale)
  const divisor = roundHalfAway(b * power)
  return divisor === 0 ? null : ((roundHalfAway(a * power) % divisor) + 0) / power
}

/** Fails when `value` has more digits before the point than DECIMAL(precision, scale) holds. */
export function checkDecimal(value: number, precision: number, scale: number): number {
  if (Math.abs(value) >= powerOfTen(precision - scale))
    fail(`a number does not fit DECIMAL(${precision},${scale})`)
  return value
}

/** From one scale to a smaller one, by the decimal digits; `whole` says which way, halves away from zero where it is not given. */
export function rescale(value: number, from: number, to: number, whole = roundHalfAway): number {
  if (to >= from) return value
  const digits = roundHalfAway(value * powerOfTen(from))
  return Math.abs(digits) < 9e15 ? (whole(digits / powerOfTen(from - to)) + 0) / powerOfTen(to) : value
}

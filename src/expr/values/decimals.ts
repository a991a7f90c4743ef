/**
 * Decimals as doubles that are rounded to their scale after every step: exact to 15 significant digits, and the nearest
 * double beyond.
 */
import { fail } from './failure.ts'

const powers = Array.from({ length: 39 }, (_, exponent) => Number(`1e${exponent}`))

export function powerOfTen(exponent: number): number {
  return powers[exponent] ?? 10 ** exponent
}

/** Rounds halves away from zero; keeps the sign of a zero. */
export function roundHalfAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value)
}

/** The nearest double with `scale` digits; for results that are exact but for the error of doubles. */
export function toScale(value: number, scale: number): number {
  const power = powerOfTen(scale)
  const scaled = value * power
  return Math.abs(scaled) < 9e15 ? (roundHalfAway(scaled) + 0) / power : value
}

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

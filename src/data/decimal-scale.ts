/** Decimals as doubles that are rounded to their scale: exact to 15 significant digits, and the nearest double beyond. */

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

/** Doubles as text and back, and their rounding, as DuckDB does it. */

/** `1.0`, `0.1`, `1e+16`, `1e-05`: the shortest digits, with a point or an exponent. */
export function formatDouble(value: number, single: boolean): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const digits = single ? shortestSingle(value) : value.toExponential()
  const exponent = Number(digits.slice(digits.indexOf('e') + 1))
  if (exponent < -4 || exponent >= 16) return withExponent(digits, exponent)
  const text = String(Number(digits))
  return text.includes('.') ? text : `${text}.0`
}

function withExponent(digits: string, exponent: number): string {
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits.slice(0, digits.indexOf('e'))}e${exponent < 0 ? '-' : '+'}${size}`
}

function shortestSingle(value: number): string {
  for (let precision = 0; precision < 8; precision++) {
    const text = value.toExponential(precision)
    if (Math.fround(Number(text)) === value) return text
  }
  return value.toExponential(8)
}

/** Reads a number with blanks around it, `inf` and `nan`; `undefined` for other text. */
export function parseNumber(text: string): number | undefined {
  const trimmed = withoutGroups(text.trim().toLowerCase())
  if (/^[+-]?(?:\d+[.]?\d*|[.]\d+)(?:e[+-]?\d+)?$/.test(trimmed)) return Number(trimmed)
  const named = /^([+-]?)(inf|infinity|nan)$/.exec(trimmed)
  if (named === null) return undefined
  if (named[2] === 'nan') return Number.NaN
  return named[1] === '-' ? -Infinity : Infinity
}

/** `1_000` is a thousand. */
export function withoutGroups(text: string): string {
  return text.includes('_') ? text.replaceAll(/(?<=\d)_(?=\d)/g, '') : text
}

/** Halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value) + 0
  return (floor % 2 === 0 ? floor : floor + 1) + 0
}

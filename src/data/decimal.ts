/** Decimals as text that keeps their scale, `12.30`, so that no digit is lost: with a fixed number of decimals, or each with its own. */

const decimalText = /^([+-]?)(\d{0,400})(?:\.(\d{0,400}))?(?:[eE]([+-]?\d{1,3}))?$/

/** `1230` at scale 2 is `12.30`. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/**
 * A number as whole multiples of 10^−scale. Text and bigints must fit exactly; a double, which knows no scale, is rounded to it.
 *
 * @returns undefined for what is no number, or has decimals beyond the scale
 */
export function parseDecimal(value: unknown, scale: number): bigint | undefined {
  if (typeof value === 'bigint') return value * 10n ** BigInt(scale)
  if (typeof value === 'number') return Number.isFinite(value) ? parseDouble(value, scale) : undefined
  return typeof value === 'string' ? parseText(value.trim(), scale) : undefined
}

function parseDouble(value: number, scale: number): bigint | undefined {
  const exact = parseText(String(value), scale)
  // More decimals than the scale has: the digits beyond are the noise of doubles or not wanted.
  return exact ?? parseText(value.toFixed(Math.min(scale, 100)), scale)
}

function parseText(text: string, scale: number): bigint | undefined {
  const match = decimalText.exec(text)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  // The value is `digits` × 10^−decimals.
  const digits = multiplesOf(whole + fraction, fraction.length - Number(exponent), scale)
  if (digits === undefined) return undefined
  const unscaled = BigInt(digits === '' ? '0' : digits)
  return sign === '-' ? -unscaled : unscaled
}

/** The digits at another scale; undefined where some that are not zero would be lost. */
function multiplesOf(digits: string, decimals: number, scale: number): string | undefined {
  const surplus = decimals - scale
  if (surplus <= 0) return digits + '0'.repeat(-surplus)
  return /^0*$/.test(digits.slice(-surplus)) ? digits.slice(0, -surplus) : undefined
}

/** `unscaled` × 10^−`scale`. */
export interface Scaled {
  readonly unscaled: bigint
  /** Of 32 bits with a sign. */
  readonly scale: number
}

const scaledText = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,10}))?$/
/** More zeros than this before the first digit are an exponent, as in Java's `BigDecimal`. */
const leadingZerosMax = 6

/** As Java's `BigDecimal.toString`: another scale is another text. */
export function formatScaled({ unscaled, scale }: Scaled): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled)
  const exponent = digits.length - 1 - scale
  if (scale >= 0 && exponent >= -leadingZerosMax) return formatDecimal(unscaled, scale)
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${unscaled < 0n ? '-' : ''}${digits[0]}${fraction}E${exponent < 0 ? '' : '+'}${exponent}`
}

/** @returns undefined for what is no number, or has a scale beyond 32 bits */
export function parseScaled(value: unknown): Scaled | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const match = scaledText.exec(String(value).trim())
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const scale = fraction.length - Number(exponent)
  if (whole + fraction === '' || (scale | 0) !== scale) return undefined
  const unscaled = BigInt(whole + fraction)
  return { unscaled: sign === '-' ? -unscaled : unscaled, scale }
}

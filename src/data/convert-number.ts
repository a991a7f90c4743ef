import { Mismatch } from './mismatch.ts'

type NumberKind = 'byte' | 'short' | 'int' | 'long' | 'float' | 'double'

const ranges = {
  byte: [-128, 127],
  short: [-32_768, 32_767],
  int: [-2_147_483_648, 2_147_483_647],
} as const
const longMin = -(2n ** 63n)
const longMax = 2n ** 63n - 1n
const floatMax = 3.402_823_466_385_288_6e38
const integerText = /^[+-]?\d{1,400}$/
const decimalText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Converts to a number type: fractions are cut off for whole kinds, text is parsed, the range is checked. */
export function convertNumber(value: unknown, kind: NumberKind): unknown {
  if (kind === 'float' || kind === 'double') return convertFloating(value, kind)
  const whole = wholeNumber(value)
  if (whole === undefined) return new Mismatch(`${wordFor(value)}, not a whole number`)
  if (kind === 'long') return fitLong(whole)
  const [min, max] = ranges[kind]
  if (whole < min || whole > max) return new Mismatch(`not within ${kind}: from ${min} to ${max}`)
  return Number(whole)
}

function wholeNumber(value: unknown): number | bigint | undefined {
  switch (typeof value) {
    case 'number': {
      if (Number.isSafeInteger(value)) return value
      if (!Number.isFinite(value)) return undefined
      const whole = Math.trunc(value)
      return Number.isSafeInteger(whole) ? whole : BigInt(whole)
    }
    case 'bigint':
      return value
    case 'string': {
      const text = value.trim()
      return integerText.test(text) ? BigInt(text.startsWith('+') ? text.slice(1) : text) : undefined
    }
    default:
      return undefined
  }
}

function fitLong(whole: number | bigint): unknown {
  if (typeof whole === 'number') return whole === 0 ? 0 : whole
  if (whole < longMin || whole > longMax)
    return new Mismatch(`not within long: from ${longMin} to ${longMax}`)
  const number = Number(whole)
  return Number.isSafeInteger(number) ? number : whole
}

function convertFloating(value: unknown, kind: 'float' | 'double'): unknown {
  const number = floatingNumber(value)
  if (number === undefined) return new Mismatch(`${wordFor(value)}, not a number`)
  if (kind === 'double') return number
  if (Number.isFinite(number) && Math.abs(number) > floatMax) {
    return new Mismatch(`not within float: from -${floatMax} to ${floatMax}`)
  }
  return Math.fround(number)
}

function floatingNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (decimalText.test(text)) return Number(text)
  return /^(?:NaN|[+-]?Infinity)$/.test(text) ? Number(text) : undefined
}

function wordFor(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'text'
    case 'boolean':
      return 'a boolean'
    case 'number':
      return 'not finite'
    case 'object':
      return Array.isArray(value) ? 'a list' : 'an object'
    default:
      return `a ${typeof value}`
  }
}

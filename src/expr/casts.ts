import { parseInterval } from '../data/intervals.ts'
import { dayMicros, parseDate, parseTimestamp } from '../data/times.ts'
import type { DataType } from '../data/types.ts'
import { isFloatingKind, isNumberKind, isWholeKind } from './values/compare.ts'
import { powerOfTen, roundHalfAway, toScale } from '../data/decimal-scale.ts'
import { checkDecimal, rescale } from './values/decimals.ts'
import { fail } from './values/failure.ts'
import { checkByte, checkInt, checkShort, toLong } from './values/integers.ts'
import { formatInterval } from './values/intervals.ts'
import { isJsonType, jsonText } from './values/json-paths.ts'
import { formatDouble, parseNumber, roundHalfEven, withoutGroups } from './values/numbers.ts'
import { formatDate, formatTime, formatTimestamp } from './values/times.ts'
import { typeName } from './type-name.ts'

/** Converts a value that is not NULL. */
type Convert = (value: never) => unknown

/**
 * The conversion from one type to another; `undefined` where the value stays as it is.
 *
 * @param tolerant - TRY_CAST: NULL where a cast fails, instead of `EXPRESSION_FAILED`
 */
export function castFunction(from: DataType, to: DataType, tolerant: boolean): Convert | undefined {
  const convert = findCast(from, to)
  if (convert === undefined || convert === 'none') return undefined
  return tolerant ? withoutFailure(convert) : convert
}

/** Whether there is a conversion. */
export function canCast(from: DataType, to: DataType): boolean {
  return findCast(from, to) !== 'none'
}

function findCast(from: DataType, to: DataType): Convert | 'none' | undefined {
  if (from.kind === 'null' || (from.kind === to.kind && from.kind !== 'decimal')) return undefined
  if (isJsonType(from)) return castJson(to)
  if (isWholeKind(to)) return toWhole(from, to)
  switch (to.kind) {
    case 'double':
    case 'float':
      return toFloating(from, to)
    case 'decimal':
      return toDecimal(from, to)
    case 'boolean':
      return toBoolean(from)
    case 'string':
      return toText(from)
    case 'timestamp':
    case 'date':
    case 'interval':
      return toTime(from, to)
    default:
      return 'none'
  }
}

function withoutFailure(convert: Convert): Convert {
  return (value) => {
    try {
      return convert(value)
    } catch {
      return null
    }
  }
}

/** A JSON value decides at run time what it is. */
function castJson(to: DataType): Convert | 'none' {
  const fromText = findCast({ kind: 'string' }, to)
  if (fromText === 'none') return 'none'
  const double = findCast({ kind: 'double' }, to)
  const boolean = findCast({ kind: 'boolean' }, to)
  return (value: unknown) => {
    const text = typeof value === 'string' ? fromText : 'none'
    const convert = typeof value === 'number' ? double : typeof value === 'boolean' ? boolean : text
    if (to.kind === 'string') return jsonText(value)
    if (convert === undefined) return value
    if (convert !== 'none') return convert(value as never)
    return fail(`could not convert a JSON value to ${typeName(to)}`)
  }
}

const wholeChecks: Readonly<Record<string, (value: number) => unknown>> = {
  byte: checkByte,
  short: checkShort,
  int: checkInt,
  long: (value) => (Number.isSafeInteger(value) ? value + 0 : toLong(BigInt(value))),
}

function toWhole(from: DataType, to: DataType): Convert | 'none' {
  const check = wholeChecks[to.kind] ?? ((): never => fail(`no cast to ${typeName(to)}`))
  if (isWholeKind(from)) return check
  if (isFloatingKind(from)) return (value: number) => check(finite(roundHalfEven(value), to))
  if (from.kind === 'decimal') return (value: number) => check(rescale(value, from.scale, 0))
  if (from.kind === 'boolean') return (value: boolean) => (value ? 1 : 0)
  if (from.kind !== 'string') return 'none'
  return (value: string) => {
    const trimmed = withoutGroups(value.trim())
    // Hexadecimal and binary digits have no sign.
    if (/^(?:[+-]?\d+|0x[\da-f]+|0b[01]+)$/i.test(trimmed))
      return to.kind === 'long' ? toLong(BigInt(trimmed)) : check(Number(trimmed))
    return check(roundHalfAway(finite(parseNumber(value) ?? notThe(to), to)) + 0)
  }
}

function finite(value: number, to: DataType): number {
  return Number.isFinite(value)
    ? value
    : fail(`could not convert a number that is not finite to ${typeName(to)}`)
}

function notThe(to: DataType): never {
  return fail(`could not convert text to ${typeName(to)}`)
}

function toFloating(from: DataType, to: DataType): Convert | 'none' {
  const narrow = to.kind === 'float' ? Math.fround : (value: number): number => value
  if (from.kind === 'double' && to.kind === 'float') return toSingle
  if (isNumberKind(from)) return (value: number | bigint) => narrow(Number(value))
  if (from.kind === 'boolean') return (value: boolean) => (value ? 1 : 0)
  if (from.kind !== 'string') return 'none'
  return (value: string) => narrow(parseNumber(value) ?? notThe(to))
}

/** What is finite stays so. */
function toSingle(value: number): number {
  const single = Math.fround(value)
  return Number.isFinite(single) || !Number.isFinite(value)
    ? single
    : fail('a number is outside the range of FLOAT')
}

function toDecimal(from: DataType, to: DataType & { kind: 'decimal' }): Convert | 'none' | undefined {
  const fit = (value: number): number => checkDecimal(value, to.precision, to.scale)
  if (from.kind === 'decimal') {
    const wider = to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale
    return wider ? undefined : (value: number) => fit(rescale(value, from.scale, to.scale))
  }
  if (isWholeKind(from)) return (value: number | bigint) => fit(Number(value))
  if (isFloatingKind(from)) return (value: number) => fit(toScale(finite(value, to), to.scale))
  if (from.kind === 'boolean') return (value: boolean) => fit(value ? 1 : 0)
  if (from.kind !== 'string') return 'none'
  return (value: string) => fit(roundText(value, to))
}

/** Rounds by the digits of the text, not by those of the nearest double. */
function roundText(value: string, to: DataType & { kind: 'decimal' }): number {
  const number = finite(parseNumber(value) ?? notThe(to), to)
  const nudged = number * powerOfTen(to.scale) * (1 + Number.EPSILON)
  return Math.abs(nudged) < 9e15 ? (roundHalfAway(nudged) + 0) / powerOfTen(to.scale) : number
}

function toBoolean(from: DataType): Convert | 'none' {
  if (isNumberKind(from)) return (value: number | bigint) => Number(value) !== 0
  if (from.kind !== 'string') return 'none'
  return (value: string) => {
    const word = value.toLowerCase()
    if (['true', 't', 'yes', 'y', '1'].includes(word)) return true
    return ['false', 'f', 'no', 'n', '0'].includes(word) ? false : notThe({ kind: 'boolean' })
  }
}

function toText(from: DataType): Convert | 'none' | undefined {
  if (isWholeKind(from) || from.kind === 'boolean') return String
  switch (from.kind) {
    case 'double':
      return (value: number) => formatDouble(value, false)
    case 'float':
      return (value: number) => formatDouble(value, true)
    case 'decimal':
      return (value: number) => value.toFixed(from.scale)
    case 'timestamp':
      return formatTimestamp
    case 'date':
      return formatDate
    case 'time':
      return formatTime
    case 'interval':
      return formatInterval
    case 'uuid':
    case 'enum':
      return undefined
    default:
      return 'none'
  }
}

function toTime(from: DataType, to: DataType): Convert | 'none' {
  if (from.kind === 'timestamp' && to.kind === 'date') return (value: number) => Math.floor(value / dayMicros)
  if (from.kind === 'date' && to.kind === 'timestamp') return (value: number) => value * dayMicros
  if (from.kind !== 'string') return 'none'
  if (to.kind === 'interval') return (value: string) => parseInterval(value) ?? notThe(to)
  const parse = to.kind === 'date' ? parseDate : parseTimestamp
  return (value: string) => parse(value) ?? notThe(to)
}

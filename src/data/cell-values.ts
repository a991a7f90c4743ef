/**
 * What a cell of a format without types of its own, such as JSON, is as a value of its column's type: the one place that says what fits a
 * column.
 */
import { powerOfTen, toScale } from './decimal-scale.ts'
import { isInterval, parseInterval, type Interval } from './intervals.ts'
import { fitsType } from './fits-type.ts'
import { isDate, isTime, isTimestamp, parseDate, parseTime, parseTimestamp } from './times.ts'
import type { DataType } from './types.ts'

/** Gives `null` for what does not fit the column, and for null. */
export type CellConverter = (value: unknown) => unknown

/** How plain values become those of a column of this type; `undefined` where each is taken as it is. */
export function cellConverter(type: DataType): CellConverter | undefined {
  switch (type.kind) {
    case 'boolean':
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
      return (value) => (fitsType(value, type) ? value : null)
    case 'string':
    case 'uuid':
    case 'enum':
      return (value) => (typeof value === 'string' ? value : null)
    case 'float':
    case 'double':
      return numberOf
    case 'decimal':
      return decimalConverter(type.precision, type.scale)
    case 'list':
      return listConverter(type.of)
    default:
      return timeConverters[type.kind]
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : null
}

/** Rounds to the scale, as a cast does; what has more digits before the point than there is room for does not fit. */
function decimalConverter(precision: number, scale: number): CellConverter {
  const limit = powerOfTen(precision - scale)
  return (value) => {
    const number = numberOf(value)
    if (number === null) return null
    const rounded = toScale(number, scale)
    return Math.abs(rounded) < limit ? rounded : null
  }
}

/** Times as numbers in their unit, or as text. */
const timeConverters: Readonly<Partial<Record<DataType['kind'], CellConverter>>> = {
  timestamp: (value) => fromNumberOrText(value, isTimestamp, parseTimestamp),
  date: (value) => fromNumberOrText(value, isDate, parseDate),
  time: (value) => fromNumberOrText(value, isTime, parseTime),
  interval: (value) => (typeof value === 'object' ? fromParts(value) : fromText(value, parseInterval)),
}

function fromNumberOrText(
  value: unknown,
  fits: (number: number) => boolean,
  parse: (text: string) => number | undefined,
): number | null {
  if (typeof value !== 'number' && typeof value !== 'bigint') return fromText(value, parse)
  return fits(Number(value)) ? Number(value) : null
}

function fromText<T>(value: unknown, parse: (text: string) => T | undefined): T | null {
  return typeof value === 'string' ? (parse(value) ?? null) : null
}

/** A span as values of it are kept, and so written where nobody made text of it. */
function fromParts(value: object | null): Interval | null {
  const { months, days, micros } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (!Number.isInteger(months) || !Number.isInteger(days)) return null
  if (!Number.isInteger(micros) && typeof micros !== 'bigint') return null
  const interval = { months: Number(months), days: Number(days), micros: Number(micros) }
  return isInterval(interval) ? interval : null
}

/** A list fits where all its elements do; formats with types of their own have decimals in it as text. */
function listConverter(of: DataType): CellConverter {
  const convert = of.kind === 'decimal' ? undefined : cellConverter(of)
  if (convert === undefined) return (value) => (Array.isArray(value) ? value : null)
  return (value) => {
    if (!Array.isArray(value)) return null
    const items = value.map(convert)
    return items.every((item, index) => item !== null || value[index] === null) ? items : null
  }
}

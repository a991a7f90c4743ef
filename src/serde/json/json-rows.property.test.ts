/** Law: whatever a record holds, its columns are the same by whichever way they are read: one by one, copied, or all parsed at once. */
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { parseJson } from '../../data/exact-json.ts'
import { parseInterval } from '../../data/intervals.ts'
import { parseDate, parseTime, parseTimestamp } from '../../data/times.ts'
import { SlicedRow, type Row } from '../../data/row.ts'
import { SelectedRow, type SelectedColumn } from '../../data/selected-row.ts'
import type { Column, DataType } from '../../data/types.ts'
import { StreamError } from '../../base/errors.ts'
import { JsonRowReader } from './json-row-reader.ts'
import { JsonRowWriter } from './json-row-writer.ts'

const runs = Number(process.env['PROPERTY_RUNS'] ?? 2000)
const list: DataType = { kind: 'list', of: { kind: 'any' } }
const types: Readonly<Record<string, DataType>> = {
  any: { kind: 'any' },
  truth: { kind: 'boolean' },
  tiny: { kind: 'byte' },
  short: { kind: 'short' },
  int: { kind: 'int' },
  long: { kind: 'long' },
  double: { kind: 'double' },
  money: { kind: 'decimal', precision: 5, scale: 2 },
  'naïve "text"': { kind: 'string' },
  at: { kind: 'timestamp' },
  day: { kind: 'date' },
  clock: { kind: 'time' },
  span: { kind: 'interval' },
  list,
  longs: { kind: 'list', of: { kind: 'long' } },
}
const columns: readonly Column[] = Object.entries(types).map(([name, type]) => ({ name, type }))

const whole = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '-5',
    '86400000001',
    '127',
    '128',
    '-129',
    '32767',
    '32768',
    '2147483647',
    '2147483648',
    '999999999',
  ),
  fc.constantFrom('999999999999999999', '9223372036854775807', '9223372036854775808', '-9223372036854775808'),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
)
const scalar = fc.oneof(
  whole,
  fc.constantFrom('1.0', '-12.50', '1e3', '1E-7', '0.1', '19.999', '-0.125', '999.994', '999.995', '2e18'),
  fc.constantFrom('true', 'false', 'null'),
  fc.constantFrom(
    '"2024-05-31"',
    '"2024-05-31T12:00:00Z"',
    '"2024-13-31"',
    '"12:30"',
    '"24:00:01"',
    '"1 day"',
    '""',
    '"\\u00e9"',
    '"é"',
    '"12"',
  ),
)
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`) },
  { weight: 1, arbitrary: scalar.map((inner) => `{"a": ${inner}}`) },
  { weight: 1, arbitrary: fc.constant('{"months":0,"days":1,"micros":0}') },
)
const names = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...Object.keys(types)).map((name) => JSON.stringify(name)) },
  { weight: 1, arbitrary: fc.constantFrom('"other"', '"\\u0069nt"', '"long\\u0020"') },
)
const blanks = fc.constantFrom('', '', '', ' ', '\n')
const record = fc
  .array(fc.tuple(names, value, blanks), { maxLength: 8 })
  .map(
    (fields) =>
      `{${fields.map(([name, inner, blank]) => `${blank}${name}${blank}:${blank}${inner}${blank}`).join(',')}}`,
  )
/** Whole records, and some with a byte changed. */
const bytes = fc
  .tuple(
    record,
    fc.option(fc.tuple(fc.nat(), fc.constantFrom(0x22, 0x2c, 0x30, 0x2e, 0x65, 0x2d, 0xc3, 0x20))),
  )
  .map(([text, edit]) => {
    const buffer = Buffer.from(text)
    if (edit !== null) buffer[edit[0] % buffer.length] = edit[1]
    return buffer
  })
/** Output columns: neighbours under their own names, and now and then another. */
const layouts = fc
  .array(fc.tuple(fc.nat({ max: columns.length - 1 }), fc.nat({ max: 3 }), fc.integer({ min: 0, max: 9 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((runs) =>
    runs.flatMap(([first, length, rename]) =>
      columns.slice(first, first + length + 1).map((column, index) => ({
        ...column,
        index: first + index,
        name: rename === 0 ? `${column.name}2` : column.name,
      })),
    ),
  )
  .map((chosen) => chosen.filter(({ name }, index) => chosen.findIndex((one) => one.name === name) === index))

function eager(buffer: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer))
  } catch {
    return undefined
  }
  const parsed = parseJson(buffer.toString())
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  const fields = new Map(Object.entries(parsed))
  return Object.fromEntries(
    columns.map(({ name, type }) => {
      const value: unknown = fields.get(name) ?? null
      return [name, value !== null && naivelyFits(value, type) ? naivelyRead(value, type) : null]
    }),
  )
}

function naivelyRead(value: unknown, type: DataType): unknown {
  return type.kind === 'decimal' ? inCents(value) : value
}

/** Halves go away from zero; nothing is left of a thousand or more. Minus zero stays, which is equal to zero everywhere. */
function inCents(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const cents = Math.floor(Math.abs(Number(value)) * 100 + 0.5)
  return cents < 100_000 ? (Math.sign(Number(value)) * cents) / 100 : undefined
}

const bits: Readonly<Record<string, number>> = { byte: 7, short: 15, int: 31, long: 63 }

function naivelyFits(value: unknown, type: DataType): boolean {
  const limit = bits[type.kind]
  if (limit !== undefined) {
    // Beyond 2^53 only a whole number without exponent is exact.
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return false
    if (typeof value !== 'number' && typeof value !== 'bigint') return false
    return BigInt.asIntN(limit + 1, BigInt(value)) === BigInt(value)
  }
  if (type.kind === 'list') {
    return Array.isArray(value) && value.every((item) => item === null || naivelyFits(item, type.of))
  }
  if (type.kind === 'decimal') return inCents(value) !== undefined
  if (type.kind === 'double') return typeof value === 'number' || typeof value === 'bigint'
  if (type.kind === 'timestamp' || type.kind === 'date')
    return naivelyTime(value, type.kind === 'date' ? 1e8 : 8.64e18)
  if (type.kind === 'time') return naivelyClock(value)
  if (type.kind === 'interval') return naivelySpan(value)
  return type.kind === 'any' || typeof value === (type.kind === 'string' ? 'string' : 'boolean')
}

function naivelyClock(value: unknown): boolean {
  if (typeof value === 'string') return parseTime(value) !== undefined
  return (
    (typeof value === 'bigint' || Number.isInteger(value)) && Number(value) >= 0 && Number(value) <= 86_400e6
  )
}

function naivelySpan(value: unknown): boolean {
  if (typeof value === 'string') return parseInterval(value) !== undefined
  if (typeof value !== 'object') return false
  const { months, days, micros } = value as Record<string, unknown>
  return [months, days, micros].every((part) => Number.isInteger(part))
}

function naivelyTime(value: unknown, max: number): boolean {
  if (typeof value === 'bigint') return Math.abs(Number(value)) <= max
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) <= max
  return typeof value === 'string' && (parseDate(value) ?? parseTimestamp(value)) !== undefined
}

function outcome<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof StreamError && error.code === 'VALUE_MALFORMED') return undefined
    throw error
  }
}

function written(row: Row, columns: readonly SelectedColumn[]): unknown {
  const writer = new ByteWriter()
  new JsonRowWriter({ columns }).write(new SelectedRow({ columns }, [row], 0), writer)
  return parseJson(writer.view().toString())
}

// One reader for all records: what it remembers of earlier ones must not matter.
const reader = new JsonRowReader(columns)
const row = new SlicedRow(reader.shape)

describe('columns of a JSON record', () => {
  property.prop([bytes, layouts, fc.boolean()], { numRuns: runs })(
    'are those that parsing gives, one by one, copied, and copied from a kept row',
    (buffer, layout, readFirst) => {
      const expected = eager(buffer)
      const accepted = outcome(() => reader.read(buffer, 0, buffer.length, row) ?? true)
      expect(accepted).toBe(expected === undefined ? undefined : true)
      if (expected === undefined) return
      const cells = (of: Row): unknown => columns.map((_, index) => of.get(index))
      if (readFirst) expect(cells(row)).toEqual(Object.values(expected))
      const output = layout.map(({ index, ...column }): SelectedColumn => ({
        ...column,
        from: 'row',
        scope: 0,
        index,
        sourceName: columns[index]?.name ?? '',
      }))
      const copy = Object.fromEntries(layout.map(({ name, index }) => [name, Object.values(expected)[index]]))
      expect(written(row, output)).toEqual(copy)
      expect(cells(row)).toEqual(Object.values(expected))
      const kept = row.detach()
      expect(written(kept, output)).toEqual(copy)
      expect(cells(kept)).toEqual(Object.values(expected))
    },
  )
})

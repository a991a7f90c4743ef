import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseInterval } from '../../data/intervals.ts'
import { parseDate, parseTimestamp } from '../../data/times.ts'
import { addToTimestamp, formatInterval } from './intervals.ts'
import { borderCounter, partReader, truncation } from './time-parts.ts'
import { formatTimestamp } from './times.ts'

test('a timestamp survives its text', () => {
  const micros = fc.integer({ min: -8_000_000_000_000_000, max: 8_000_000_000_000_000 })
  fc.assert(
    fc.property(micros, (value) => {
      expect(parseTimestamp(formatTimestamp(value))).toBe(value)
    }),
  )
})

test.each([
  ['2024-05-31T12:34:56.789Z', 1_717_158_896_789_000],
  ['2024-05-31 12:34:56', 1_717_158_896_000_000],
  ['2024-05-31T14:34:56+02:00', 1_717_158_896_000_000],
  ['2024-05-31', 1_717_113_600_000_000],
  ['1969-12-31 23:59:59.5', -500_000],
  ['2001/01/01 00:47', 978_310_020_000_000],
  ['2024-05-30 24:00:00', 1_717_113_600_000_000],
])('reads %s as microseconds in UTC', (text, micros) => {
  expect(parseTimestamp(text)).toBe(micros)
})

test.each(['', 'soon', '2024-02-30', '2024-01-01 24:00:01', '2024-13-01', '12'])(
  'does not read "%s" as a time',
  (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
    expect(parseDate(text)).toBeUndefined()
  },
)

test('months are added by the calendar and cut to the length of the month', () => {
  const january = parseTimestamp('2024-01-31 10:00:00') ?? 0
  expect(formatTimestamp(addToTimestamp(january, { months: 1, days: 0, micros: 0 }))).toBe(
    '2024-02-29 10:00:00',
  )
  expect(formatTimestamp(addToTimestamp(january, { months: -11, days: 1, micros: 0 }))).toBe(
    '2023-03-01 10:00:00',
  )
})

test('intervals are read and written as DuckDB does', () => {
  const text = (source: string): string =>
    formatInterval(parseInterval(source) ?? { months: 0, days: 0, micros: -1 })
  expect(text('1 year 2 months 3 days 4 hours')).toBe('1 year 2 months 3 days 04:00:00')
  expect(text('90 minutes')).toBe('01:30:00')
  expect(text('2 days 03:04:05.5')).toBe('2 days 03:04:05.5')
  expect(text('1 mon 10ms ago')).toBe('-1 month -00:00:00.01')
  expect(parseInterval('1 fortnight')).toBeUndefined()
})

test('names of parts may be plural, short and in any case', () => {
  const time = parseTimestamp('2024-12-30 10:11:12') ?? 0
  expect(partReader('YEARS')?.(time)).toBe(2024)
  expect(partReader('isoyear')?.(time)).toBe(2025)
  expect(partReader('week')?.(time)).toBe(1)
  expect(truncation('hr')?.(time)).toBe(parseTimestamp('2024-12-30 10:00:00'))
  expect(borderCounter('month')?.(time, parseTimestamp('2025-02-01') ?? 0)).toBe(2)
  expect(partReader('constructor')).toBeUndefined()
})

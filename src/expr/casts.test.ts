import { expect, test } from 'vitest'
import type { DataType } from '../data/types.ts'
import { canCast, castFunction } from './casts.ts'

const type = (kind: string): DataType => ({ kind }) as DataType
const decimal: DataType = { kind: 'decimal', precision: 5, scale: 2 }

function cast(from: DataType, to: DataType, value: unknown, tolerant = false): unknown {
  const convert = castFunction(from, to, tolerant)
  return convert === undefined ? value : convert(value as never)
}

test.each([
  ['double', 'string', 100000, '100000.0'],
  ['double', 'string', 1e16, '1e+16'],
  ['double', 'string', 1.5e-7, '1.5e-07'],
  ['double', 'string', -0, '-0.0'],
  ['double', 'string', Infinity, 'inf'],
  ['float', 'string', Math.fround(1.1), '1.1'],
  ['string', 'long', ' 9007199254740993 ', 9007199254740993n],
  ['string', 'int', '1.5', 2],
  ['double', 'int', 2.5, 2],
  ['double', 'int', 3.5, 4],
  ['string', 'boolean', 'T', true],
  ['string', 'double', '1e3', 1000],
  ['boolean', 'int', true, 1],
  ['long', 'double', 2n ** 60n, 2 ** 60],
  ['string', 'date', '1970-01-02', 1],
  ['timestamp', 'date', -1, -1],
  ['any', 'long', '12', 12],
  ['any', 'string', { a: [1] }, '{"a":[1]}'],
])('casts %s to %s: %s gives %s', (from, to, value, expected) => {
  expect(cast(type(from), type(to), value)).toBe(expected)
})

test('a decimal is rounded by its digits, away from zero', () => {
  expect(cast({ kind: 'decimal', precision: 5, scale: 3 }, decimal, 1.005)).toBe(1.01)
  expect(cast(type('string'), decimal, '-1.005')).toBe(-1.01)
  expect(() => cast(type('double'), decimal, 1000)).toThrow('a number does not fit DECIMAL(5,2)')
})

test('what does not fit fails without its value in the message, or is NULL under TRY_CAST', () => {
  expect(() => cast(type('string'), type('int'), 'secret')).toThrow(/^could not convert text to INTEGER$/)
  expect(() => cast(type('long'), type('short'), 40000)).toThrow(
    'a whole number is outside the range of SMALLINT',
  )
  expect(cast(type('string'), type('int'), 'secret', true)).toBe(null)
})

test('there is no cast between times and numbers', () => {
  expect(canCast(type('timestamp'), type('long'))).toBe(false)
  expect(canCast(type('boolean'), type('date'))).toBe(false)
})

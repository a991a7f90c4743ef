import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareDouble, compareText, deepEquals } from './compare.ts'

test('text is ordered by its UTF-8 bytes', () => {
  const unit = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\uFF5E', '👍', '\uE000') })
  fc.assert(
    fc.property(unit, unit, (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

test('NaN equals itself and is above every number', () => {
  expect(compareDouble(Number.NaN, Number.NaN)).toBe(0)
  expect(compareDouble(Number.NaN, Infinity)).toBe(1)
  expect(compareDouble(-Infinity, Number.NaN)).toBe(-1)
  expect(compareDouble(-0, 0)).toBe(0)
})

test('lists and structs are equal when all inside them is', () => {
  expect(deepEquals([1, { a: null }], [1, { a: null }])).toBe(true)
  expect(deepEquals([1], { 0: 1 })).toBe(false)
  expect(deepEquals({ a: 1 }, { a: 1, b: 2 })).toBe(false)
})

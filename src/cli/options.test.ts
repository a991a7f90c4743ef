import { expect, test } from 'vitest'
import { durationMs } from './options.ts'

test('takes durations with a unit, and asks for one where it is missing', () => {
  expect(['100ms', '5s', '1h30m', '0'].map(durationMs)).toEqual([100, 5000, 5_400_000, 0])
  expect(() => durationMs('5')).toThrow('It takes a unit: 5ms, or 5s?')
  expect(() => durationMs('soon')).toThrow('It takes a duration such as 100ms, 5s or 1h30m.')
})

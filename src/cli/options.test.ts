import { expect, test } from 'vitest'
import { atLeast, durationMs, sizeBytes } from './options.ts'

test('takes durations with a unit, and asks for one where it is missing', () => {
  expect(['100ms', '5s', '1h30m', '0'].map(durationMs)).toEqual([100, 5000, 5_400_000, 0])
  expect(() => durationMs('5')).toThrow('It takes a unit: 5ms, or 5s?')
  expect(() => durationMs('soon')).toThrow('It takes a duration such as 100ms, 5s or 1h30m.')
})

test('a minimum is refused below, and said', () => {
  const memory = atLeast('1MiB', sizeBytes)
  expect([memory('1MiB'), memory('2GiB')]).toEqual([2 ** 20, 2 ** 31])
  for (const little of ['0', '1', '1023KiB']) expect(() => memory(little)).toThrow('It takes 1MiB at least.')
})

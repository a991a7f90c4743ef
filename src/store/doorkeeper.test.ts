import { expect, test } from 'vitest'
import { Doorkeeper } from './doorkeeper.ts'

const keys = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `customer-${from + index}`)

test('lets in what was asked for before, and hardly anything else', () => {
  const door = new Doorkeeper(4000)
  const admitted = (some: readonly (string | number | bigint)[]): number =>
    some.filter((key) => door.admits(key)).length
  expect(admitted(keys(0, 900))).toBeLessThan(20)
  expect(admitted(keys(0, 900))).toBe(900)
  expect(admitted([1, 2n, 1, 2n])).toBe(2)
})

test('forgets what was not asked for again while many others were', () => {
  const door = new Doorkeeper(4000)
  const isRemembered = (others: number): boolean => {
    door.admits('a')
    for (const key of keys(0, others)) door.admits(key + String(others))
    return door.admits('a')
  }
  expect([isRemembered(900), isRemembered(2200)]).toEqual([true, false])
})

test('a store may keep nothing', () => {
  const door = new Doorkeeper(0)
  expect([door.admits('a'), door.admits('a')]).toEqual([false, true])
})

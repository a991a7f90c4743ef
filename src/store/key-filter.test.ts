import { expect, test } from 'vitest'
import { CleanBudget } from './clean-budget.ts'
import { KeyFilter } from './key-filter.ts'

const keyOf = (number: number): Buffer => Buffer.from(`customer-${number}`)
const countOf = (filter: KeyFilter, from: number, to: number): number => {
  let count = 0
  for (let number = from; number < to; number++) if (filter.mayHave(keyOf(number))) count++
  return count
}

function filterOf(keys: number, budget: CleanBudget): KeyFilter {
  const filter = KeyFilter.begin(budget)
  if (filter === undefined) throw new Error('the budget has no room')
  for (let number = 0; number < keys; number++) filter.add(keyOf(number))
  return filter
}

test('knows each key, and hardly takes another one for known, at two or three bytes a key', () => {
  const budget = new CleanBudget()
  const filter = filterOf(200_000, budget)
  expect(countOf(filter, 0, 200_000)).toBe(200_000)
  expect(countOf(filter, 200_000, 300_000)).toBeLessThan(2000)
  expect(budget.usedBytes).toBeLessThan(200_000 * 2.7)
  for (let number = 0; number < 200_000; number++) filter.add(keyOf(number))
  expect(budget.usedBytes).toBeLessThan(200_000 * 2.7)
  filter.close()
  expect(budget.usedBytes).toBe(0)
})

test('takes a quarter of a budget at most, and knows each key all the same', () => {
  const budget = new CleanBudget(400_000)
  const filter = filterOf(200_000, budget)
  expect(countOf(filter, 0, 200_000)).toBe(200_000)
  expect(budget.usedBytes).toBeLessThanOrEqual(100_000)
  expect(KeyFilter.begin(new CleanBudget(1000))).toBeUndefined()
})

import { describe, expect, test } from 'vitest'
import { CleanBudget } from './clean-budget.ts'
import { CleanRing } from './clean-ring.ts'
import { goneGeneration, Slot } from './slot.ts'

const slotsOf = (...identities: readonly string[]): Slot[] => identities.map((identity) => new Slot(identity))

test('places of slots that are gone are taken before others are evicted', () => {
  const evicted: unknown[] = []
  const ring = new CleanRing(4, ({ identity }) => evicted.push(identity))
  const slots = slotsOf('a', 'b', 'c', 'd')
  for (const slot of slots) ring.keep(slot)
  for (const slot of slots.slice(0, 2)) slot.generation = goneGeneration
  for (const slot of slotsOf('e', 'f')) ring.keep(slot)
  expect(evicted).toEqual([])
  ring.keep(new Slot('g'))
  expect(evicted).toEqual(['c'])
})

test('what was read is spared once, and what is dirty gives up its place', () => {
  const evicted: unknown[] = []
  const ring = new CleanRing(3, ({ identity }) => evicted.push(identity))
  const [read, dirty, plain] = slotsOf('read', 'dirty', 'plain') as [Slot, Slot, Slot]
  for (const slot of [read, dirty, plain]) ring.keep(slot)
  read.touched = true
  dirty.generation = 1
  for (const slot of slotsOf('x', 'y')) ring.keep(slot)
  expect(evicted).toEqual(['plain'])
  expect([read.keptBytes > 0, dirty.keptBytes]).toEqual([true, 0])
  ring.keep(new Slot('z'))
  expect(evicted).toEqual(['plain', 'read'])
})

test('what is over is taken up to the first that is not, and what nobody knows of goes like others', () => {
  const [evicted, taken]: [unknown[], unknown[]] = [[], []]
  const ring = new CleanRing<string>(5000, ({ identity }) => evicted.push(identity))
  for (let number = 0; number < 3000; number++) ring.keep(new Slot(String(number)))
  const isOver = (to: number) => (slot: Slot<string>) =>
    slot.identity === '7' ? undefined : Number(slot.identity) < to
  ring.takeOver(isOver(1000), ({ identity }) => taken.push(identity))
  ring.takeOver(isOver(2000), ({ identity, generation }) => taken.push(identity, generation))
  expect(evicted).toEqual(['7'])
  expect(taken).toHaveLength(999 + 2 * 1000)
  expect(taken.slice(0, 2)).toEqual(['0', '1'])
  expect(taken.slice(-2)).toEqual(['1999', goneGeneration])
})

describe('a budget of memory', () => {
  const large = (identity: string, valueBytes = 9800): Slot =>
    Object.assign(new Slot(identity), { valueBytes })

  test('bounds what stores have together, whatever the number of entries', () => {
    const evicted: unknown[] = []
    const budget = new CleanBudget(100_000)
    const ring = new CleanRing(1000, ({ identity }) => evicted.push(identity), budget)
    for (let number = 0; number < 30; number++) ring.keep(large(String(number)))
    expect(evicted).toHaveLength(19)
    expect(budget.usedBytes).toBe(110_000)
    ring.clear()
    expect(budget.usedBytes).toBe(0)
  })

  test('leaves each store its share, where another has taken all', () => {
    const budget = new CleanBudget(100_000)
    const evicted = { first: 0, second: 0 }
    const first = new CleanRing(1000, () => evicted.first++, budget)
    const second = new CleanRing(1000, () => evicted.second++, budget)
    for (let number = 0; number < 10; number++) first.keep(large(`a${number}`))
    for (let number = 0; number < 10; number++) second.keep(large(`b${number}`))
    expect(evicted).toEqual({ first: 0, second: 4 })
    first.keep(large('a10'))
    expect(evicted).toEqual({ first: 5, second: 4 })
  })

  test('counts a place as what it was when it was taken', () => {
    const budget = new CleanBudget(100_000)
    const ring = new CleanRing(1, () => {}, budget)
    const slot = large('a')
    ring.keep(slot)
    slot.valueBytes = 50
    ring.keep(large('b', 800))
    expect(budget.usedBytes).toBe(1000)
  })
})

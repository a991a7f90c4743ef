import { expect, test } from 'vitest'
import { CleanRing } from './clean-ring.ts'
import { goneGeneration, Slot } from './slot.ts'

test('places of slots that are gone are there for others after a sweep', () => {
  const evicted: unknown[] = []
  const ring = new CleanRing(4, ({ identity }) => evicted.push(identity))
  const slots = ['a', 'b', 'c', 'd'].map((identity) => new Slot(identity))
  for (const slot of slots) ring.keep(slot)
  for (const slot of slots.slice(0, 2)) slot.generation = goneGeneration
  ring.sweep()
  ring.keep(new Slot('e'))
  ring.keep(new Slot('f'))
  expect(evicted).toEqual([])
  ring.keep(new Slot('g'))
  expect(evicted).toEqual(['c'])
})

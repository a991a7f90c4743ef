import { expect, test } from 'vitest'
import { ManualClock } from './manual-clock.ts'
import { seededRandom } from './random.ts'

test('runs timers in order of time, then of being set, and none that was cancelled', async () => {
  const clock = new ManualClock()
  const random = seededRandom(5)
  const ran: { readonly atMs: number; readonly index: number }[] = []
  const cancelled = new Set<number>()
  const timers = Array.from({ length: 300 }, (_, index) =>
    clock.setTimer(random.below(50), () => ran.push({ atMs: clock.monotonicMs(), index })),
  )
  for (const [index, timer] of timers.entries()) {
    if (random.next() > 0.3) continue
    cancelled.add(index)
    timer.cancel()
  }
  await clock.advance(50)
  expect(ran.length).toBe(300 - cancelled.size)
  expect(ran.filter(({ index }) => cancelled.has(index))).toEqual([])
  expect(ran).toEqual(ran.toSorted((a, b) => a.atMs - b.atMs || a.index - b.index))
})

test('goes to the next timer, and no further than it may', () => {
  const clock = new ManualClock(1000)
  let runs = 0
  clock.setTimer(10, () => runs++)
  clock.next(1005)
  expect([clock.monotonicMs(), runs]).toEqual([1005, 0])
  clock.next(2000)
  expect([clock.monotonicMs(), runs]).toEqual([1010, 1])
})

test('has whole milliseconds of wall-clock time, and fractions of the other', () => {
  const clock = new ManualClock(1000)
  clock.setTimer(0.25, () => {})
  clock.next(2000)
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1000, 1000.25])
})

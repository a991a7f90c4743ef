import { expect, test } from 'vitest'
import { CommitPace } from './commit-pace.ts'

test('the interval runs from start to start', () => {
  const pace = new CommitPace(100, 1000)
  expect([pace.dueInMs(1000), pace.dueInMs(1040), pace.dueInMs(1100), pace.dueInMs(5000)]).toEqual([
    100, 60, 0, 0,
  ])
  pace.begin(5000)
  expect(pace.dueInMs(5000)).toBe(100)
})

test('what ends take on average is taken off', () => {
  const pace = new CommitPace(100, 0)
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
    pace.begin(nowMs)
    pace.end(nowMs + 8)
  }
  pace.begin(10_000)
  expect(pace.dueInMs(10_000)).toBeCloseTo(92, 1)
})

test('ends that vary are given twice their mean difference', () => {
  const pace = new CommitPace(100, 0)
  for (let nowMs = 0; nowMs < 100_000; nowMs += 100) {
    pace.begin(nowMs)
    pace.end(nowMs + (nowMs % 200 === 0 ? 6 : 14))
  }
  pace.begin(100_000)
  expect(pace.dueInMs(100_000)).toBeGreaterThan(80)
  expect(pace.dueInMs(100_000)).toBeLessThan(84)
})

test('slow ends bring a commit forward by half of the interval at most', () => {
  const pace = new CommitPace(20, 0)
  for (let nowMs = 0; nowMs < 100_000; nowMs += 1000) {
    pace.begin(nowMs)
    pace.end(nowMs + 500)
  }
  pace.begin(100_000)
  expect(pace.dueInMs(100_000)).toBe(10)
})

import { expect, test } from 'vitest'
import { EventTimes } from './event-times.ts'

test('times go on from the last commit, but those of operators that are no more', () => {
  const times = new EventTimes()
  times.restore([
    ['windows', 7],
    ['gone', 8],
  ])
  expect(times.of('windows')).toEqual({ ms: 7 })
  times.of('new')
  expect(times.names).toEqual(['windows', 'new'])
  times.of('new').ms = 9
  expect(times.entries()).toEqual([
    ['windows', 7],
    ['new', 9],
  ])
})

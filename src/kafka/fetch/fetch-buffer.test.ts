import { expect, test } from 'vitest'
import { ManualClock } from '../../base/manual-clock.ts'
import { FetchBuffer } from './fetch-buffer.ts'
import { FetchPosition } from './fetch-position.ts'

test('forgets the failure of a partition that was given up, and no other', () => {
  const buffer = new FetchBuffer(new ManualClock())
  const given = new FetchPosition({ topic: 't', partition: 0 }, 0)
  const kept = new FetchPosition({ topic: 't', partition: 1 }, 0)
  buffer.fail(new Error('of the one given up'), given)
  buffer.fail(new Error('of the one kept'), kept)
  buffer.fail(new Error("nobody's alone"))
  buffer.drop(given)
  expect(() => buffer.take()).toThrow('of the one kept')
  expect(() => buffer.take()).toThrow("nobody's alone")
  expect(buffer.take()).toBeUndefined()
})

import { expect, test } from 'vitest'
import { ManualClock } from '../../base/manual-clock.ts'
import { FollowUps } from './follow-ups.ts'

test('asks for another rebalance when an incomplete assignment stays for long, and again after as long', async () => {
  const clock = new ManualClock()
  const followUps = new FollowUps(clock, 9000)
  followUps.assigned(true)
  await clock.advance(8999)
  expect(followUps.take()).toBe(false)
  await clock.advance(1)
  expect([followUps.take(), followUps.take()]).toEqual([true, false])
  await clock.advance(9000)
  expect(followUps.take()).toBe(true)
  expect(followUps.requested).toBe(2)
})

test('asks for nothing once an assignment is complete', async () => {
  const clock = new ManualClock()
  const followUps = new FollowUps(clock, 9000)
  followUps.assigned(true)
  followUps.assigned(false)
  await clock.advance(100_000)
  expect(followUps.take()).toBe(false)
})

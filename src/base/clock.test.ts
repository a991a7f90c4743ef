import { expect, test } from 'vitest'
import { sleep, systemClock } from './clock.ts'

test('a timer for more than 24 days does not go off at once', async () => {
  let rings = 0
  const timer = systemClock.setTimer(30 * 86_400_000, () => rings++)
  await sleep(systemClock, 10)
  timer.cancel()
  expect(rings).toBe(0)
})

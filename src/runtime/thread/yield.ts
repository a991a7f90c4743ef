import { sleep } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'

/** Lets sockets, timers and promises have their turn. */
export function yieldToSockets(clock: Clock): Promise<void> {
  return sleep(clock, 0)
}

import type { Clock } from '../../base/clock.ts'
import type { PartitionLog } from '../log/partition-log.ts'

/** Resolves when a reader of one of the logs may see more, after `limitMs`, or when nobody waits any more. */
export function waitForMore(
  logs: readonly PartitionLog[],
  until: { readonly clock: Clock; readonly limitMs: number; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      timer.cancel()
      until.signal.removeEventListener('abort', wake)
      for (const stop of stops) stop()
      resolve()
    }
    const timer = until.clock.setTimer(until.limitMs, wake)
    until.signal.addEventListener('abort', wake)
    const stops = logs.map((log) => log.watch(wake))
  })
}

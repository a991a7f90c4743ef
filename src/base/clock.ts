/**
 * Time as an argument. Nothing outside this file reads the time or sets a timer; the simulator gives a
 * {@link ManualClock} to brokers and engines alike, so that an hour of timeouts passes in a millisecond.
 */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. */
  nowMs(): number
  /** Never goes back; for durations, in milliseconds, fractions allowed. */
  monotonicMs(): number
  /** Calls `work` once after `delayMs`; 0: in the next turn of the event loop, after what sockets have brought. */
  setTimer(delayMs: number, work: () => void): Timer
}

export interface Timer {
  cancel(): void
}

/** Node runs what is to wait for longer, 24 days, at once. */
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, work) => {
    if (delayMs <= 0) {
      const handle = setImmediate(work)
      return { cancel: () => clearImmediate(handle) }
    }
    const handle = setTimeout(work, Math.min(delayMs, longestTimerMs))
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Resolves after `delayMs`, or at once when `signal` is aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const finish = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = clock.setTimer(delayMs, finish)
    signal?.addEventListener('abort', finish)
  })
}

import type { Clock, Timer } from '../../base/clock.ts'

const noTimer: Timer = { cancel: () => {} }

/** A clock whose timers end with their owner: after `close` none runs, and none can be set. */
export class ScopedClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  setTimer(delayMs: number, work: () => void): Timer {
    if (this.#closed) return noTimer
    const own = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(timer)
      work()
    })
    const timer = {
      cancel: () => {
        own.cancel()
        this.#timers.delete(timer)
      },
    }
    this.#timers.add(timer)
    return timer
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#timers) timer.cancel()
  }
}

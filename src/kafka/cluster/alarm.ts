import type { Clock, Timer } from '../../base/clock.ts'

/**
 * One timer for the earliest of many moments of the monotonic clock.
 *
 * Timers may run a fraction of a millisecond before their moment: whoever is woken looks at the clock, and sets the alarm
 * again for what is not due yet.
 */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #timer: Timer | undefined
  #atMs = Infinity

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings at this moment at the latest. */
  set(atMs: number): void {
    if (atMs >= this.#atMs) return
    this.#timer?.cancel()
    this.#atMs = atMs
    this.#timer = this.#clock.setTimer(Math.max(0, atMs - this.#clock.monotonicMs()), () => {
      this.#atMs = Infinity
      this.#ring()
    })
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#atMs = Infinity
  }
}

import type { Clock, Timer } from './clock.ts'

interface Due {
  readonly atMs: number
  readonly order: number
  readonly work: () => void
  cancelled: boolean
}

/**
 * A clock that moves only when told. Timers run in order of time, then of being set.
 *
 * `advance` runs each timer at its own moment; {@link ManualClock.settle} lets the promises that a timer
 * woke run before the next timer does, which is what makes a simulation deterministic.
 */
export class ManualClock implements Clock {
  #nowMs: number
  #order = 0
  #timers: Due[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, work: () => void): Timer {
    const due: Due = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      work,
      cancelled: false,
    }
    this.#timers.push(due)
    return {
      cancel: () => {
        due.cancelled = true
      },
    }
  }

  /** When the next timer is due, or undefined where none is set. */
  nextTimerMs(): number | undefined {
    this.#timers = this.#timers.filter((timer) => !timer.cancelled)
    return this.#timers.reduce<number | undefined>(
      (least, timer) => (least === undefined || timer.atMs < least ? timer.atMs : least),
      undefined,
    )
  }

  /** Moves time by `byMs`, running what falls due on the way and whatever that wakes. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs
    for (;;) {
      await ManualClock.settle()
      const due = this.#takeDue(endMs)
      if (due === undefined) break
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.work()
    }
    this.#nowMs = endMs
  }

  /** Lets every promise and immediate that is ready run. */
  static async settle(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
  }

  #takeDue(endMs: number): Due | undefined {
    let first: Due | undefined
    for (const timer of this.#timers) {
      if (timer.cancelled || timer.atMs > endMs) continue
      if (
        first === undefined ||
        timer.atMs < first.atMs ||
        (timer.atMs === first.atMs && timer.order < first.order)
      )
        first = timer
    }
    this.#timers = this.#timers.filter((timer) => timer !== first && !timer.cancelled)
    return first
  }
}

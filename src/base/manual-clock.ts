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
  /** A binary heap: the first one is due first. Cancelled ones stay until they come to the top. */
  readonly #timers: Due[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs
  }

  /** Whole, as of a real clock. */
  nowMs(): number {
    return Math.floor(this.#nowMs)
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
    this.#push(due)
    return {
      cancel: () => {
        due.cancelled = true
      },
    }
  }

  /** When the next timer is due, or undefined where none is set. */
  nextTimerMs(): number | undefined {
    return this.#first()?.atMs
  }

  /** Moves time by `byMs`, running what falls due on the way and whatever that wakes. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs
    for (;;) {
      await ManualClock.settle()
      if (!this.#runNext(endMs)) break
    }
    this.#nowMs = endMs
  }

  /** Moves time to the next timer and runs it, or to `endMs` where none is due before. What it wakes has not run yet. */
  next(endMs: number): void {
    if (!this.#runNext(endMs)) this.#nowMs = Math.max(this.#nowMs, endMs)
  }

  /** Lets every promise and immediate that is ready run. */
  static async settle(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
  }

  /** Lets every promise that is ready run, but nothing that comes from outside of this thread: much faster than {@link ManualClock.settle}. */
  static async settlePromises(): Promise<void> {
    // Node takes its queue of ticks up only when no promise has anything left to do.
    await new Promise<void>((resolve) => process.nextTick(resolve))
  }

  /** @returns whether a timer was due by then */
  #runNext(endMs: number): boolean {
    const due = this.#first()
    if (due === undefined || due.atMs > endMs) return false
    this.#removeFirst()
    this.#nowMs = Math.max(this.#nowMs, due.atMs)
    due.work()
    return true
  }

  #first(): Due | undefined {
    while (this.#timers[0]?.cancelled === true) this.#removeFirst()
    return this.#timers[0]
  }

  #push(due: Due): void {
    const timers = this.#timers
    let index = timers.length
    while (index > 0) {
      const above = (index - 1) >> 1
      if (isBefore(timers[above] as Due, due)) break
      timers[index] = timers[above] as Due
      index = above
    }
    timers[index] = due
  }

  #removeFirst(): void {
    const timers = this.#timers
    const moved = timers.pop()
    if (moved === undefined || timers.length === 0) return
    let index = 0
    for (;;) {
      let below = 2 * index + 1
      if (below >= timers.length) break
      if (below + 1 < timers.length && isBefore(timers[below + 1] as Due, timers[below] as Due)) below++
      if (isBefore(moved, timers[below] as Due)) break
      timers[index] = timers[below] as Due
      index = below
    }
    timers[index] = moved
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

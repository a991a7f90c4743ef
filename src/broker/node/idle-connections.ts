import type { Clock, Timer } from '../../base/clock.ts'

/** Something at the other end of a wire, as far as rest is concerned. */
export interface Restable {
  /** Whether something is under way, so that it is not idle. */
  readonly busy: boolean
  close(): void
}

/** Ends what has been idle for longer than a limit, to the millisecond. */
export class IdleConnections {
  readonly #clock: Clock
  readonly #idleMaxMs: number
  /** When each was last used; in the order of use. */
  readonly #used = new Map<Restable, number>()
  #timer: Timer | undefined

  /** @param idleMaxMs - Infinity for no limit */
  constructor(clock: Clock, idleMaxMs: number) {
    this.#clock = clock
    this.#idleMaxMs = idleMaxMs
  }

  touch(one: Restable): void {
    if (!Number.isFinite(this.#idleMaxMs)) return
    this.#putLast(one, this.#clock.monotonicMs())
    if (this.#timer === undefined) this.#wait(this.#idleMaxMs)
  }

  forget(one: Restable): void {
    this.#used.delete(one)
    if (this.#used.size === 0) this.#stop()
  }

  #putLast(one: Restable, nowMs: number): void {
    this.#used.delete(one)
    this.#used.set(one, nowMs)
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #wait(delayMs: number): void {
    this.#timer = this.#clock.setTimer(Math.ceil(delayMs), () => this.#look())
  }

  #look(): void {
    this.#timer = undefined
    const nowMs = this.#clock.monotonicMs()
    // What is put last comes up once more, and has all its time left then.
    for (const [one, usedMs] of this.#used) {
      const leftMs = usedMs + this.#idleMaxMs - nowMs
      if (leftMs > 0) return this.#wait(leftMs)
      if (one.busy) this.#putLast(one, nowMs)
      else {
        this.forget(one)
        one.close()
      }
    }
  }
}

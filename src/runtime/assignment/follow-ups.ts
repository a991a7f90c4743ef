import type { Clock } from '../../base/clock.ts'

/**
 * When a member that holds an incomplete assignment asks for another rebalance. As a rule the member that had to give something
 * up does so at once by joining again; this is for when it did not live to.
 */
export class FollowUps {
  /** How often it was asked; part of the subscription, so that the coordinator sees a difference. */
  requested = 0
  readonly #clock: Clock
  readonly #delayMs: number
  #dueAtMs = Number.POSITIVE_INFINITY

  /** @param delayMs - how long an owner has to give up what is not its own any more; asked again after as much */
  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock
    this.#delayMs = delayMs
  }

  assigned(incomplete: boolean): void {
    this.#dueAtMs = incomplete ? this.#clock.monotonicMs() + this.#delayMs : Number.POSITIVE_INFINITY
  }

  /** Whether to ask now; true once for each time. */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs < this.#dueAtMs) return false
    this.#dueAtMs = nowMs + this.#delayMs
    this.requested += 1
    return true
  }
}

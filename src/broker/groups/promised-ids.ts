import type { Clock, Timer } from '../../base/clock.ts'

/** Member ids that were told to clients which have not come again with them yet. A rebalance waits for them, for a while. */
export class PromisedIds {
  readonly #clock: Clock
  readonly #timers = new Map<string, Timer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get count(): number {
    return this.#timers.size
  }

  has(memberId: string): boolean {
    return this.#timers.has(memberId)
  }

  add(memberId: string, timeoutMs: number, forgotten: () => void): void {
    const forget = (): void => {
      this.#timers.delete(memberId)
      forgotten()
    }
    this.#timers.set(memberId, this.#clock.setTimer(timeoutMs, forget))
  }

  /** @returns whether the id was promised */
  take(memberId: string): boolean {
    this.#timers.get(memberId)?.cancel()
    return this.#timers.delete(memberId)
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}

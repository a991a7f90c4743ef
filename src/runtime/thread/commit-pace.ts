/** How much of the interval a commit may begin early. */
const leadMax = 0.25
/** Weight of the newest end in the mean. */
const newest = 0.1

/**
 * When the next commit is due. The interval says how long output may wait to be visible: it runs from the start of the last commit,
 * and what the end of a transaction takes on average belongs to it. A lone record after a pause is committed at once.
 */
export class CommitPace {
  readonly #intervalMs: number
  #begunMs: number
  #meanEndMs = 0

  constructor(intervalMs: number, nowMs: number) {
    this.#intervalMs = intervalMs
    this.#begunMs = nowMs
  }

  /** Milliseconds from now; 0 where it is due. */
  dueInMs(nowMs: number): number {
    const leadMs = Math.min(this.#meanEndMs, this.#intervalMs * leadMax)
    return Math.max(0, this.#begunMs + this.#intervalMs - leadMs - nowMs)
  }

  /** A commit begins; or the thread is where the last one left it. */
  begin(nowMs: number): void {
    this.#begunMs = nowMs
  }

  /** What the commit wrote is visible. */
  end(nowMs: number): void {
    this.#meanEndMs += (nowMs - this.#begunMs - this.#meanEndMs) * newest
  }
}

/** How much of the interval a commit may begin early. */
const leadMax = 0.5
/** Weight of the newest end in the mean, and of its difference in the mean difference. */
const newest = 0.1
/** So many mean differences above the mean an end hardly ever takes; as TCP reckons its time-outs. */
const margin = 2

/**
 * When the next commit is due. The interval says how long output may wait to be visible: it runs from the start of the last commit,
 * and what the end of a transaction nearly always takes belongs to it. A lone record after a pause is committed at once.
 */
export class CommitPace {
  readonly #intervalMs: number
  #begunMs: number
  #meanEndMs = 0
  #differenceMs = 0

  constructor(intervalMs: number, nowMs: number) {
    this.#intervalMs = intervalMs
    this.#begunMs = nowMs
  }

  /** Milliseconds from now; 0 where it is due. */
  dueInMs(nowMs: number): number {
    const leadMs = Math.min(this.#meanEndMs + margin * this.#differenceMs, this.#intervalMs * leadMax)
    return Math.max(0, this.#begunMs + this.#intervalMs - leadMs - nowMs)
  }

  /** A commit begins; or the thread is where the last one left it. */
  begin(nowMs: number): void {
    this.#begunMs = nowMs
  }

  /** What the commit wrote is visible. */
  end(nowMs: number): void {
    const difference = nowMs - this.#begunMs - this.#meanEndMs
    this.#meanEndMs += difference * newest
    this.#differenceMs += (Math.abs(difference) - this.#differenceMs) * newest
  }
}

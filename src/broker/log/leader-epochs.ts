interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** Where an epoch ended; `epoch` −1 where the log knows none. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/** Which leader wrote which part of a log. A client finds with it how far what it has read is still the truth. */
export class LeaderEpochs {
  #starts: EpochStart[] = []

  /** The epoch of the newest batch; −1 where there is none. */
  get newest(): number {
    return this.#starts.at(-1)?.epoch ?? -1
  }

  /** Takes note of a batch of this epoch at this offset. */
  record(epoch: number, startOffset: number): void {
    const last = this.#starts.at(-1)
    if (last === undefined || epoch > last.epoch) this.#starts.push({ epoch, startOffset })
  }

  /**
   * The largest epoch not above the one asked for, and the first offset behind it.
   *
   * @param current - the leader's epoch now, which ends at the log's end
   */
  endOf(epoch: number, current: number, logEndOffset: number): EpochEnd {
    if (epoch === current) return { epoch, endOffset: logEndOffset }
    const next = this.#starts.findIndex((start) => start.epoch > epoch)
    if (epoch > current) return { epoch: -1, endOffset: -1 }
    const index = next < 0 ? this.#starts.length - 1 : next - 1
    const own = this.#starts[index]
    const behind = this.#starts[index + 1]
    if (own === undefined) return { epoch: -1, endOffset: -1 }
    return { epoch: own.epoch, endOffset: behind?.startOffset ?? logEndOffset }
  }

  /** The log begins later now: of the epochs before, the one that reaches into what is left begins there. */
  deleteBefore(offset: number): void {
    const reaching = this.#starts.findLast(({ startOffset }) => startOffset <= offset)
    const later = this.#starts.filter(({ startOffset }) => startOffset > offset)
    this.#starts = reaching === undefined ? later : [{ epoch: reaching.epoch, startOffset: offset }, ...later]
  }
}

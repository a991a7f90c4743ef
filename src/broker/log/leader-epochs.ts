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

  /** Takes note of a leader of this epoch at this offset; one before it that wrote nothing is forgotten. */
  record(epoch: number, startOffset: number): void {
    if (epoch <= this.newest) return
    if (this.#starts.at(-1)?.startOffset === startOffset) this.#starts.pop()
    this.#starts.push({ epoch, startOffset })
  }

  /** The epoch that wrote what stands at an offset, or would; −1 where the log knows of none. */
  at(offset: number): number {
    return this.#starts.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1
  }

  /**
   * The largest epoch not above the one asked for, and the first offset behind it. An epoch from before the first one kept ends
   * where that begins.
   *
   * @param current - the leader's epoch now, which ends at the log's end
   */
  endOf(epoch: number, current: number, logEndOffset: number): EpochEnd {
    if (epoch === current) return { epoch, endOffset: logEndOffset }
    if (epoch < 0 || epoch > current) return { epoch: -1, endOffset: -1 }
    const next = this.#starts.findIndex((start) => start.epoch > epoch)
    const own = this.#starts.at(next < 0 ? -1 : Math.max(0, next - 1))
    if (own === undefined) return { epoch: -1, endOffset: -1 }
    const endOffset = this.#starts[next]?.startOffset ?? logEndOffset
    return { epoch: Math.min(own.epoch, epoch), endOffset }
  }

  /** The log begins later now: of the epochs before, the one that reaches into what is left begins there. */
  deleteBefore(offset: number): void {
    const reaching = this.#starts.findLast(({ startOffset }) => startOffset <= offset)
    const later = this.#starts.filter(({ startOffset }) => startOffset > offset)
    this.#starts = reaching === undefined ? later : [{ epoch: reaching.epoch, startOffset: offset }, ...later]
  }
}

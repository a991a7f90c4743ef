/** Which rows have the first and the last time of a load: a topic that refuses times does not say whose they are. */
export class TimeRange {
  #earliestMs = Infinity
  #latestMs = -Infinity
  #earliestRow = 0
  #latestRow = 0

  /** @param row - counts from 1 */
  add(timestampMs: number, row: number): void {
    if (timestampMs < this.#earliestMs) {
      this.#earliestMs = timestampMs
      this.#earliestRow = row
    }
    if (timestampMs > this.#latestMs) {
      this.#latestMs = timestampMs
      this.#latestRow = row
    }
  }

  /** One sentence; undefined where no row had a time. */
  describe(source: string, field: string | undefined): string | undefined {
    if (this.#latestRow === 0) return undefined
    const place = field === undefined ? source : `${source}, field "${field}"`
    return `Of what was sent from ${place}, row ${this.#latestRow} has the latest time, row ${this.#earliestRow} the earliest.`
  }
}

/** A broker that has just started may lack topics for a second or two: what it says counts when it has been said for so long. */
export const goneAfterMs = 5000
/** Answers that are further apart are not of one row: nobody asked meanwhile, or nobody answered. */
const rowGapMs = 3000

interface Row {
  readonly firstMs: number
  readonly lastMs: number
}

/** For how long brokers have said of a topic, at every answer, that there is none. */
export class Absences {
  readonly #rows = new Map<string, Row>()

  /** A broker says that there is no such topic. */
  said(name: string, nowMs: number): void {
    const row = this.#rows.get(name)
    const goesOn = row !== undefined && nowMs - row.lastMs <= rowGapMs
    this.#rows.set(name, { firstMs: goesOn ? row.firstMs : nowMs, lastMs: nowMs })
  }

  /** A broker says anything else of it. */
  ended(name: string): void {
    this.#rows.delete(name)
  }

  /** Whether it is no slow start any more: the topic is gone. */
  isGone(name: string): boolean {
    const row = this.#rows.get(name)
    return row !== undefined && row.lastMs - row.firstMs >= goneAfterMs
  }
}

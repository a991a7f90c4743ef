import type { KeyedLogEntry } from './keyed-log.ts'

/** The newest of many entries that come in no order of their times, and from when on that is all of them. */
export class NewestEntries {
  readonly #max: number
  #entries: KeyedLogEntry[] = []
  /** Some entry of this time was left out, and none of a later one. */
  #leftOutMs = Number.NEGATIVE_INFINITY

  /** @param max - at least 1; entries of one time are kept or left out together */
  constructor(max: number) {
    this.#max = max
  }

  /** Whether an entry of this time is worth being made. */
  wants(timeMs: number): boolean {
    return timeMs > this.#leftOutMs
  }

  add(entry: KeyedLogEntry): void {
    if (this.#entries.push(entry) >= this.#max * 2) this.#leaveOut()
  }

  /** @returns `completeFromMs`: nothing is missing from then on; undefined: nothing at all */
  take(): { readonly entries: readonly KeyedLogEntry[]; readonly completeFromMs: number | undefined } {
    if (this.#entries.length > this.#max) this.#leaveOut()
    const completeFromMs = Number.isFinite(this.#leftOutMs) ? this.#leftOutMs + 1 : undefined
    return { entries: this.#entries, completeFromMs }
  }

  #leaveOut(): void {
    const newestFirst = this.#entries.toSorted((one, other) => other.first - one.first)
    this.#leftOutMs = (newestFirst[this.#max] as KeyedLogEntry).first
    this.#entries = newestFirst.filter(({ first }) => first > this.#leftOutMs)
  }
}

import type { EventTime } from './environment.ts'

/** The event times that the operators of one task keep, by name; they are part of its commits, as stream time is. */
export class EventTimes {
  readonly #times = new Map<string, EventTime>()
  #restored: ReadonlyMap<string, number> = new Map()

  of(name: string): EventTime {
    let time = this.#times.get(name)
    if (time === undefined) {
      time = { ms: this.#restored.get(name) ?? -1 }
      this.#times.set(name, time)
    }
    return time
  }

  get names(): readonly string[] {
    return [...this.#times.keys()]
  }

  /** By name, without those that never were. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#times].filter(([, { ms }]) => ms >= 0).map(([name, { ms }]) => [name, ms] as const)
  }

  /**
   * Takes the place of what is there: a task that starts again goes on from its last commit. Times of operators that are no more, those
   * that nobody asks for, are forgotten.
   */
  restore(entries: Iterable<readonly [string, number]>): void {
    this.#times.clear()
    this.#restored = new Map(entries)
  }
}

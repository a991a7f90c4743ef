import { StreamError } from '../base/errors.ts'
import type { Counter, Labels, Metrics } from '../base/metrics.ts'

/** Kinds of metrics that functions make, with the names of the definition language. */
export type UserMetricKind = 'counter' | 'meter' | 'timer'

/** One metric of the author's own: how often it was marked and, for a timer, how long that took in all. */
export class UserMetric {
  readonly #count: Counter
  readonly #seconds: Counter | undefined

  constructor(count: Counter, seconds: Counter | undefined) {
    this.#count = count
    this.#seconds = seconds
  }

  /** Counts `amount` events. */
  add(amount: number): void {
    this.#count.value += amount
  }

  /** Counts one event that took `seconds`. */
  time(seconds: number): void {
    this.#count.value++
    if (this.#seconds !== undefined) this.#seconds.value += seconds
  }
}

/** The metrics that functions make at run time; the same kind, name and tags give the same metric. */
export class UserMetrics {
  readonly #metrics: Metrics
  readonly #known = new Map<string, UserMetric>()

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  /** @throws StreamError `FUNCTION_FAILED` for blank or reserved tags, and beyond {@link userMetricsMax} metrics */
  get(kind: UserMetricKind, name: string, tags: Labels = {}): UserMetric {
    const id = JSON.stringify([kind, name, Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1))])
    const known = this.#known.get(id)
    if (known !== undefined) return known
    if (this.#known.size >= userMetricsMax) throw refusal(`more than ${userMetricsMax} metrics were made`)
    checkTags(tags)
    const labels = { custom_name: name, ...tags }
    const count = this.#metrics.counter(
      `function_user_${kind}_total`,
      `Events counted by user ${kind}s`,
      labels,
    )
    const seconds =
      kind === 'timer'
        ? this.#metrics.counter('function_user_timer_seconds_total', 'Time measured by user timers', labels)
        : undefined
    const made = new UserMetric(count, seconds)
    this.#known.set(id, made)
    return made
  }
}

/** Functions that name metrics after record contents would fill the memory. */
export const userMetricsMax = 1000

function checkTags(tags: Labels): void {
  for (const [key, value] of Object.entries(tags)) {
    if (key.trim() === '' || value.trim() === '') throw refusal('a tag is blank')
    if (key === 'custom-name' || key === 'custom_name') throw refusal('the tag "custom-name" is reserved')
  }
}

function refusal(reason: string): StreamError {
  return new StreamError('FUNCTION_FAILED', 'a function can not make a metric', { detail: `${reason}.` })
}

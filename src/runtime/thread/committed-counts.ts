import type { Counter, Metrics } from '../../base/metrics.ts'
import type { Guarantee } from '../options.ts'

/**
 * What is counted in a transaction counts when that is committed, and not at all when it is aborted: the work is done again then.
 * Without transactions it counts at once.
 */
export class CommittedCounts {
  readonly #transactions: boolean
  /** As many as there are series; the open count of each. */
  readonly #open = new Map<Counter, Counter>()

  constructor(guarantee: Guarantee) {
    this.#transactions = guarantee === 'exactly_once_v2'
  }

  /** What to add to instead of `counter`; the same one each time. */
  of(counter: Counter): Counter {
    if (!this.#transactions) return counter
    const known = this.#open.get(counter)
    if (known !== undefined) return known
    const open = { value: 0 }
    this.#open.set(counter, open)
    return open
  }

  /** The same metrics, with counters of this kind. */
  over(metrics: Metrics): Metrics {
    return {
      counter: (name, help, labels) => this.of(metrics.counter(name, help, labels)),
      gauge: (name, help, read, labels) => metrics.gauge(name, help, read, labels),
    }
  }

  /** The transaction is closed: what follows is another's. @returns counts what was in it, to be called when readers see it */
  close(): () => void {
    const closed: (readonly [counter: Counter, count: number])[] = []
    for (const [counter, open] of this.#open) {
      if (open.value !== 0) closed.push([counter, open.value])
      open.value = 0
    }
    return () => {
      for (const [counter, count] of closed) counter.value += count
    }
  }

  /** Forgets what the open transaction has counted. */
  drop(): void {
    for (const open of this.#open.values()) open.value = 0
  }
}

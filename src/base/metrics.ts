/**
 * What every layer counts with. A counter is an object with a number in it, so that counting on the hot path is one
 * addition; an exporter reads the registry when asked.
 */
export interface Counter {
  value: number
}

export type Labels = Readonly<Record<string, string>>

export interface MetricFacts {
  readonly name: string
  readonly help: string
  readonly kind: 'counter' | 'gauge'
}

export interface Metrics {
  /** The counter of this name and these labels; the same object each time. Names carry their unit: `records_in_total`. */
  counter(name: string, help: string, labels?: Labels): Counter
  /** A number that is read when asked for. */
  gauge(name: string, help: string, read: () => number, labels?: Labels): void
}

export interface MetricSample {
  readonly facts: MetricFacts
  readonly labels: Labels
  readonly value: number
}

const used = new WeakSet<Counter>()

/** For what is said once: whether nobody asked this of the counter before. Its value does not tell, it may count a transaction only. */
export function isFirstUse(counter: Counter): boolean {
  if (used.has(counter)) return false
  used.add(counter)
  return true
}

/** Keeps counters and gauges in memory and lists them in the order of their registration. */
export class MetricRegistry implements Metrics {
  readonly #series = new Map<
    string,
    { facts: MetricFacts; labels: Labels; counter: Counter; read?: () => number }
  >()

  counter(name: string, help: string, labels: Labels = {}): Counter {
    const id = seriesId(name, labels)
    const known = this.#series.get(id)
    if (known !== undefined) return known.counter
    const counter = { value: 0 }
    this.#series.set(id, { facts: { name, help, kind: 'counter' }, labels, counter })
    return counter
  }

  gauge(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.#series.set(seriesId(name, labels), {
      facts: { name, help, kind: 'gauge' },
      labels,
      counter: { value: 0 },
      read,
    })
  }

  samples(): MetricSample[] {
    return [...this.#series.values()].map(({ facts, labels, counter, read }) => ({
      facts,
      labels,
      value: read === undefined ? counter.value : read(),
    }))
  }
}

function seriesId(name: string, labels: Labels): string {
  return name + JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

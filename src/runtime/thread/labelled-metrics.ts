import type { Labels, Metrics } from '../../base/metrics.ts'

/** The same metrics with these labels on every series: tasks and threads count apart in one registry. */
export function labelledMetrics(metrics: Metrics, labels: Labels): Metrics {
  return {
    counter: (name, help, own) => metrics.counter(name, help, { ...labels, ...own }),
    gauge: (name, help, read, own) => metrics.gauge(name, help, read, { ...labels, ...own }),
  }
}

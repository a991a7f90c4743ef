import type { Labels } from '../../base/metrics.ts'
import type { UserMetric, UserMetrics } from '../user-metrics.ts'

/** `metrics` as JavaScript functions see it, with the names of the definition language. */
export function javaScriptMetrics(metrics: UserMetrics): Readonly<Record<string, unknown>> {
  return Object.freeze({
    counter: (name: string, tags?: Labels) => counter(metrics.get('counter', name, tags)),
    meter: (name: string, tags?: Labels) => meter(metrics.get('meter', name, tags)),
    timer: (name: string, tags?: Labels) => timer(metrics.get('timer', name, tags)),
  })
}

function counter(metric: UserMetric): Readonly<Record<string, unknown>> {
  return { increment: (amount = 1) => metric.add(amount), close: () => {} }
}

function meter(metric: UserMetric): Readonly<Record<string, unknown>> {
  return { mark: (amount = 1) => metric.add(amount), close: () => {} }
}

function timer(metric: UserMetric): Readonly<Record<string, unknown>> {
  return {
    updateSeconds: (amount: number) => metric.time(amount),
    updateMillis: (amount: number) => metric.time(amount / 1000),
    updateNanos: (amount: number) => metric.time(amount / 1e9),
    close: () => {},
  }
}

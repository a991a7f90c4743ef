import type { Clock } from '../base/clock.ts'
import type { Logger, LogLevel } from '../base/logger.ts'
import type { MetricRegistry, MetricSample } from '../base/metrics.ts'

/** What counts, and what it is called. */
export interface Measured {
  readonly applicationId: string
  readonly application: { readonly metrics: Pick<MetricRegistry, 'samples'> }
}

export const metricsEveryMs = 30_000
/** Labels by which a series is told apart in the log; over all others (tasks, threads, topics, nodes) it is summed. */
const keptLabels = ['reason', 'policy', 'custom_name'] as const

/**
 * Logs what each application counts, one line each: every {@link metricsEveryMs}, and when it is stopped.
 *
 * @param measured - may grow
 */
export function startMetricsLog(
  measured: Iterable<Measured>,
  { logger, level, clock }: { readonly logger: Logger; readonly level: LogLevel; readonly clock: Clock },
): { readonly stop: () => void } {
  if (level !== 'debug' && level !== 'trace') return { stop: () => {} }
  const write = (): void => {
    for (const { applicationId, application } of measured)
      logger.debug('metrics', { application: applicationId, ...totals(application.metrics.samples()) })
  }
  const begin = () =>
    clock.setTimer(metricsEveryMs, () => {
      write()
      timer = begin()
    })
  let timer = begin()
  return {
    stop: () => {
      timer.cancel()
      write()
    },
  }
}

function totals(samples: readonly MetricSample[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { facts, labels, value } of samples) {
    const kept = keptLabels.flatMap((name) => (name in labels ? [`${name}="${labels[name]}"`] : []))
    const series = kept.length === 0 ? facts.name : `${facts.name}{${kept.join(',')}}`
    sums[series] = (sums[series] ?? 0) + value
  }
  return sums
}

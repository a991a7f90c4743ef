import { expect, test } from 'vitest'
import { silentLogger, type LogFields } from '../base/logger.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { MetricRegistry } from '../base/metrics.ts'
import { metricsEveryMs, startMetricsLog } from './metrics-log.ts'

test('what an application counts is a line every 30 seconds and at the end, summed over tasks, by reason', async () => {
  const metrics = new MetricRegistry()
  for (const task of ['0_0', '0_1']) metrics.counter('in_total', 'taken', { task }).value += 2
  metrics.counter('dropped_total', 'left out', { task: '0_0', reason: 'late' }).value += 1
  let bytes = 5
  metrics.gauge('memory_bytes', 'memory', () => bytes)
  const lines: [string, LogFields | undefined][] = []
  const logger = {
    ...silentLogger,
    debug: (text: string, facts?: LogFields) => void lines.push([text, facts]),
  }
  const clock = new ManualClock()
  const measured = [{ applicationId: 'app', application: { metrics } }]
  const log = startMetricsLog(measured, { logger, level: 'debug', clock })
  await clock.advance(metricsEveryMs)
  bytes = 7
  await clock.advance(metricsEveryMs)
  log.stop()
  await clock.advance(metricsEveryMs)
  const facts = { application: 'app', in_total: 4, 'dropped_total{reason="late"}': 1 }
  expect(lines).toEqual([5, 7, 7].map((memory_bytes) => ['metrics', { ...facts, memory_bytes }]))
})

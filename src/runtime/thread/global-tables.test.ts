import { expect, test } from 'vitest'
import { silentLogger } from '../../base/logger.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import { Formats } from '../../serde/formats.ts'
import { CleanBudget } from '../../store/clean-budget.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { globalTableOnly } from '../fixtures.ts'
import { GlobalTables } from './global-tables.ts'

test('a load says how far it is, each time that something has come', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('cities', 2)
  const value = 'x'.repeat(1000)
  await cluster.produce(
    'cities',
    Array.from({ length: 400 }, (_, n) => ({ key: `${n}`, value, partition: n % 2 })),
  )
  const told: (readonly [name: string, records: number, remaining: number])[] = []
  const tables = new GlobalTables({
    topology: globalTableOnly(),
    kafka: cluster.kafka,
    fetcher: cluster.kafka.fetcher({
      isolation: 'read_committed',
      minBytes: 1,
      maxWaitMs: 100,
      maxBytes: 20_000,
      maxPartitionBytes: 10_000,
    }),
    isolation: 'read_committed',
    metrics: new MetricRegistry(),
    logger: silentLogger,
    clock: cluster.clock,
    formats: new Formats({
      notations: {},
      registryOf: () => undefined,
      clock: cluster.clock,
      logger: silentLogger,
    }),
    cleanBudget: new CleanBudget(),
    onRecordError: (error) => {
      throw error
    },
    stopping: () => false,
    report: ({ name, records, remaining }) => told.push([name, records, remaining]),
  })
  await cluster.run(tables.load())
  expect(told[0]).toEqual(['cities', 0, 400])
  expect(told.at(-1)).toEqual(['cities', 400, 0])
  const steps = told.map(([, records]) => records)
  expect(steps).toEqual(steps.toSorted((one, other) => one - other))
  expect(new Set(steps).size).toBeGreaterThan(2)
  await cluster.run(tables.close())
})

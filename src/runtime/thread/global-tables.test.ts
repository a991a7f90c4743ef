import { expect, test } from 'vitest'
import { silentLogger, type LogFields } from '../../base/logger.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import { Formats } from '../../serde/formats.ts'
import { CleanBudget } from '../../store/clean-budget.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { globalTableOnly } from '../fixtures.ts'
import { GlobalTables, type GlobalTablesParts } from './global-tables.ts'

function globalTables(cluster: TestCluster, own: Partial<GlobalTablesParts>): GlobalTables {
  return new GlobalTables({
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
    report: () => {},
    ...own,
  })
}

test('a load says how far it is, each time that something has come', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('cities', 2)
  const value = 'x'.repeat(1000)
  await cluster.produce(
    'cities',
    Array.from({ length: 400 }, (_, n) => ({ key: `${n}`, value, partition: n % 2 })),
  )
  const told: (readonly [name: string, records: number, remaining: number])[] = []
  const tables = globalTables(cluster, {
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

/** Leaves out what is no number, and keeps its warnings. */
function tableOfNumbers(cluster: TestCluster) {
  const warnings: (LogFields | undefined)[] = []
  const tables = globalTables(cluster, {
    topology: globalTableOnly({ notation: 'binary', type: { kind: 'long' } }),
    onRecordError: () => {},
    logger: { ...silentLogger, warn: (_, fields) => warnings.push(fields) },
  })
  return { tables, warnings }
}

test('rows that are left out are told one by one, and of many the sum', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('cities', 1)
  const row = (key: string, bytes: number) => ({ key, value: Buffer.alloc(bytes) })
  const bad = Array.from({ length: 50 }, (_, n) => row(`bad${n}`, 7))
  await cluster.produce('cities', [row('good', 8), ...bad.slice(0, 3)])
  const { tables, warnings } = tableOfNumbers(cluster)
  await cluster.run(tables.load())
  const place = { table: 'cities', topic: 'cities', partition: 0, code: 'VALUE_MALFORMED' }
  expect(warnings).toMatchObject([1, 2, 3].map((offset) => ({ ...place, offset })))
  expect(warnings[0]?.['error']).toBe('value of type long has 7 bytes instead of 8')
  warnings.length = 0
  await cluster.produce('cities', bad.slice(3))
  await cluster.until(() => tables.step() === 0 && warnings.length >= 9, 10_000)
  expect(warnings.map((fields) => fields?.['offset'] ?? fields?.['rows'])).toEqual([
    4, 5, 6, 7, 8, 9, 10, 20, 40,
  ])
  await cluster.run(tables.close())
})

test('what a load leaves out beyond what was told is summed up at its end', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('cities', 1)
  const rows = Array.from({ length: 15 }, (_, n) => ({ key: `${n}`, value: Buffer.alloc(7) }))
  await cluster.produce('cities', rows)
  const { tables, warnings } = tableOfNumbers(cluster)
  await cluster.run(tables.load())
  expect(warnings).toHaveLength(11)
  expect(warnings.at(-1)).toEqual({ table: 'cities', rows: 15 })
  await cluster.run(tables.close())
})

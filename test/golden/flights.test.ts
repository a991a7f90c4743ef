import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { devColumns } from '../../src/cli/dev-data.ts'
import { emptyCatalog, openDefinition } from '../../src/cli/definitions.ts'
import { TopicCatalog } from '../../src/cli/topic-catalog.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { TestCluster, type TestRecord } from '../../src/testing/cluster.ts'
import { openDataFile } from '../../src/workload/data-file.ts'
import { locatedFlightsByDuckDb } from '../flights-by-duckdb.ts'

const path = 'examples/flights/flights.yaml'
const data = resolve('node_modules/vega-datasets/data')

async function records(file: string, key: string): Promise<TestRecord[]> {
  await using open = await openDataFile({
    path: `${data}/${file}`,
    format: file.endsWith('.csv') ? 'csv' : 'json',
    key,
  })
  const all: TestRecord[] = []
  for await (const chunk of open.read()) all.push(...chunk.map(({ key, value }) => ({ key, value })))
  return all
}

async function topologies(): Promise<readonly Topology[]> {
  const draft = await openDefinition(path, emptyCatalog)
  const { loaded } = await openDefinition(path, new TopicCatalog({ files: await devColumns([draft]) }))
  expect(loaded.diagnostics).toEqual([])
  return loaded.topologies
}

const byText = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted()

test(
  'the flights example gives what its query gives in batch, row for row, and its pipeline what a few lines compute',
  { timeout: 60_000 },
  async () => {
    const [query, pipeline] = await topologies()
    await using cluster = new TestCluster()
    for (const topic of ['airports', 'flights', 'flights_located', 'delays_by_city_and_hour'])
      await cluster.createTopic(topic, 4)
    await cluster.produce('airports', await records('airports.csv', 'iata'))
    await cluster.produce('flights', await records('flights-20k.json', 'origin'))
    const expected = await locatedFlightsByDuckDb()
    cluster.application(query as Topology, { applicationId: 'query' }).start()
    const joined = await cluster.untilRead('flights_located', (found) => found.length >= expected.length)
    const rows = joined.map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>)
    expect(byText(rows)).toEqual(byText(expected))
    expect(joined.every(({ key }, index) => key === rows[index]?.['origin'])).toBe(true)

    const located = expected.filter((row) => row.origin_city !== null)
    cluster.application(pipeline as Topology, { applicationId: 'pipeline' }).start()
    const changes = await cluster.untilRead(
      'delays_by_city_and_hour',
      (found) => found.length >= located.length,
      600_000,
    )
    const last = new Map(changes.map(({ key, value }) => [key, JSON.parse(String(value)) as unknown]))
    const sums = new Map<string, { flights: number; delay_minutes: number }>()
    for (const row of located) {
      const key = `${String(row.origin_city)} ${row.date.slice(11, 13)}h`
      const sum = sums.get(key) ?? { flights: 0, delay_minutes: 0 }
      sums.set(key, { flights: sum.flights + 1, delay_minutes: sum.delay_minutes + row.delay })
    }
    expect(Object.fromEntries(last)).toEqual(Object.fromEntries(sums))
  },
)

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readDevData } from '../../src/cli/dev-data.ts'
import { emptyCatalog, openDefinition } from '../../src/cli/definitions.ts'
import { TopicCatalog } from '../../src/cli/topic-catalog.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { TestCluster, type TestRecord } from '../../src/testing/cluster.ts'
import { openDataFile } from '../../src/workload/data-file.ts'
import { locatedFlightsByDuckDb } from '../flights-by-duckdb.ts'
import { repository, runWeft } from '../weft-process.ts'

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
  const { columns: files } = await readDevData([draft])
  const { loaded } = await openDefinition(path, new TopicCatalog({ files }))
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

test(
  '"npm start" loads the data, shows rows that its query gives, counts all in its last line and ends without a terminal',
  { timeout: 200_000 },
  async () => {
    const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      scripts: { start: string }
    }
    const command = /^node bin\/weft\.mjs (dev \S+)$/.exec(scripts.start)?.[1]
    const expected = await locatedFlightsByDuckDb()
    const delays = expected.filter(({ origin_city }) => origin_city !== null).length
    const { code, stdout, stderr } = await runWeft(command?.split(' ') ?? [], { timeoutMs: 180_000 })
    const flights = expected.length.toLocaleString('en-US')
    expect(stderr).toContain(`loaded ${flights} records into flights\n`)
    // The pipeline reads what the query writes.
    const [records, out] = [2 * expected.length, expected.length + delays].map((count) =>
      count.toLocaleString('en-US'),
    )
    expect(stderr.trim().split('\n').at(-1)).toMatch(
      new RegExp(String.raw`^in ${records}, out ${out}, dead letters 0, \d+\.\d s$`),
    )
    const shown = (topic: string): string[][] =>
      stdout.split('\n').flatMap((line) => {
        const [name, key = '', value = ''] = line.split('  ')
        return name === topic ? [[key, value]] : []
      })
    const rows = new Set(byText(expected))
    const located = shown('flights_located')
    expect(located.length).toBeGreaterThanOrEqual(5)
    expect(located.filter(([, value = '']) => !rows.has(value))).toEqual([])
    expect(shown('delays_by_city_and_hour').length).toBeGreaterThanOrEqual(5)
    expect(code).toBe(0)
  },
)

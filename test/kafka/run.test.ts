/** The example of the README on a real cluster: the same definition, the same rows as a batch over the same files. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  airportsFile,
  flightsFile,
  locatedFlightsByDuckDb,
  type LocatedFlight,
} from '../flights-by-duckdb.ts'
import { weft } from '../weft-process.ts'
import { startApacheKafka, type ApacheKafka } from './apache-kafka.ts'
import { readByJava, type SeenRecord } from './java-reader.ts'

const stateDir = mkdtempSync(join(tmpdir(), 'weft-state-'))
let kafka: ApacheKafka
let located: readonly SeenRecord[]
let batch: readonly LocatedFlight[]

beforeAll(async () => {
  kafka = await startApacheKafka()
  const bootstrap = ['--bootstrap', kafka.bootstrap]
  const topics = ['airports', 'flights', 'flights_located', 'delays_by_city_and_hour']
  await weft('topics', 'create', ...topics, '--partitions', '4', ...bootstrap)
  await weft('produce', 'airports', '--file', airportsFile, '--key', 'iata', ...bootstrap)
  const flights = ['--file', flightsFile, '--key', 'origin', '--event-time', 'date']
  await weft('produce', 'flights', ...flights, ...bootstrap)
  const run = ['run', 'examples/flights/flights.yaml', '--until-end', '--state-dir', stateDir]
  await weft(...run, ...bootstrap)
  located = await readByJava(kafka.bootstrap, 'flights_located')
  batch = await locatedFlightsByDuckDb()
}, 180_000)

afterAll(async () => {
  await kafka.stop()
  rmSync(stateDir, { recursive: true })
}, 60_000)

describe('the flights on Apache Kafka', () => {
  test('are joined as DuckDB joins the files: each row, each once', () => {
    expect(located.length).toBe(20_000)
    expect(located.map(({ value }) => canonical(JSON.parse(value) as LocatedFlight)).toSorted()).toEqual(
      batch.map(canonical).toSorted(),
    )
  })

  test('leave by origin, and flights of one origin stay in the order of their input', () => {
    const inputs = JSON.parse(readFileSync(flightsFile, 'utf8')) as readonly LocatedFlight[]
    const byOrigin = Map.groupBy(located, ({ key }) => key)
    for (const [origin, records] of byOrigin) {
      expect(new Set(records.map(({ partition }) => partition)).size).toBe(1)
      const rows = records.map(({ value }) => JSON.parse(value) as LocatedFlight)
      const ofOrigin = inputs.filter((row) => row.origin === origin)
      expect(rows.map(flightOf)).toEqual(ofOrigin.map(flightOf))
    }
  })

  test('are counted by city and hour in Python as a batch would count them', async () => {
    const last = new Map(
      (await readByJava(kafka.bootstrap, 'delays_by_city_and_hour')).map(({ key, value }) => [
        key,
        JSON.parse(value) as unknown,
      ]),
    )
    const expected = new Map<string, { flights: number; delay_minutes: number }>()
    for (const { origin_city: city, date, delay } of batch) {
      if (city === null) continue
      const key = `${city} ${date.slice(11, 13)}h`
      const { flights = 0, delay_minutes: minutes = 0 } = expected.get(key) ?? {}
      expected.set(key, { flights: flights + 1, delay_minutes: minutes + delay })
    }
    expect(last).toEqual(expected)
  })
})

function flightOf({ date, origin, destination, delay }: LocatedFlight): string {
  return JSON.stringify([date, origin, destination, delay])
}

/** Its columns in one order. */
function canonical(row: LocatedFlight): string {
  return JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

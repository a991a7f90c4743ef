import { DuckDBInstance } from '@duckdb/node-api'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './weft-process.ts'

const data = join(repository, 'node_modules/vega-datasets/data')
export const airportsFile = join(data, 'airports.csv')
export const flightsFile = join(data, 'flights-20k.json')

export interface LocatedFlight {
  readonly date: string
  readonly origin: string
  readonly origin_city: string | null
  readonly destination: string
  readonly destination_city: string | null
  readonly delay: number
  readonly great_circle_km: number | null
  readonly delay_class: string
}

const definition = join(repository, 'examples/flights/flights.yaml')

/** What the query of the flights example gives as a batch over the same files, taken from the definition itself: one row for each flight. */
export async function locatedFlightsByDuckDb(): Promise<readonly LocatedFlight[]> {
  const query = /query: \|\n((?: {6}.*\n)+)/.exec(readFileSync(definition, 'utf8'))?.[1] ?? ''
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    await connection.run(`CREATE TABLE airports AS SELECT * FROM read_csv('${airportsFile}')`)
    await connection.run(`CREATE TABLE flights AS SELECT * FROM read_json('${flightsFile}')`)
    const result = await connection.runAndReadAll(`SELECT to_json(row)::VARCHAR FROM (${query}) AS row`)
    return result.getRows().map(([row]) => JSON.parse(String(row)) as LocatedFlight)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

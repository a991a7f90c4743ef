import { DuckDBInstance } from '@duckdb/node-api'
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

/** What the query of `examples/flights` means, as a batch over the same files: one row for each flight. */
const batchQuery = `
  SELECT f.date, f.origin, o.city AS origin_city, f.destination, d.city AS destination_city, f.delay,
         round(2 * 6371 * asin(sqrt(
           pow(sin(radians(d.latitude - o.latitude) / 2), 2)
           + cos(radians(o.latitude)) * cos(radians(d.latitude)) * pow(sin(radians(d.longitude - o.longitude) / 2), 2)
         ))) AS great_circle_km,
         CASE WHEN f.delay <= 0 THEN 'on time' WHEN f.delay < 15 THEN 'minor' WHEN f.delay < 60 THEN 'late' ELSE 'very late' END
           AS delay_class
  FROM read_json('${flightsFile}', columns = {date: 'VARCHAR', delay: 'INTEGER', origin: 'VARCHAR', destination: 'VARCHAR'}) f
  LEFT JOIN read_csv('${airportsFile}') o ON f.origin = o.iata
  LEFT JOIN read_csv('${airportsFile}') d ON f.destination = d.iata`

export async function locatedFlightsByDuckDb(): Promise<readonly LocatedFlight[]> {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    const reader = await connection.runAndReadAll(batchQuery)
    return reader.getRowObjectsJson() as unknown as LocatedFlight[]
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

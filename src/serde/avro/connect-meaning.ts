/**
 * What Kafka Connect's converter says of a type beside Avro's own logical types: the name of a type of Connect or of Debezium's connectors.
 * It counts for the columns of SQL alone. Values stay the numbers and texts that they are: they do not always fit the logical type that is
 * like them, as times of MySQL that are longer than a day.
 */
import type { PlainLogical } from '../../data/types.ts'

/** `timestamp-text` is RFC 3339 with a zone. */
export type Meaning = PlainLogical | 'timestamp-text'

interface Named {
  readonly on: string
  readonly meaning: Meaning
}

const byName: ReadonlyMap<unknown, Named> = new Map([
  ['io.debezium.time.Date', { on: 'int', meaning: 'date' }],
  ['io.debezium.time.Time', { on: 'int', meaning: 'time-millis' }],
  ['io.debezium.time.MicroTime', { on: 'long', meaning: 'time-micros' }],
  ['io.debezium.time.Timestamp', { on: 'long', meaning: 'timestamp-millis' }],
  ['io.debezium.time.MicroTimestamp', { on: 'long', meaning: 'timestamp-micros' }],
  ['io.debezium.time.NanoTimestamp', { on: 'long', meaning: 'timestamp-nanos' }],
  ['io.debezium.time.ZonedTimestamp', { on: 'string', meaning: 'timestamp-text' }],
  ['org.apache.kafka.connect.data.Date', { on: 'int', meaning: 'date' }],
  ['org.apache.kafka.connect.data.Time', { on: 'int', meaning: 'time-millis' }],
  ['org.apache.kafka.connect.data.Timestamp', { on: 'long', meaning: 'timestamp-millis' }],
])

export function connectMeaning(
  schema: Readonly<Record<string, unknown>>,
  kind: string,
): { readonly connect?: Meaning } {
  const found = byName.get(schema['connect.name'])
  return found?.on === kind ? { connect: found.meaning } : {}
}

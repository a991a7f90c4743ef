import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { rowOfCells, SlicedRow } from '../../data/row.ts'
import { SelectedRow, type SelectedLayout } from '../../data/selected-row.ts'
import { avroDecoder, avroEncoder } from './avro-codec.ts'
import { columnsOfAvro, typeOfAvro } from './data-types.ts'
import { parseAvroSchema } from './parse-schema.ts'
import { avroRowReader } from './row-reader.ts'

// As Kafka Connect's converter writes the schemas of Debezium's connectors.
const named = (type: string, name: string): object => ({ type, 'connect.version': 1, 'connect.name': name })
const fields: readonly (readonly [
  type: string,
  name: string,
  value: unknown,
  kind: string,
  cell: unknown,
])[] = [
  ['int', 'io.debezium.time.Date', 19_675, 'date', 19_675],
  ['int', 'io.debezium.time.Time', 3_600_000, 'time', 3_600_000_000],
  ['long', 'io.debezium.time.MicroTime', 3_600_000_000, 'time', 3_600_000_000],
  ['long', 'io.debezium.time.Timestamp', 1_700_000_000_123, 'timestamp', 1_700_000_000_123_000],
  ['long', 'io.debezium.time.MicroTimestamp', 1_700_000_000_123_456, 'timestamp', 1_700_000_000_123_456],
  ['long', 'io.debezium.time.NanoTimestamp', 1_700_000_000_123_456_000n, 'timestamp', 1_700_000_000_123_456],
  [
    'string',
    'io.debezium.time.ZonedTimestamp',
    '2023-11-14T22:13:20.123456Z',
    'timestamp',
    1_700_000_000_123_456,
  ],
  ['int', 'org.apache.kafka.connect.data.Date', 19_675, 'date', 19_675],
  ['long', 'org.apache.kafka.connect.data.Timestamp', 1000, 'timestamp', 1_000_000],
  ['string', 'io.debezium.data.Json', '{}', 'string', '{}'],
  ['string', 'io.debezium.time.Date', 'no number', 'string', 'no number'],
]

const type = parseAvroSchema(
  JSON.stringify({
    type: 'record',
    name: 'Row',
    fields: fields.map(([plain, name], index) => ({
      name: `f${index}`,
      type: ['null', named(plain, name)],
      default: null,
    })),
  }),
)
const value = Object.fromEntries(fields.map(([, , given], index) => [`f${index}`, given]))
const columns = columnsOfAvro(type) ?? []

function encoded(given: unknown): Buffer {
  const writer = new ByteWriter()
  avroEncoder(type)(given, writer)
  return writer.copy()
}

describe("types that Kafka Connect's converters name", () => {
  test('are columns of what they mean', () => {
    expect(columns.map((column) => column.type.kind)).toEqual(fields.map(([, , , kind]) => kind))
    const bytes = encoded(value)
    const reader = avroRowReader(type, type, columns)
    const row = new SlicedRow(reader.shape)
    reader.read(bytes, 0, bytes.length, row)
    expect(columns.map((_, index) => row.get(index))).toEqual(fields.map(([, , , , cell]) => cell))
  })

  test('are written from columns as they are read', () => {
    const layout: SelectedLayout = {
      columns: columns.map((column, index) => ({ ...column, from: 'cell', index })),
    }
    const selected = new SelectedRow(layout, [rowOfCells([], [])], fields.length)
    fields.forEach(([, , , , cell], index) => (selected.cells[index] = cell))
    const bytes = encoded(selected)
    expect(avroDecoder(type)(bytes, 0, bytes.length)).toEqual(value)
  })

  test('are plain values everywhere else', () => {
    const bytes = encoded(value)
    expect(avroDecoder(type)(bytes, 0, bytes.length)).toEqual(value)
    const seen = typeOfAvro(type)
    const types = seen.kind === 'struct' ? seen.fields?.map((field) => field.type) : []
    expect(types).toEqual(fields.map(([kind]) => ({ kind })))
  })

  test('are refused as columns where a text is no time', () => {
    const bytes = encoded({ ...value, f6: 'yesterday' })
    const reader = avroRowReader(type, type, columns)
    const read = (): void => reader.read(bytes, 0, bytes.length, new SlicedRow(reader.shape))
    expect(read).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }))
  })
})

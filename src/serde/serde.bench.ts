import { bench } from '../../bench/harness.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { materialize } from '../data/lazy.ts'
import { SlicedRow } from '../data/row.ts'
import { avroLanguage } from './avro/avro-language.ts'
import { jsonSerde } from './json/json-serde.ts'
import { protoLanguage } from './protobuf/proto-language.ts'
import type { ParsedSchema } from './schema-language.ts'

// Question: what do decoding, encoding and reading 3 of 15 fields cost for a record of about 150 bytes?
// Budget: decode and encode together at most twice Java's time for Avro and Protobuf, Jackson's for JSON; three fields cheaper than
// Java's whole decode. Java's side is bench/peers/serde, with the same record.
const fields = ['order_id', 'sku', 'city', 'country', 'segment', 'note']
const avro = JSON.stringify({
  type: 'record',
  name: 'Order',
  fields: [
    ...fields.map((name) => ({ name, type: 'string' })),
    { name: 'customer_id', type: 'long' },
    { name: 'created', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'total', type: 'double' },
    { name: 'discount', type: 'double' },
    { name: 'weight', type: 'float' },
    { name: 'quantity', type: 'int' },
    { name: 'lines', type: 'int' },
    { name: 'express', type: 'boolean' },
    { name: 'status', type: { type: 'enum', name: 'Status', symbols: ['NEW', 'PAID', 'SENT'] } },
  ],
})
const proto = `syntax = "proto3"; enum Status { NEW = 0; PAID = 1; SENT = 2; } message Order {
  ${fields.map((name, index) => `string ${name} = ${index + 1};`).join(' ')}
  int64 customer_id = 7; int64 created = 8; double total = 9; double discount = 10; float weight = 11;
  int32 quantity = 12; int32 lines = 13; bool express = 14; Status status = 15; }`

const order = {
  order_id: 'ord-0000012345',
  sku: 'SKU-99812-AB',
  city: 'Amsterdam',
  country: 'NL',
  segment: 'gold',
  note: 'leave at the door of the neighbours, please ring',
  customer_id: 123_456_789,
  created: 1_700_000_000_000,
  total: 1234.5,
  discount: 0.1,
  weight: 1.5,
  quantity: 3,
  lines: 2,
  express: true,
  status: 'PAID',
}
const wanted = ['customer_id', 'total', 'country']

bench('serde', (b) => {
  const count = b.parameter('RECORDS', 200, 300_000)
  const unit = { count, of: 'records' }
  const schemas: readonly (readonly [string, ParsedSchema])[] = [
    ['avro', avroLanguage.parse({ text: avro })],
    ['protobuf', protoLanguage.parse({ text: proto })],
  ]
  const writer = new ByteWriter()
  const encoded = (encode: (value: unknown, writer: ByteWriter) => void): Buffer => {
    writer.reset()
    encode(order, writer)
    return writer.copy()
  }
  const measure = (name: string, bytes: Buffer, decode: () => unknown, encode: () => void): void => {
    b.measure(`${name} decode (${bytes.length} bytes)`, unit, () => {
      let checksum = 0
      for (let index = 0; index < count; index++) checksum += (decode() as typeof order).quantity
      return checksum
    })
    b.measure(`${name} encode`, unit, () => {
      let checksum = 0
      for (let index = 0; index < count; index++) {
        writer.reset()
        encode()
        checksum += writer.length
      }
      return checksum
    })
  }
  for (const [name, schema] of schemas) {
    const [decode, encode] = [schema.decoder(undefined, {}), schema.encoder('value')]
    const bytes = encoded(encode)
    measure(
      name,
      bytes,
      () => decode(bytes, 0, bytes.length),
      () => encode(order, writer),
    )
    const columns = schema.columns?.filter(({ name }) => wanted.includes(name)) ?? []
    const rows = schema.rowReader(undefined, {}, columns)
    const row = new SlicedRow(rows.shape)
    b.measure(`${name} 3 of 15 fields`, unit, () => {
      let checksum = 0
      for (let index = 0; index < count; index++) {
        rows.read(bytes, 0, bytes.length, row)
        checksum += String(row.get(0)).length
      }
      return checksum
    })
  }
  const json = jsonSerde(true)
  const bytes = encoded((value, to) => json.encode(value, to, undefined))
  measure(
    'json',
    bytes,
    () => materialize(json.decode(bytes, 0, bytes.length, undefined)),
    () => json.encode(order, writer, undefined),
  )
})

/** Every decoder that reads bytes of strangers, with good inputs. */
import * as fc from 'fast-check'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { SlicedRow } from '../../src/data/row.ts'
import { parseType } from '../../src/data/type-strings.ts'
import type { Column, Format } from '../../src/data/types.ts'
import { readBatches } from '../../src/kafka/fetch/read-batches.ts'
import type { MessageCodec } from '../../src/protocol/api.ts'
import type { TableCodec } from '../../src/protocol/message/codec.ts'
import { messageArbitrary } from '../../src/protocol/messages-fixture.ts'
import { apis } from '../../src/protocol/apis.ts'
import { batchAt, RecordColumns, recordsOf } from '../../src/protocol/record-batch-reader.ts'
import { RecordBatchWriter } from '../../src/protocol/record-batch-writer.ts'
import type { Framing } from '../../src/registry/contracts.ts'
import { apicurioFraming } from '../../src/registry/wire/apicurio-framing.ts'
import { confluentFraming } from '../../src/registry/wire/confluent-framing.ts'
import { everyAvroType } from '../../src/serde/avro/everything-fixture.ts'
import { avroLanguage } from '../../src/serde/avro/avro-language.ts'
import { csvOptions, csvSerde } from '../../src/serde/csv/csv-serde.ts'
import { jsonSchemaLanguage } from '../../src/serde/json-schema/json-schema-language.ts'
import { JsonRowReader } from '../../src/serde/json/json-row-reader.ts'
import { jsonSerde } from '../../src/serde/json/json-serde.ts'
import { materialize } from '../../src/data/lazy.ts'
import { serdeFor } from '../../src/serde/plain-serde.ts'
import { protoCases } from '../../src/serde/protobuf/corpus-fixture.ts'
import { protoLanguage } from '../../src/serde/protobuf/proto-language.ts'
import type { ParsedSchema, SchemaLanguage } from '../../src/serde/schema-language.ts'
import { soapSerde, xmlSerde } from '../../src/serde/xml/xml-serde.ts'
import { readXsd } from '../../src/serde/xml/xsd.ts'
import type { FuzzTarget } from './fuzz.ts'

function encoded(schema: ParsedSchema, value: unknown): Buffer {
  const writer = new ByteWriter()
  schema.encoder('value')(value, writer)
  return writer.copy()
}

/** Whole values and, where there are columns, rows of every second one. */
function schemaTarget(
  name: string,
  language: SchemaLanguage,
  text: string,
  values: readonly unknown[],
): FuzzTarget {
  const schema = language.parse({ text })
  const decode = schema.decoder(undefined, {})
  const columns = schema.columns?.filter((_, index) => index % 2 === 0)
  const rows = columns === undefined ? undefined : schema.rowReader(undefined, {}, columns)
  const row = rows === undefined ? undefined : new SlicedRow(rows.shape)
  return {
    name,
    inputs: values.map((value) => encoded(schema, value)),
    decode: (bytes) => {
      if (rows !== undefined && row !== undefined) rows.read(bytes, 0, bytes.length, row)
      return decode(bytes, 0, bytes.length)
    },
  }
}

const everyAvro = everyAvroType()

const order = {
  schema:
    '{"type":"object","properties":{"id":{"type":"integer"},"name":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}},"required":["id"]}',
  text: '{"id":9007199254740993,"name":"ünï \\u00e9 \\"q\\"","tags":["a","b"],"n":[1.5e3,null,true,{"x":{}}]}',
}

function textTarget(name: string, texts: readonly string[], decode: (bytes: Buffer) => unknown): FuzzTarget {
  return { name, inputs: texts.map((text) => Buffer.from(text)), decode }
}

const bare: Format = { notation: 'xml', type: { kind: 'struct' } }
const people: Format = { notation: 'csv', type: { kind: 'struct' }, source: { text: 'id,name,city' } }
const envelope =
  '<s:Envelope xmlns:s="u"><s:Header><t>1</t></s:Header><s:Body><m:ping xmlns:m="v" k="&amp;"><a>1</a><a><![CDATA[<]]></a></m:ping></s:Body></s:Envelope>'

function framingTarget(name: string, framing: Framing): FuzzTarget {
  const prefix = framing.prefix({ id: 7, contentId: 7 }, { path: [0, 1], name: 'Order' })
  return {
    name,
    inputs: [Buffer.concat([prefix.bytes, Buffer.from('value')])],
    decode: (bytes) => framing.read(bytes, 0, bytes.length, undefined),
  }
}

/** Filled messages of each kind and version: arrays and structs in them are what nested decoders read. */
const filledMessages = 3

/** Every API and version: the first two bytes say which, so that all of them are damaged in one run. */
function protocolTarget(): FuzzTarget {
  const all = Object.values(apis).flatMap((api) =>
    Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, index) => ({
      api,
      version: api.minVersion + index,
    })),
  )
  const inputs = all.flatMap(({ api, version }, index) =>
    ([api.request, api.response] as readonly TableCodec<unknown>[]).flatMap((codec, side) =>
      fc
        .sample(messageArbitrary(codec.fields, version), { numRuns: filledMessages, seed: index })
        .map((message) => {
          const writer = new ByteWriter()
          writer.writeInt16(2 * index + side)
          codec.encode(message, version, writer)
          return writer.copy()
        }),
    ),
  )
  const decode = (bytes: Buffer): unknown => {
    if (bytes.length < 2) return undefined
    const choice = bytes.readUInt16BE(0) % (2 * all.length)
    const { api, version } = all[choice >> 1] as (typeof all)[number]
    const codec = (choice % 2 === 0 ? api.request : api.response) as MessageCodec<unknown>
    return codec.decode(bytes, version, 2)
  }
  return { name: 'protocol', inputs, decode }
}

/** Batches are read twice: with their checksum, which finds nearly all damage, and without. */
function batchTarget(): FuzzTarget {
  const inputs = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map((compression) => {
    const writer = new RecordBatchWriter()
    const value = Buffer.from('a value that is long enough to be worth compressing, compressing, compressing')
    for (let index = 0; index < 5; index++) {
      const key = Buffer.from(`key ${index}`)
      writer.append({
        timestampMs: 1000 + index,
        key,
        keyStart: 0,
        keyEnd: key.length,
        value,
        valueStart: 0,
        valueEnd: value.length,
        headers: [{ key: 'h', value: Buffer.from('v') }],
      })
    }
    return Buffer.from(writer.finish({ compression }))
  })
  const columns = new RecordColumns()
  const decode = (bytes: Buffer): unknown => {
    const header = batchAt(bytes, 0)
    if (header !== undefined) columns.read(recordsOf(bytes, header))
    return readBatches(bytes, 0, 'read_committed', [])
  }
  return { name: 'record batches', inputs, decode }
}

/** Every type that has bytes of its own, and one container: those are JSON. */
const binary = [
  'string',
  'long',
  'int',
  'short',
  'byte',
  'float',
  'double',
  'boolean',
  'bytes',
  'enum(A,B)',
  'union(long,int,string)',
  'windowed(string)',
].map((type): FuzzTarget => {
  const serde = serdeFor(parseType(type))
  const texts = ['text ü', 'A', '{"start":0,"end":1,"key":"k"}'].map((text) => Buffer.from(text))
  return {
    name: type,
    inputs: [...texts, ...[8, 4, 2, 1].map((bytes) => Buffer.alloc(bytes, 1))],
    decode: (bytes) => materialize(serde.decode(bytes, 0, bytes.length, undefined)),
  }
})

const jsonKeys = serdeFor({ notation: 'json', type: { kind: 'struct' } }, 'key')

/** A key is written in a form that stays as it is. */
function rewrittenKey(bytes: Buffer): string {
  const writer = new ByteWriter()
  jsonKeys.encode(jsonKeys.decode(bytes, 0, bytes.length, undefined), writer, undefined)
  const again = jsonKeys.canonicalKey?.(writer.copy())
  if (again?.equals(writer.view()) !== true) throw new Error('a canonical key is not canonical')
  return writer.view().toString()
}

/** Rows of single columns, whose cells are taken out, too. */
function jsonRowTarget(): FuzzTarget {
  const columns = (['id', 'name', 'tags', 'n'] as const).map((name): Column => ({
    name,
    type: { kind: 'any' },
  }))
  const reader = new JsonRowReader(columns)
  const row = new SlicedRow(reader.shape)
  return textTarget('json rows', [order.text], (bytes) => {
    reader.read(bytes, 0, bytes.length, row)
    return columns.map((_, index) => materialize(row.get(index)))
  })
}

const xsd = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="u" elementFormDefault="qualified">
  <xs:simpleType name="Words"><xs:list itemType="xs:int"/></xs:simpleType><xs:group name="g"><xs:choice><xs:element name="x" type="Words"/><xs:element ref="w"/></xs:choice></xs:group>
  <xs:element name="w"><xs:complexType><xs:simpleContent><xs:extension base="xs:float"><xs:attribute name="u"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
  <xs:complexType name="Node"><xs:sequence><xs:element name="next" type="Node" minOccurs="0"/></xs:sequence><xs:attribute name="k" type="Words"/></xs:complexType>
  <xs:element name="Order"><xs:complexType><xs:complexContent><xs:extension base="Node"><xs:sequence>
  <xs:element name="id" type="xs:int"/><xs:element name="total" type="xs:double" minOccurs="0"/><xs:element name="raw" type="xs:base64Binary"/>
  <xs:element name="line" type="xs:long" maxOccurs="unbounded"/><xs:group ref="g"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType></xs:element></xs:schema>`
const typed: Format = { ...bare, schema: 'Order', source: { text: xsd } }
const typedText =
  '<Order k="1 2"><next><next/></next><id>1</id><total>1.5</total><raw>AQI=</raw><line>1</line><line>9007199254740993</line><x>3 4</x><w u="kg">0.5</w></Order>'

export const fuzzTargets: readonly FuzzTarget[] = [
  schemaTarget('avro', avroLanguage, everyAvro.schema, everyAvro.values),
  ...protoCases
    .filter(({ name }) =>
      /^(int64|uint64|sint64|sfixed32|double|string)$|groups|packed|maps|oneof|nesting|within|well-known|edition/.test(
        name,
      ),
    )
    .map(({ name, schema, values }) =>
      schemaTarget(
        `protobuf ${name}`,
        protoLanguage,
        schema,
        values.map(({ value }) => value),
      ),
    ),
  schemaTarget('json schema', jsonSchemaLanguage, order.schema, [{ id: 1, name: 'x', tags: ['a', 'b'] }]),
  textTarget('json', [order.text], (bytes) =>
    materialize(jsonSerde(true).decode(bytes, 0, bytes.length, undefined)),
  ),
  textTarget('json keys', [order.text, '{"b":[1,{"d":1.50,"c":"\\u0041"}],"@a":-0,"a":null}'], rewrittenKey),
  jsonRowTarget(),
  textTarget('csv', ['1,"a ""b"" c",\r\n', '# c\n\n1,2,3,4\n5'], (bytes) =>
    csvSerde(people, csvOptions({})).decode(bytes, 0, bytes.length, undefined),
  ),
  textTarget('xml', [`<?xml version="1.1"?>${envelope}`], (bytes) =>
    xmlSerde(bare).decode(bytes, 0, bytes.length, undefined),
  ),
  textTarget('xml with a schema', [typedText], (bytes) =>
    xmlSerde(typed).decode(bytes, 0, bytes.length, undefined),
  ),
  textTarget('xml schema', [xsd], (bytes) => readXsd(bytes.toString(), 'Order')),
  textTarget('soap', [envelope], (bytes) => soapSerde(bare).decode(bytes, 0, bytes.length, undefined)),
  ...binary,
  protocolTarget(),
  batchTarget(),
  framingTarget(
    'confluent framing',
    confluentFraming({ side: 'value', type: 'PROTOBUF', writeIdTo: 'payload' }),
  ),
  framingTarget(
    'apicurio framing',
    apicurioFraming({
      side: 'value',
      type: 'PROTOBUF',
      idKind: 'contentId',
      idBytes: 'either',
      writeIdTo: 'payload',
      message: 'name',
    }),
  ),
]

import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RegistryPlace } from './registry-place.ts'

// Over loopback: every notation of a runner file, those that are always there and several of one type under own names, written and read.
let place: RegistryPlace

beforeEach(async () => {
  place = await RegistryPlace.open()
})

afterEach(() => place[Symbol.asyncDispose]())

const rows = [
  { id: 'a', note: 'héron; "x"' },
  { id: 'b', note: 'two, three' },
]
const note = Buffer.from('héron; "x"').toString('hex')
const avro = `026116${note}`
const proto = `0a0161120b${note}`
const json = Buffer.from('{"id":"a","note":"héron; \\"x\\""}').toString('hex')
const id4 = '00[0-9a-f]{8}'
const id8 = '00[0-9a-f]{16}'

const schemas = {
  'Order.avsc':
    '{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"note","type":"string"}]}',
  'Order.proto': 'syntax = "proto3"; message Other {} message Order { string id = 1; string note = 2; }',
  'Order.json':
    '{"title":"Order","type":"object","properties":{"id":{"type":"string"},"note":{"type":"string"}},"additionalProperties":false}',
  'Order.csv': 'note,id',
  'Order.xsd': `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Order"><xs:complexType><xs:sequence>
<xs:element name="id" type="xs:string"/><xs:element name="note" type="xs:string"/></xs:sequence></xs:complexType></xs:element></xs:schema>`,
}

/** By name: what stands under `notations` of the file, or nothing where the name is always there; what the first value is, in hex. */
const notations: Readonly<Record<string, readonly [configured: string | undefined, value: string]>> = {
  json: [undefined, json],
  binary: [undefined, json],
  default: [undefined, json],
  csv: [undefined, Buffer.from('"héron; ""x""","a"').toString('hex')],
  xml: [undefined, Buffer.from("<?xml version='1.1' encoding='UTF-8'?><Order><id>a</id>").toString('hex')],
  soap: [undefined, Buffer.from("<?xml version='1.1' encoding='UTF-8'?><soap:Envelope").toString('hex')],
  avro: ['{ type: confluent_avro, schemaRegistry: main }', `${id4}${avro}`],
  confluent_avro: ['{ type: confluent_avro, schemaRegistry: main }', `${id4}${avro}`],
  apicurio_avro: ['{ type: apicurio_avro, schemaRegistry: other }', `${id4}${avro}`],
  confluent_protobuf: ['{ type: confluent_protobuf, schemaRegistry: main }', `${id4}0202${proto}`],
  apicurio_protobuf: [
    '{ type: apicurio_protobuf, schemaRegistry: other }',
    `${id4}070a05${Buffer.from('Order').toString('hex')}${proto}`,
  ],
  confluent_jsonschema: ['{ type: confluent_jsonschema, schemaRegistry: main }', `${id4}${json}`],
  apicurio_jsonschema: ['{ type: apicurio_jsonschema, schemaRegistry: other }', `${id4}${json}`],
  headers: [
    '{ type: confluent_avro, schemaRegistry: main, config: { value.schema.id.serializer: HeaderSchemaIdSerializer } }',
    avro,
  ],
  long_ids: [
    '{ type: apicurio_avro, schemaRegistry: other, config: { apicurio.registry.id-handler: Legacy8ByteIdHandler, apicurio.registry.use-id: globalId } }',
    `${id8}${avro}`,
  ],
  other_headers: [
    '{ type: apicurio_protobuf, schemaRegistry: other, config: { apicurio.registry.headers.enabled: true, apicurio.registry.serde.send-type-ref: false } }',
    proto,
  ],
  indexes: [
    '{ type: apicurio_protobuf, schemaRegistry: other, config: { apicurio.registry.serde.send-type-ref: false, apicurio.registry.serde.send-indexes: true } }',
    `${id4}0202${proto}`,
  ],
  bare_avro: ['{ type: avro }', avro],
  bare_protobuf: ['{ type: protobuf }', proto],
  bare_jsonschema: ['{ type: jsonschema }', json],
  semicolons: [
    '{ type: csv, config: { separator: ";", quote: "\'" } }',
    Buffer.from("'héron; \"x\"';'a'").toString('hex'),
  ],
  tabs: [
    '{ type: csv, config: { separator: "\\t", header: true } }',
    Buffer.from('"note"\t"id"\n"héron; ""x"""\t"a"').toString('hex'),
  ],
  letters: ['{ type: xml }', Buffer.from("<?xml version='1.1' encoding='UTF-8'?><Order>").toString('hex')],
  envelopes: [
    '{ type: soap }',
    Buffer.from("<?xml version='1.1' encoding='UTF-8'?><soap:Envelope").toString('hex'),
  ],
  texts: ['{ type: json }', json],
  primitives: ['{ type: binary }', json],
}

const names = Object.keys(notations)
const withoutSchema = ['json', 'binary', 'default', 'texts', 'primitives']
const typeOf = (name: string): string => (withoutSchema.includes(name) ? `${name}:struct` : `${name}:Order`)

function definition(from: (name: string) => string, to: (name: string) => string): string {
  const [inputs, outputs] = [new Set(names.map(from)), names.map(to)]
  const pipelines = names.map(
    (name) => `  ${name}:
    from: ${from(name)}
    via: [{ type: convertValue, into: '${from(name) === 'rows' ? typeOf(name) : 'json:struct'}' }]
    to: ${to(name)}
`,
  )
  const streams = [...inputs, ...outputs].map((stream) => {
    const type = names.includes(stream) ? typeOf(stream) : 'json:struct'
    return `  ${stream}: { topic: ${stream}, keyType: string, valueType: '${type}' }\n`
  })
  return `streams:\n${streams.join('')}pipelines:\n${pipelines.join('')}`
}

async function produceRows(): Promise<void> {
  const file = join(place.folder, 'rows.jsonl')
  await place.weft('produce', 'rows', '--bootstrap', place.bootstrap, '--file', file)
}

/** As the runner file says. @returns what was noted */
function run(stateDir: string, ...definitions: readonly string[]): Promise<string[]> {
  const config = ['--config', join(place.folder, 'runner.yaml'), '--state-dir', stateDir]
  return place.weft('run', ...definitions, ...config, '--until-end', '--log-level', 'error')
}

test('every notation writes the bytes that its name says, and reads them', async () => {
  const back = (name: string): string => `back_${name}`
  await place.createTopics('rows', ...names, ...names.map(back))
  const configured = names.map((name) =>
    notations[name]?.[0] === undefined ? '' : `    ${name}: ${notations[name][0]}\n`,
  )
  place.write({
    ...Object.fromEntries(Object.entries(schemas).map(([name, text]) => [`schemas/${name}`, text])),
    'rows.jsonl': rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    'write.yaml': definition(
      () => 'rows',
      (name) => name,
    ),
    'read.yaml': definition((name) => name, back),
    'runner.yaml': `ksml:
  schemaDirectory: ${join(place.folder, 'schemas')}
  schemaRegistries:
    main: { config: { schema.registry.url: '${place.registry.url}' } }
    other: { config: { apicurio.registry.url: '${place.registry.url}', apicurio.registry.auto-register: true } }
  notations:
${configured.join('')}  definitions: { write: write.yaml, read: read.yaml }
kafka: { application.id: app, bootstrap.servers: '${place.bootstrap}', commit.interval.ms: 100 }
`,
  })
  await produceRows()
  for (const file of ['write.yaml', 'read.yaml']) {
    const notes = await run(join(place.folder, file, '..', 'state'), join(place.folder, file))
    expect(notes.join('\n')).toContain('dead letters 0')
  }
  for (const name of names) {
    const [first] = await place.consumeBytes(name, 1)
    expect(first?.value.toString('hex'), name).toMatch(new RegExp(`^${notations[name]?.[1]}`))
    const read = await place.consumeBytes(back(name), 2)
    expect(
      read.map(({ value }) => JSON.parse(value.toString()) as unknown),
      name,
    ).toEqual(rows)
  }
})

test('conversions from and to text go by the options of the notation that is named', async () => {
  await place.createTopics('rows', 'lines', 'again', 'letters')
  const { note } = rows[0] ?? { note: '' }
  place.write({
    ...Object.fromEntries(Object.entries(schemas).map(([name, text]) => [`schemas/${name}`, text])),
    'rows.jsonl': `${JSON.stringify(rows[0])}\n`,
    'main.yaml': `streams:
  rows: { topic: rows, keyType: string, valueType: 'json:struct' }
  lines: { topic: lines, keyType: string, valueType: string }
  again: { topic: again, keyType: string, valueType: 'json:struct' }
  letters: { topic: letters, keyType: string, valueType: string }
pipelines:
  lines:
    from: rows
    via: [{ type: convertValue, into: 'semicolons:Order' }, { type: convertValue, into: string }]
    to: lines
  letters:
    from: rows
    via: [{ type: convertValue, into: 'my_xml:Order' }, { type: convertValue, into: string }]
    to: letters
  again:
    from: lines
    via: [{ type: convertValue, into: 'semicolons:Order' }, { type: convertValue, into: 'json:struct' }]
    to: again
`,
    'runner.yaml': `ksml:
  schemaDirectory: ${join(place.folder, 'schemas')}
  notations:
    semicolons: { type: csv, config: { separator: ";", quote: "'" } }
    my_xml: { type: xml }
  definitions: { main: main.yaml }
kafka: { application.id: app, bootstrap.servers: '${place.bootstrap}', commit.interval.ms: 100 }
`,
  })
  await produceRows()
  for (let turn = 0; turn < 2; turn++) await run(join(place.folder, 'state'))
  const textOf = async (topic: string): Promise<string> =>
    String((await place.consumeBytes(topic, 1))[0]?.value)
  expect(await textOf('lines')).toBe(`'${note}';'a'`)
  expect(await textOf('letters')).toContain('<Order><id>a</id><note>')
  expect(JSON.parse(await textOf('again'))).toEqual(rows[0])
})

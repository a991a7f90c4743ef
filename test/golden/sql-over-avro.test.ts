import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRunConfig } from '../../src/cli/config/run-config.ts'
import { openDefinition } from '../../src/cli/definitions.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { TopicCatalog } from '../../src/cli/topic-catalog.ts'
import { renderDiagnostic } from '../../src/language/diagnostic.ts'
import { RegistryPlace, silent } from './registry-place.ts'

// Over loopback: SQL definitions with a configuration as KaflowSQL has it, on the embedded broker and the embedded registry.
let place: RegistryPlace

beforeEach(async () => {
  place = await RegistryPlace.open()
})

afterEach(() => place[Symbol.asyncDispose]())

/** What is wrong with a definition, as its author sees it. */
async function complaints(text: string): Promise<string> {
  place.write({ 'pipeline.yaml': text })
  const config = readRunConfig(join(place.folder, 'config.yaml'), silent)
  if (config === undefined) throw new Error('the configuration is wrong')
  await using catalog = new TopicCatalog({ ...config.schemas, inputNotation: config.inputNotation })
  const { loaded } = await openDefinition({ path: 'pipeline.yaml', text, ...config.schemas }, catalog)
  return loaded.diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, text)).join('\n\n')
}

const orders = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'order_id', type: 'string' },
    { name: 'customer', type: ['null', 'string'], default: null },
    { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
    { name: 'placed', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'hour', type: { type: 'int', logicalType: 'time-millis' } },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['OPEN', 'PAID'] } },
    { name: 'items', type: { type: 'array', items: 'string' } },
    { name: 'seen', type: 'long' },
    { name: 'blob', type: 'bytes' },
  ],
}

const order = {
  order_id: 'o1',
  customer: 'c1',
  total: '12.30',
  placed: 1_700_000_000_123,
  day: 19_675,
  hour: 3_600_000,
  state: 'PAID',
  items: ['a', 'b'],
  seen: 9_007_199_254_740_993n,
  blob: new Uint8Array([1, 2, 255]),
}

const customers = {
  type: 'record',
  name: 'Customer',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'segment', type: 'string' },
  ],
}

const enrich = `name: enrich
query: |
  SELECT o.order_id, o.total, o.total * 2 AS twice, o.placed, o.day, o.hour, o.state, o.items, o.seen, o.blob,
    c.segment, o.seen > 5 AS many
  FROM orders o LEFT JOIN customers c ON o.customer = c.id
output: { topic: enriched, format: avro, key: order_id }
state: { dimensions: [{ topic: customers, join: lookup }] }
`

describe('a query over Avro topics', () => {
  test('reads by the schemas of the registry, joins, and writes with a schema made of its columns', async () => {
    await place.produce('customers', customers, { rows: [{ id: 'c1', segment: 'gold' }], key: 'id' })
    await place.produce('orders', orders, {
      rows: [order, { ...order, order_id: 'o2', customer: null }],
      key: 'order_id',
    })
    await place.createTopics('enriched')
    place.write({ 'pipelines/enrich.yaml': enrich })
    expect((await place.run()).at(-1)).toContain('in 2, out 2')
    const row = {
      ...order,
      placed: order.placed * 1000,
      hour: order.hour * 1000,
      twice: '24.60',
      many: true,
      customer: undefined,
    }
    expect(await place.consume('enriched', 2)).toEqual([
      { key: 'o1', value: { ...row, segment: 'gold' } },
      { key: 'o2', value: { ...row, order_id: 'o2', segment: null } },
    ])
    const { schema } = await place.ask('/subjects/enriched-value/versions/latest')
    const { name, fields } = JSON.parse(String(schema)) as typeof orders
    expect(name).toBe('Value')
    expect(fields.map((field) => field.name).join()).toBe(
      'order_id,total,twice,placed,day,hour,state,items,seen,blob,segment,many',
    )
    expect(fields[1]).toEqual({
      name: 'total',
      type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }],
      default: null,
    })
    expect(fields[3]?.type).toEqual(['null', { type: 'long', logicalType: 'timestamp-micros' }])
  })

  test('writes JSON from Avro, and Avro from JSON, as each topic is declared', async () => {
    await place.produce('orders', orders, { rows: [order] })
    await place.createTopics('text', 'back')
    place.write({
      'pipelines/both.yaml': `queries:
  out:
    query: SELECT order_id, total, placed, day, hour, items, seen, blob FROM orders
    output: { topic: text, format: json }
  in:
    query: SELECT order_id, total, placed, day, hour, seen FROM text
    output: { topic: back, format: avro, key: order_id }
topics:
  text:
    valueType: json
    columns: { order_id: string, total: 'decimal(9,2)', placed: timestamp, day: date, hour: time, seen: long }
`,
    })
    await place.run()
    const { lines } = await read('text')
    expect(lines).toEqual([
      'null\t{"order_id":"o1","total":12.3,"placed":"2023-11-14T22:13:20.123Z","day":"2023-11-14","hour":"01:00:00","items":["a","b"],"seen":9007199254740993,"blob":"AQL/"}',
    ])
    expect(await place.consume('back', 1)).toEqual([
      {
        key: 'o1',
        value: {
          order_id: 'o1',
          total: '12.30',
          placed: order.placed * 1000,
          day: order.day,
          hour: order.hour * 1000,
          seen: order.seen,
        },
      },
    ])
  })

  test.each([
    [
      'confluent_protobuf',
      'PROTOBUF',
      'syntax = "proto3"; message Visit { string id = 1; int64 seen = 2; bool paid = 3; }',
    ],
    [
      'confluent_jsonschema',
      'JSON',
      JSON.stringify({
        title: 'Visit',
        type: 'object',
        properties: { id: { type: 'string' }, seen: { type: 'integer' }, paid: { type: 'boolean' } },
      }),
    ],
  ])('reads %s by its schema, too', async (notation, schemaType, schema) => {
    await place.createTopics('visits', 'text')
    await place.ask('/subjects/visits-value/versions', { schemaType, schema })
    place.write({
      'rows.jsonl': '{"id":"a","seen":9007199254740993,"paid":true}\n{"id":"b","seen":2,"paid":false}\n',
      'pipelines/visits.yaml': `name: visits
query: SELECT v.id, seen, seen + 1 AS more FROM visits v WHERE paid
output: { topic: text, format: json, key: id }
topics: { visits: { valueType: ${notation} } }
`,
    })
    const produced = [
      '--config',
      join(place.folder, 'config.yaml'),
      '--value-type',
      notation,
      '--file',
      join(place.folder, 'rows.jsonl'),
    ]
    await place.weft('produce', 'visits', '--bootstrap', place.bootstrap, ...produced)
    expect((await place.run()).at(-1)).toContain('in 2, out 1')
    expect((await read('text')).lines).toEqual([
      'a\t{"id":"a","seen":9007199254740993,"more":9007199254740994}',
    ])
  })

  test('writes with the schema that the definition declares, and registers the next version of a subject', async () => {
    await place.produce('orders', orders, { rows: [order] })
    await place.createTopics('totals')
    const older = { type: 'record', name: 'Total', fields: [{ name: 'order_id', type: 'string' }] }
    await place.ask('/subjects/totals-value/versions', { schema: JSON.stringify(older) })
    place.write({
      'pipelines/totals.yaml': `name: totals
query: SELECT order_id, CAST(total AS DOUBLE) AS total FROM orders
output:
  topic: totals
  format: avro
  schema:
    name: Total
    fields:
      - { name: order_id, type: string }
      - { name: total, type: double, default: 0 }
      - { name: note, type: ["null", string], default: null }
`,
    })
    await place.run()
    expect(await place.consume('totals', 1)).toEqual([
      { key: null, value: { order_id: 'o1', total: 12.3, note: null } },
    ])
    expect(await place.ask('/subjects/totals-value/versions')).toEqual([1, 2])
  })

  test('ends at once where the subject refuses its schema, and says why', async () => {
    await place.produce('orders', orders, { rows: [order] })
    await place.createTopics('totals')
    const other = { type: 'record', name: 'Value', fields: [{ name: 'order_id', type: 'int' }] }
    await place.ask('/subjects/totals-value/versions', { schema: JSON.stringify(other) })
    place.write({
      'pipelines/totals.yaml':
        'name: totals\nquery: SELECT order_id FROM orders\noutput: { topic: totals, format: avro }\n',
    })
    const notes = await place.run()
    expect(process.exitCode).toBe(1)
    expect(notes.join('\n')).toContain('SCHEMA_INCOMPATIBLE')
    expect(notes.join('\n')).toContain('order_id')
  })
})

describe('commands that know the notations of a configuration', () => {
  const rows =
    '{"id":"a","at":"2026-03-01T09:00:00Z","total":5}\n{"id":"b","at":null,"total":7.5,"other":1}\n'
  const schema = {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] },
      { name: 'total', type: 'double' },
      { name: 'note', type: 'string', default: 'none' },
    ],
  }
  const written = [
    { key: 'a', value: { id: 'a', at: Date.parse('2026-03-01T09:00:00Z'), total: 5, note: 'none' } },
    { key: 'b', value: { id: 'b', at: null, total: 7.5, note: 'none' } },
  ]

  function produceOrders(config: string, type: string): Promise<string[]> {
    place.write({ 'rows.jsonl': rows })
    const file = ['--file', join(place.folder, 'rows.jsonl'), '--key', 'id']
    return place.weft(
      'produce',
      'orders',
      '--bootstrap',
      place.bootstrap,
      '--config',
      join(place.folder, config),
      '--value-type',
      type,
      ...file,
    )
  }

  test('produce writes rows by the schema of the registry, with its defaults', async () => {
    await place.createTopics('orders')
    await place.ask('/subjects/orders-value/versions', { schema: JSON.stringify(schema) })
    expect((await produceOrders('config.yaml', 'avro')).at(-1)).toBe('sent 2 records to orders')
    expect(await place.consume('orders', 2)).toEqual(written)
  })

  const runner = (): string => `ksml:
  definitions: { main: main.yaml }
  schemaDirectory: ${join(place.folder, 'schemas')}
  notations:
    mine: { type: confluent_avro, config: { schema.registry.url: '${place.registry.url}' } }
kafka: { application.id: shop, bootstrap.servers: '${place.bootstrap}' }
`
  const main = `streams:
  orders: { topic: orders, keyType: string, valueType: mine:Order }
  large: { topic: large, keyType: string, valueType: mine:Order }
pipelines:
  main:
    from: orders
    via: [{ type: filter, if: { language: javascript, expression: value.total > 6 } }]
    to: large
`

  test('a runner file: check and explain find its definitions, produce its schemas, dev runs them in the embedded registry', async () => {
    place.write({ 'runner.yaml': runner(), 'main.yaml': main, 'schemas/Order.avsc': JSON.stringify(schema) })
    const config = join(place.folder, 'runner.yaml')
    const lines: string[] = []
    const output = { ...silent, line: (text: string) => lines.push(text) }
    await (await buildProgram(output)).parseAsync(['check', '--config', config], { from: 'user' })
    await (
      await buildProgram(output)
    ).parseAsync(['explain', '--config', config, '--format', 'json'], { from: 'user' })
    expect(lines[0]).toContain('main.yaml: fine')
    expect(lines[1]).toContain('"notation": "mine"')
    await place.createTopics('orders', 'large')
    expect((await produceOrders('runner.yaml', 'mine:Order')).at(-1)).toBe('sent 2 records to orders')
    expect(await place.consume('orders', 2)).toEqual(written)
    place.write({ 'main.yaml': `${main}dev: { topics: { orders: { file: rows.jsonl, key: id } } }\n` })
    const dev = ['dev', join(place.folder, 'main.yaml'), '--config', config, '--log-level', 'error']
    const notes: string[] = []
    await (
      await buildProgram({ ...output, note: (text) => notes.push(text) })
    ).parseAsync(dev, { from: 'user' })
    expect(notes.at(-1)).toContain('in 2, out 1')
    // The live view reads what it shows.
    expect(lines.filter((line) => line.startsWith('large  '))).toEqual([
      expect.stringMatching(/^large {2}\w+ {2}\{.*"total":/),
    ])
    // What dev writes goes nowhere else.
    expect(await place.ask('/subjects')).toEqual(['orders-value'])
  })

  test('dev runs queries over Avro with the columns of the data files, without any configuration', async () => {
    place.write({
      'rows.jsonl': rows,
      'dev.yaml': `queries:
  large:
    query: SELECT id, total, "at" FROM orders WHERE total > 6
    output: { topic: large, format: avro, key: id }
  larger:
    query: SELECT id FROM large
    output: { topic: larger, format: json }
topics: { orders: { valueType: avro } }
dev: { topics: { orders: { file: rows.jsonl, key: id } } }
`,
    })
    const notes = await place.weft('dev', join(place.folder, 'dev.yaml'), '--log-level', 'error')
    expect(notes.at(-1)).toContain('in 3, out 2')
  })
})

async function read(topic: string): Promise<{ lines: string[] }> {
  const lines: string[] = []
  await (
    await buildProgram({ ...silent, line: (text) => lines.push(text) })
  ).parseAsync(['consume', topic, '--bootstrap', place.bootstrap, '--from-beginning', '--count', '1'], {
    from: 'user',
  })
  return { lines }
}

describe('what a query has wrong', () => {
  const query = (sql: string, output: string, more = ''): string =>
    `name: q\nquery: ${sql}\noutput: { topic: out, ${output} }\n${more}`

  test('a topic without a schema', async () => {
    expect(await complaints(query('SELECT a FROM nobody', 'format: json'))).toMatchInlineSnapshot(`
      "pipeline.yaml:2:22  error  SCHEMA_NOT_FOUND
      the schema registry has nothing for the latest version of "nobody-value"

        1 | name: q
        2 | query: SELECT a FROM nobody
          |                      ^^^^^^
        3 | output: { topic: out, format: json }

      The registry answered 40401: Subject 'nobody-value' not found.
      Hint: Register the schema, or check that the topic was written with this registry."
    `)
  })

  test('a schema whose values have no columns', async () => {
    await place.ask('/subjects/orders-value/versions', { schema: '"string"' })
    expect(await complaints(query('SELECT a FROM orders', 'format: json'))).toMatchInlineSnapshot(`
      "pipeline.yaml:2:22  error  SCHEMA_INVALID
      values of the schema have no columns

        1 | name: q
        2 | query: SELECT a FROM orders
          |                      ^^^^^^
        3 | output: { topic: out, format: json }

      Hint: A query needs records: an Avro record, a Protobuf message, a JSON schema of an object."
    `)
  })

  test('a column that the schema lacks, in the query and in the declaration', async () => {
    await place.ask('/subjects/orders-value/versions', { schema: JSON.stringify(orders) })
    expect(await complaints(query('SELECT totl FROM orders', 'format: avro'))).toMatchInlineSnapshot(`
      "pipeline.yaml:2:15  error  NAME_NOT_FOUND
      column "totl" is not in topic "orders"

        1 | name: q
        2 | query: SELECT totl FROM orders
          |               ^^^^
        3 | output: { topic: out, format: avro }

      Hint: Did you mean "total"?"
    `)
    const declared = 'topics: { orders: { columns: { order_id: long, totl: double } } }\n'
    expect(await complaints(query('SELECT order_id FROM orders', 'format: avro', declared)))
      .toMatchInlineSnapshot(`
      "pipeline.yaml:4:32  error  TYPE_INVALID
      column "order_id" is VARCHAR in the schema, not BIGINT

        3 | output: { topic: out, format: avro }
        4 | topics: { orders: { columns: { order_id: long, totl: double } } }
          |                                ^^^^^^^^

      Hint: Leave the declaration out: the schema says what columns there are.

      pipeline.yaml:4:48  error  NAME_NOT_FOUND
      the schema has no column "totl"

        3 | output: { topic: out, format: avro }
        4 | topics: { orders: { columns: { order_id: long, totl: double } } }
          |                                                ^^^^

      Hint: Did you mean "total"?"
    `)
  })

  test('columns that the declared schema has no room for, and fields without a column', async () => {
    await place.ask('/subjects/orders-value/versions', { schema: JSON.stringify(orders) })
    const schema =
      'schema: { name: T, fields: [{ name: order_id, type: int }, { name: must, type: string }] }'
    expect(await complaints(query('SELECT order_id, seen, total + 1 FROM orders', `format: avro, ${schema}`)))
      .toMatchInlineSnapshot(`
      "pipeline.yaml:2:15  error  TYPE_INVALID
      column "order_id" is VARCHAR, and its field of the output's schema INTEGER

        1 | name: q
        2 | query: SELECT order_id, seen, total + 1 FROM orders
          |               ^^^^^^^^
        3 | output: { topic: out, format: avro, schema: { name: T, fields: [{ name: order_id, type: int }, { name: must, t

      Hint: Write CAST(… AS INTEGER), or change the schema.

      pipeline.yaml:2:25  error  NAME_NOT_FOUND
      the schema of the output has no field "seen"

        1 | name: q
        2 | query: SELECT order_id, seen, total + 1 FROM orders
          |                         ^^^^
        3 | output: { topic: out, format: avro, schema: { name: T, fields: [{ name: order_id, type: int }, { name: must, t

      Hint: Use one of the fields: order_id, must.

      pipeline.yaml:2:37  warning  SQL_INVALID
      an output column is called "(total + 1)"

        1 | name: q
        2 | query: SELECT order_id, seen, total + 1 FROM orders
          |                                     ^
        3 | output: { topic: out, format: avro, schema: { name: T, fields: [{ name: order_id, type: int }, { name: must, t

      Hint: Give it a name with AS.

      pipeline.yaml:2:37  error  NAME_NOT_FOUND
      the schema of the output has no field "(total + 1)"

        1 | name: q
        2 | query: SELECT order_id, seen, total + 1 FROM orders
          |                                     ^
        3 | output: { topic: out, format: avro, schema: { name: T, fields: [{ name: order_id, type: int }, { name: must, t

      Hint: Use one of the fields: order_id, must.

      pipeline.yaml:3:37  error  NAME_NOT_FOUND
      the query has no column for field "must"

        2 | query: SELECT order_id, seen, total + 1 FROM orders
        3 | output: { topic: out, format: avro, schema: { name: T, fields: [{ name: order_id, type: int }, { name: must, t
          |                                     ^^^^^^

      Hint: Select it, or give the field a default."
    `)
    expect(
      await complaints(
        query('SELECT order_id, seen FROM orders', 'format: avro, schema: { order_id: string, seen: int }'),
      ),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:2:25  error  TYPE_INVALID
      column "seen" is BIGINT, and its field of the output's schema INTEGER

        1 | name: q
        2 | query: SELECT order_id, seen FROM orders
          |                         ^^^^
        3 | output: { topic: out, format: avro, schema: { order_id: string, seen: int } }

      Hint: Write CAST(… AS INTEGER), or change the schema."
    `)
    expect(
      await complaints(
        query(
          'SELECT order_id FROM orders',
          'format: avro, schema: { name: T, fields: [{ name: order_id, type: strin }] }',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:3:37  error  SCHEMA_INVALID
      an Avro schema, at "order_id", is not valid: there is no type "strin"

        2 | query: SELECT order_id FROM orders
        3 | output: { topic: out, format: avro, schema: { name: T, fields: [{ name: order_id, type: strin }] } }
          |                                     ^^^^^^

      Hint: Define the type before it is used, or add its schema to the references."
    `)
  })
})

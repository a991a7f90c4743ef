import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RegistryPlace } from './registry-place.ts'

// Over loopback: what values of every kind become on their way through queries and commands over topics with schemas.
let place: RegistryPlace

beforeEach(async () => {
  place = await RegistryPlace.open()
})

afterEach(() => place[Symbol.asyncDispose]())

const decimal = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }
const uuid = { type: 'string', logicalType: 'uuid' }
const at = { type: 'long', logicalType: 'timestamp-millis' }
const id = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'

test('decimals, UUIDs and times inside records, lists, maps and unions go through a query as what they are', async () => {
  const line = {
    type: 'record',
    name: 'Line',
    fields: [
      { name: 'price', type: ['null', decimal], default: null },
      { name: 'ref', type: uuid },
      { name: 'at', type: at },
    ],
  }
  const schema = {
    type: 'record',
    name: 'Bill',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'lines', type: { type: 'array', items: line } },
      { name: 'fees', type: { type: 'map', values: decimal } },
      { name: 'refs', type: { type: 'array', items: ['null', uuid] } },
      { name: 'times', type: { type: 'map', values: at } },
    ],
  }
  const bill = {
    id: 'b1',
    lines: [
      { price: '12.30', ref: id, at: 1_700_000_000_123 },
      { price: null, ref: id, at: 0 },
    ],
    fees: { post: '-0.01' },
    refs: [id, null],
    times: { paid: 1_700_000_000_123 },
  }
  await place.produce('bills', schema, { rows: [bill] })
  await place.createTopics('copies')
  place.write({
    'pipelines/copies.yaml':
      'name: copies\nquery: SELECT id, lines, fees, refs, times FROM bills\noutput: { topic: copies, format: avro }\n',
  })
  expect((await place.run()).at(-1)).toContain('in 1, out 1')
  expect(await place.consume('copies', 1)).toEqual([{ key: null, value: bill }])
  const { schema: made } = await place.ask('/subjects/copies-value/versions/latest')
  const text = String(made)
  expect(text).toContain(JSON.stringify(decimal))
  expect(text).toContain(JSON.stringify(uuid))
  expect(text).toContain(JSON.stringify(at))
})

describe('joins that wait', () => {
  const event = (name: string, ...fields: readonly string[]): object => ({
    type: 'record',
    name,
    fields: [
      { name: 'k', type: 'long' },
      ...fields.map((field) => ({ name: field, type: 'string' })),
      { name: 'price', type: decimal },
    ],
  })
  const proto = (name: string, ...fields: readonly string[]): string =>
    `syntax = "proto3"; message ${name} { int64 k = 1; ${fields.map((field, index) => `string ${field} = ${index + 2};`).join(' ')} }`
  const json = (name: string, ...fields: readonly string[]): object => ({
    title: name,
    type: 'object',
    properties: Object.fromEntries([
      ['k', { type: 'integer' }],
      ...fields.map((field) => [field, { type: 'string' }]),
    ]),
  })
  const [early, late] = [1_700_000_000_000, 1_700_000_002_000]

  test.each([
    ['avro', event('Ev', 'v'), event('Ev', 'v', 'more'), event('Xs', 'w')],
    ['confluent_protobuf', proto('Ev', 'v'), proto('Ev', 'v', 'more'), proto('Xs', 'w')],
    ['confluent_jsonschema', json('Ev', 'v'), json('Ev', 'v', 'more'), json('Xs', 'w')],
  ] as const)(
    'keep records of %s, whichever version wrote them, until their partners come in a later run',
    async (notation, first, second, right) => {
      await place.produce('ev', first, {
        rows: [
          { k: 1, v: 'E1', price: '1.10' },
          { k: 2, v: 'E2', price: '2.20' },
        ],
        key: 'k',
        fromMs: early,
      })
      await place.ask('/config/ev-value', { compatibility: 'NONE' }, 'PUT')
      await place.produce('ev', second, {
        rows: [{ k: 3, v: 'E3', more: 'M3', price: '1.10' }],
        key: 'k',
        fromMs: early + 10,
      })
      await place.produce('xs', right, { rows: [], fromMs: late })
      await place.createTopics('paired')
      place.write({
        'pipelines/pairs.yaml': `name: pairs
query: SELECT e.k, e.v, x.w FROM ev e JOIN xs x ON e.k = x.k
output: { topic: paired, format: ${notation === 'avro' ? 'avro' : 'json'}, key: v }
emission: { type: immediate }
state: { events: { default_ttl: 10s } }
topics: { ev: { valueType: ${notation} }, xs: { valueType: ${notation} } }
`,
      })
      expect((await place.run()).join('\n')).toContain('in 3, out 0')
      const partners = [
        { k: 1, w: 'X1', price: '3.30' },
        { k: 3, w: 'X3', price: '4.40' },
        { k: 4, w: 'X4', price: '4.40' },
      ]
      await place.produce('xs', right, { rows: partners, key: 'k', fromMs: late })
      expect((await place.run()).join('\n')).toContain('in 3, out 2')
      const joined = [
        { k: 1, v: 'E1', w: 'X1' },
        { k: 3, v: 'E3', w: 'X3' },
      ]
      expect(await place.consume('paired', 2)).toEqual(joined.map((value) => ({ key: value.v, value })))
    },
  )
})

describe('produce', () => {
  const schema = {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: uuid },
      { name: 'blob', type: 'bytes' },
      { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 2 } },
      {
        name: 'parts',
        type: {
          type: 'array',
          items: {
            type: 'record',
            name: 'Part',
            fields: [{ name: 'sums', type: { type: 'map', values: 'bytes' } }],
          },
        },
      },
      { name: 'total', type: decimal },
      { name: 'tax', type: ['null', decimal], default: null },
      { name: 'exact', type: { ...decimal, precision: 30, scale: 4 } },
      { name: 'at', type: at },
      { name: 'day', type: { type: 'int', logicalType: 'date' } },
    ],
  }
  const fields: Readonly<Record<string, string>> = {
    id: `"${id}"`,
    blob: '"AQL/"',
    hash: '"AAE="',
    parts: '[{"sums":{"a":"AQ==","b":""}}]',
    total: '12.3',
    tax: '"1.10"',
    exact: '12345678901234567890.12',
    at: '"2026-03-01T09:00:00.123Z"',
    day: '"2026-03-01"',
  }

  async function produce(changed: Readonly<Record<string, string>> = {}, before = 0): Promise<void> {
    await place.createTopics('orders')
    await place.ask('/subjects/orders-value/versions', { schema: JSON.stringify(schema) })
    const rows = [...Array.from({ length: before }, () => fields), { ...fields, ...changed }].map((row) =>
      Object.entries(row).map(([name, text]) => `"${name}":${text}`),
    )
    place.write({ 'rows.jsonl': rows.map((row) => `{${row.join(',')}}\n`).join('') })
    const file = [
      '--config',
      join(place.folder, 'config.yaml'),
      '--value-type',
      'avro',
      '--file',
      join(place.folder, 'rows.jsonl'),
    ]
    await place.weft('produce', 'orders', '--bootstrap', place.bootstrap, ...file)
  }

  test('writes bytes from base64, decimals with all their digits, UUIDs and times, by the schema of the registry', async () => {
    await produce()
    const value = {
      id,
      blob: Uint8Array.of(1, 2, 255),
      hash: Uint8Array.of(0, 1),
      parts: [{ sums: { a: Uint8Array.of(1), b: new Uint8Array() } }],
      total: '12.30',
      tax: '1.10',
      exact: '12345678901234567890.1200',
      at: Date.parse('2026-03-01T09:00:00.123Z'),
      day: Date.parse('2026-03-01') / 86_400_000,
    }
    expect(await place.consume('orders', 1)).toEqual([{ key: null, value }])
  })

  test.each([
    ['blob', '"not base64"'],
    ['hash', '"AAEC"'],
    ['parts', '[{"sums":{"a":"?"}}]'],
    ['total', '"12.345"'],
    ['exact', '1e30'],
    ['tax', 'true'],
    ['id', '"f81d4fae"'],
  ])('names the field %s that is %s', async (name, text) => {
    await expect(produce({ [name]: text })).rejects.toThrow(new RegExp(`^field "${name}.*does not fit`))
  })

  test('names the row that does not fit, what is wanted, and sends those before it', async () => {
    await expect(produce({ at: '"yesterday"' }, 2)).rejects.toThrow(
      expect.objectContaining({
        code: 'VALUE_TYPE_MISMATCH',
        message: 'field "at" does not fit the schema of the topic',
        detail: expect.stringMatching(
          /^It does not fit: timestamp is wanted\. It is row 3 of ".*rows\.jsonl"; those before it were sent\.$/,
        ),
      }),
    )
    expect(await place.consume('orders', 2)).toHaveLength(2)
  })
})

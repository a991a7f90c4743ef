import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { SlicedRow } from '../../data/row.ts'
import type { Side } from '../../registry/contracts.ts'
import { jsonSchemaLanguage } from './json-schema-language.ts'

const order = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Order',
  type: 'object',
  properties: {
    id: { type: 'integer' },
    total: { type: ['number', 'null'] },
    status: { enum: ['NEW', 'PAID'] },
    lines: { type: 'array', items: { $ref: '#/definitions/line' } },
    extra: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['id'],
  definitions: {
    line: { type: 'object', properties: { amount: { type: 'integer', minimum: 0, exclusiveMinimum: true } } },
  },
}

function parse(schema: unknown, references?: { name: string; text: string }[]) {
  return jsonSchemaLanguage.parse({
    text: JSON.stringify(schema),
    ...(references === undefined ? {} : { references }),
  })
}

function read(schema: unknown, text: string): unknown {
  const bytes = Buffer.from(text)
  return parse(schema).decoder(undefined, {})(bytes, 0, bytes.length)
}

function written(schema: unknown, value: unknown, side: Side = 'value'): string {
  const writer = new ByteWriter()
  parse(schema).encoder(side)(value, writer)
  return String(writer.view())
}

describe('JSON with a schema', () => {
  test('comes back as it went, whole numbers of any size included', () => {
    const text =
      '{"id":9007199254740993,"total":null,"status":"NEW","lines":[{"amount":1}],"extra":{"a":"b"}}'
    expect(written(order, read(order, text))).toBe(text)
  })

  test('has one form as a record key', () => {
    expect(written(order, { total: 1.5, lines: [{ b: 1, a: 2 }], id: 1 }, 'key')).toBe(
      '{"id":1,"lines":[{"a":2,"b":1}],"total":1.5}',
    )
  })

  test.each([
    ['{"id":"x"}', /"\/id"/],
    ['{"id":1,"status":"GONE"}', /"\/status"/],
    ['{"id":1,"lines":[{"amount":0}]}', /"\/lines\/0\/amount"/],
    ['{}', /the value/],
  ])('%s is refused both ways, with the place', (text, message) => {
    expect(() => read(order, text)).toThrow(
      expect.objectContaining({ code: 'VALUE_MALFORMED', message: expect.stringMatching(message) }),
    )
    expect(() => written(order, JSON.parse(text))).toThrow(
      expect.objectContaining({ code: 'VALUE_TYPE_MISMATCH', message: expect.stringMatching(message) }),
    )
  })

  test('has the types of its schema', () => {
    const schema = parse(order)
    expect(schema.recordName).toBe('Order')
    expect(schema.columns?.map(({ name, type }) => [name, type.kind])).toEqual([
      ['id', 'long'],
      ['total', 'double'],
      ['status', 'string'],
      ['lines', 'list'],
      ['extra', 'map'],
    ])
    expect(parse({ anyOf: [{ type: 'string' }, { type: 'integer' }] }).dataType).toEqual({
      kind: 'union',
      of: [{ kind: 'string' }, { kind: 'long' }],
    })
  })

  test('gives rows of single columns, of values that fit only', () => {
    const rows = parse(order).rowReader(undefined, {}, [{ name: 'total', type: { kind: 'double' } }])
    const row = new SlicedRow(rows.shape)
    const fill = (text: string): unknown => {
      const bytes = Buffer.from(text)
      rows.read(bytes, 0, bytes.length, row)
      return row.get(0)
    }
    expect(fill('{"id":1,"total":2.5}')).toBe(2.5)
    expect(() => fill('{"id":"x","total":2.5}')).toThrow(/JSON Schema/)
  })

  test('may refer to other schemas, in any draft', () => {
    const reference = {
      name: 'line.json',
      text: '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}',
    }
    for (const dialect of [
      'http://json-schema.org/draft-04/schema#',
      'https://json-schema.org/draft/2019-09/schema',
      'https://json-schema.org/draft/2020-12/schema',
    ]) {
      const schema = parse(
        { $schema: dialect, type: 'object', properties: { line: { $ref: 'line.json' } } },
        [reference],
      )
      const decode = schema.decoder(undefined, {})
      const good = Buffer.from('{"line":{"n":1}}')
      expect(decode(good, 0, good.length)).toEqual({ line: { n: 1 } })
      const bad = Buffer.from('{"line":{}}')
      expect(() => decode(bad, 0, bad.length)).toThrow(/JSON Schema/)
    }
  })

  test('refers to others from where its own id is, and they to each other', () => {
    const text = JSON.stringify({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://shop.example/schemas/order.json',
      type: 'object',
      properties: { customer: { $ref: 'customer.json' } },
    })
    const references = [
      { name: 'address.json', text: '{"type":"object","required":["city"]}' },
      { name: 'customer.json', text: '{"type":"object","properties":{"at":{"$ref":"address.json"}}}' },
    ]
    const decode = jsonSchemaLanguage.parse({ text, references }).decoder(undefined, {})
    const good = Buffer.from('{"customer":{"at":{"city":"Oslo"}}}')
    expect(decode(good, 0, good.length)).toEqual({ customer: { at: { city: 'Oslo' } } })
    const bad = Buffer.from('{"customer":{"at":{}}}')
    expect(() => decode(bad, 0, bad.length)).toThrow(/"\/customer\/at"/)
  })

  test.each(['{', '[]', '{"type":"nope"}', '{"$ref":"missing.json"}'])('%s is no schema', (text) => {
    expect(() => jsonSchemaLanguage.parse({ text })).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID' }),
    )
  })
})

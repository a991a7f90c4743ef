/** All seven levels over what happens to schemas of each language: which changes each lets through. */
import { describe, expect, test } from 'vitest'
import type { SchemaType } from '../contracts.ts'
import { readSchema } from '../schemas/read-schema.ts'
import { compatibilityLevels, incompatibilities } from './levels.ts'

/** The letters of the levels that let a change through: `-` those that do not. */
function verdict(type: SchemaType, candidate: string, earlier: readonly string[]): string {
  const versions = earlier.map((text, index) => ({
    version: index + 1,
    text,
    schema: () => readSchema(type, text, []),
  }))
  const schema = readSchema(type, candidate, [])
  return compatibilityLevels
    .map((level) => {
      const found = incompatibilities(level, schema, versions, (reader, writer) =>
        reader.differencesFrom(writer),
      )
      return found.length === 0 ? 'y' : '-'
    })
    .join('')
}

test('the levels are those of the columns below', () => {
  expect(compatibilityLevels).toEqual([
    'NONE',
    'BACKWARD',
    'BACKWARD_TRANSITIVE',
    'FORWARD',
    'FORWARD_TRANSITIVE',
    'FULL',
    'FULL_TRANSITIVE',
  ])
})

const avro = (fields: string): string => `{"type":"record","name":"R","fields":[${fields}]}`
const a = '{"name":"a","type":"int"}'
const withDefault = `${a},{"name":"b","type":"int","default":0}`
const withoutDefault = `${a},{"name":"b","type":"int"}`
const wide = '{"name":"a","type":"long"}'

describe('Avro', () => {
  test.each([
    ['the same again', avro(a), [avro(a)], 'yyyyyyy'],
    ['a new field with a default', avro(withDefault), [avro(a)], 'yyyyyyy'],
    ['a new field without', avro(withoutDefault), [avro(a)], 'y--yy--'],
    ['a field with a default that goes', avro(a), [avro(withDefault)], 'yyyyyyy'],
    ['a field without that goes', avro(a), [avro(withoutDefault)], 'yyy----'],
    ['a wider number', avro(wide), [avro(a)], 'yyy----'],
    ['a narrower number', avro(a), [avro(wide)], 'y--yy--'],
    ['another type', avro('{"name":"a","type":"string"}'), [avro(a)], 'y------'],
    // Of the last version only the default is missed; the one before had no field at all.
    [
      'what the last version takes, and the one before does not',
      avro(withoutDefault),
      [avro(a), avro(withDefault)],
      'yy-yyy-',
    ],
    ['what the first takes, and the last does not', avro(a), [avro(a), avro(wide)], 'y--yy--'],
    [
      'what readers of the last take, and those of the first do not',
      avro(a),
      [avro(withoutDefault), avro(withDefault)],
      'yyyy-y-',
    ],
  ])('%s', (_, candidate, earlier, expected) => {
    expect(verdict('AVRO', candidate, earlier)).toBe(expected)
  })
})

const proto = (body: string): string => `syntax = "proto3"; ${body}`
const number = proto('message M { int32 a = 1; }')
const text = proto('message M { string a = 1; }')
const two = proto('message M { int32 a = 1; string b = 2; }')

describe('Protobuf', () => {
  test.each([
    ['the same again', number, [number], 'yyyyyyy'],
    ['a new field', two, [number], 'yyyyyyy'],
    ['a field that goes', number, [two], 'yyyyyyy'],
    ['a wider number', proto('message M { int64 a = 1; }'), [number], 'yyyyyyy'],
    ['another type', text, [number], 'y------'],
    ['a message that goes', number, [`${number} message N {}`], 'y--yy--'],
    ['a message that comes', `${number} message N {}`, [number], 'yyy----'],
    [
      'a field of a oneof that goes',
      proto('message M { oneof o { int32 a = 1; } }'),
      [proto('message M { oneof o { int32 a = 1; int32 b = 2; } }')],
      'y--yy--',
    ],
    [
      'what the last version takes, and the one before does not',
      two,
      [proto('message M { int32 a = 1; int32 b = 2; }'), number],
      'yy-y-y-',
    ],
  ])('%s', (_, candidate, earlier, expected) => {
    expect(verdict('PROTOBUF', candidate, earlier)).toBe(expected)
  })
})

const json = (properties: object, more: object = {}): string =>
  JSON.stringify({ type: 'object', properties, ...more })
const closed = { additionalProperties: false }
const integer = { a: { type: 'integer' } }
const both = { ...integer, b: { type: 'string' } }

describe('JSON Schema', () => {
  test.each([
    ['the same again', json(integer), [json(integer)], 'yyyyyyy'],
    ['a wider number', json({ a: { type: 'number' } }), [json(integer)], 'yyy----'],
    ['a narrower number', json(integer), [json({ a: { type: 'number' } })], 'y--yy--'],
    ['another type', json({ a: { type: 'string' } }), [json(integer)], 'y------'],
    ['a new property of an open object', json(both), [json(integer)], 'y--yy--'],
    ['a property of an open object that goes', json(integer), [json(both)], 'yyy----'],
    ['a new property of a closed object', json(both, closed), [json(integer, closed)], 'yyy----'],
    ['a property of a closed object that goes', json(integer, closed), [json(both, closed)], 'y--yy--'],
    ['a property that becomes required', json(integer, { required: ['a'] }), [json(integer)], 'y--yy--'],
    ['an object that opens', json(integer), [json(integer, closed)], 'yyy----'],
    [
      'what the last version takes, and the one before does not',
      json(integer),
      [json({ a: { type: 'string' } }), json(integer)],
      'yy-y-y-',
    ],
  ])('%s', (_, candidate, earlier, expected) => {
    expect(verdict('JSON', candidate, earlier)).toBe(expected)
  })
})

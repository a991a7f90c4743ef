import { describe, expect, test } from 'vitest'
import type { NamedSchema, SchemaType } from '../contracts.ts'
import { readSchema } from '../schemas/read-schema.ts'
import { compatibilityLevels, incompatibilities } from './levels.ts'

/** The kinds of the differences that keep a reader from reading what a writer wrote. */
function kinds(
  type: SchemaType,
  reader: string,
  writer: string,
  references: readonly NamedSchema[] = [],
): string[] {
  const read = readSchema(type, reader, references)
  return read
    .differencesFrom(readSchema(type, writer, references))
    .map((text) => /errorType:['"](\w+)/.exec(text)?.[1] ?? '')
}

const avro = (reader: unknown, writer: unknown): string[] =>
  kinds('AVRO', JSON.stringify(reader), JSON.stringify(writer))
const json = (reader: unknown, writer: unknown): string[] =>
  kinds('JSON', JSON.stringify(reader), JSON.stringify(writer))
const proto = (reader: string, writer: string): string[] =>
  kinds('PROTOBUF', `syntax = "proto3"; ${reader}`, `syntax = "proto3"; ${writer}`)
const record = (...fields: unknown[]): object => ({ type: 'record', name: 'R', fields })

describe('Avro', () => {
  test.each([
    ['long', 'int', []],
    ['int', 'long', ['TYPE_MISMATCH']],
    ['bytes', 'string', []],
    [['null', 'long'], 'int', []],
    [['null'], 'int', ['MISSING_UNION_BRANCH']],
    ['long', ['int', 'string'], ['TYPE_MISMATCH']],
    [record({ name: 'a', type: 'int' }), record(), ['READER_FIELD_MISSING_DEFAULT_VALUE']],
    [record({ name: 'a', type: 'int', default: 0 }), record(), []],
    [record({ name: 'b', aliases: ['a'], type: 'int' }), record({ name: 'a', type: 'int' }), []],
    [
      { type: 'enum', name: 'E', symbols: ['A'] },
      { type: 'enum', name: 'E', symbols: ['A', 'B'] },
      ['MISSING_ENUM_SYMBOLS'],
    ],
    [
      { type: 'enum', name: 'E', symbols: ['A'], default: 'A' },
      { type: 'enum', name: 'E', symbols: ['B'] },
      [],
    ],
    [{ type: 'fixed', name: 'F', size: 2 }, { type: 'fixed', name: 'F', size: 3 }, ['FIXED_SIZE_MISMATCH']],
    [{ type: 'fixed', name: 'F', size: 2 }, { type: 'fixed', name: 'G', size: 2 }, ['NAME_MISMATCH']],
    [{ type: 'map', values: 'int' }, { type: 'map', values: 'string' }, ['TYPE_MISMATCH']],
  ])('%j reading %j finds %j', (reader, writer, expected) => {
    expect(avro(reader, writer)).toEqual(expected)
  })

  test('compares types that hold themselves', () => {
    const list = (type: string): object => ({
      type: 'record',
      name: 'List',
      fields: [
        { name: 'value', type },
        { name: 'next', type: ['null', 'List'] },
      ],
    })
    expect(avro(list('long'), list('int'))).toEqual([])
    expect(avro(list('int'), list('string'))).toEqual(['TYPE_MISMATCH'])
  })
})

describe('Protobuf', () => {
  test.each([
    ['message A { int64 renamed = 1; }', 'message A { int32 a = 1; }', []],
    ['message A { string a = 1; }', 'message A { int32 a = 1; }', ['FIELD_SCALAR_KIND_CHANGED']],
    ['message A { sint32 a = 1; }', 'message A { int32 a = 1; }', ['FIELD_SCALAR_KIND_CHANGED']],
    ['message A { bytes a = 1; }', 'message A { string a = 1; }', []],
    ['message A { repeated int32 a = 1; }', 'message A { int32 a = 1; }', ['FIELD_NUMERIC_LABEL_CHANGED']],
    ['message A { repeated string a = 1; }', 'message A { string a = 1; }', []],
    ['message A {}', 'message A { int32 a = 1; }', []],
    ['message A {}', 'message A {} message B {}', ['MESSAGE_REMOVED']],
    ['package b; message A {}', 'package a; message A {}', ['PACKAGE_CHANGED']],
    [
      'message A { oneof o { int32 a = 1; } }',
      'message A { oneof o { int32 a = 1; int32 b = 2; } }',
      ['ONEOF_FIELD_REMOVED'],
    ],
    ['message A { oneof o { int32 a = 1; int32 b = 2; } }', 'message A { oneof o { int32 a = 1; } }', []],
    ['message A {}', 'message A { oneof o { int32 a = 1; } }', []],
    [
      'message A { oneof o { int32 a = 1; int32 b = 2; } }',
      'message A { int32 a = 1; int32 b = 2; }',
      ['MULTIPLE_FIELDS_MOVED_TO_ONEOF'],
    ],
    [
      'message A { oneof o { int32 a = 1; int32 b = 2; } }',
      'message A { int32 b = 2; oneof o { int32 a = 1; } }',
      ['FIELD_MOVED_TO_EXISTING_ONEOF'],
    ],
    ['message A { int32 a = 1; }', 'message A { A a = 1; }', ['FIELD_KIND_CHANGED']],
    [
      'message A { B a = 1; } message B {} message C {}',
      'message A { C a = 1; } message B {} message C {}',
      ['FIELD_NAMED_TYPE_CHANGED'],
    ],
    [
      'message A { map<string, int32> a = 1; }',
      'message A { map<string, string> a = 1; }',
      ['FIELD_SCALAR_KIND_CHANGED'],
    ],
    ['message A { E a = 1; } enum E { X = 0; }', 'message A { int32 a = 1; }', []],
    ['message A { optional int32 a = 1; }', 'message A { int32 a = 1; }', []],
    [
      'message A { A a = 1; message I { string i = 1; } }',
      'message A { A a = 1; message I { int32 i = 1; } }',
      ['FIELD_SCALAR_KIND_CHANGED'],
    ],
  ])('%s reading %s finds %j', (reader, writer, expected) => {
    expect(proto(reader, writer)).toEqual(expected)
  })

  test('follows types of other files', () => {
    const main = 'syntax = "proto3"; import "m.proto"; message A { m.M m = 1; }'
    const other = (fields: string): NamedSchema[] => [
      { name: 'm.proto', text: `syntax = "proto3"; package m; message M { ${fields} M self = 9; }` },
    ]
    const before = readSchema('PROTOBUF', main, other('int32 a = 1;'))
    expect(readSchema('PROTOBUF', main, other('int64 a = 1;')).differencesFrom(before)).toEqual([])
    const found = readSchema('PROTOBUF', main, other('string a = 1;')).differencesFrom(before)
    expect(found.join()).toMatch(/FIELD_SCALAR_KIND_CHANGED.*FIELD_NAMED_TYPE_CHANGED/)
  })

  test('knows fields that proto2 requires', () => {
    const two = (fields: string): string => `message A { ${fields} }`
    expect(kinds('PROTOBUF', two('required int32 a = 1;'), two(''))).toEqual(['REQUIRED_FIELD_ADDED'])
    expect(kinds('PROTOBUF', two(''), two('required int32 a = 1;'))).toEqual(['REQUIRED_FIELD_REMOVED'])
  })
})

const closed = (properties: object, more: object = {}): object => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
})
const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more })
const integer = { type: 'integer' }
const text = { type: 'string' }

describe('JSON Schema', () => {
  test.each([
    [{ type: 'number' }, integer, []],
    [integer, { type: 'number' }, ['TYPE_NARROWED']],
    [text, integer, ['TYPE_CHANGED']],
    [{ type: ['string', 'null'] }, text, []],
    [true, text, []],
    [text, false, []],
    [text, {}, ['SCHEMA_ADDED']],
    [{ title: 'anything' }, text, []],
    [{ ...integer, maximum: 10 }, { ...integer, maximum: 5 }, []],
    [{ ...integer, maximum: 5 }, { ...integer, maximum: 10 }, ['MAXIMUM_DECREASED']],
    [{ ...integer, minimum: 5 }, integer, ['MINIMUM_ADDED']],
    [{ ...text, maxLength: 5 }, { ...text, maxLength: 6 }, ['MAX_LENGTH_DECREASED']],
    [{ ...text, pattern: 'a' }, text, ['PATTERN_ADDED']],
    [{ type: 'number', multipleOf: 0.1 }, { type: 'number', multipleOf: 0.3 }, []],
    [{ type: 'number', multipleOf: 0.3 }, { type: 'number', multipleOf: 0.1 }, ['MULTIPLE_OF_EXPANDED']],
    [{ enum: ['a', 'b'] }, { enum: ['a'] }, []],
    [{ enum: ['a'] }, { enum: ['a', 'b'] }, ['ENUM_ARRAY_NARROWED']],
    [{ const: 1 }, { const: 2 }, ['ENUM_ARRAY_CHANGED']],
    [
      object({ a: integer, b: text }),
      object({ a: integer }),
      ['OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL'],
    ],
    [object({ a: integer, b: {} }), object({ a: integer }), []],
    [object({ a: integer }), object({ a: integer, b: text }), []],
    [closed({ a: integer, b: text }), closed({ a: integer }), []],
    [
      closed({ a: integer, b: text }, { required: ['b'] }),
      closed({ a: integer }),
      ['REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL'],
    ],
    [closed({ a: integer, b: { ...text, default: '' } }, { required: ['b'] }), closed({ a: integer }), []],
    [closed({ a: integer }), closed({ a: integer, b: text }), ['PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL']],
    [closed({ a: integer }), object({ a: integer }), ['ADDITIONAL_PROPERTIES_REMOVED']],
    [
      object({}, { additionalProperties: integer }),
      object({ b: integer }, { additionalProperties: integer }),
      [],
    ],
    [
      object({}, { additionalProperties: integer }),
      object({ b: text }, { additionalProperties: integer }),
      ['PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'],
    ],
    [object({ a: integer }, { required: ['a'] }), object({ a: integer }), ['REQUIRED_ATTRIBUTE_ADDED']],
    [object({ a: integer }), object({ a: integer }, { required: ['a'] }), []],
    [{ type: 'array', items: integer }, { type: 'array', items: text }, ['TYPE_CHANGED']],
    [
      { type: 'array', prefixItems: [integer], items: false },
      { type: 'array', prefixItems: [integer, text], items: false },
      ['TYPE_CHANGED'],
    ],
    [{ anyOf: [integer, text] }, integer, []],
    [{ anyOf: [integer, text] }, { anyOf: [text, integer] }, []],
    [{ anyOf: [integer] }, { anyOf: [text, integer] }, ['SUM_TYPE_NARROWED']],
    [integer, { oneOf: [integer, text] }, ['TYPE_CHANGED']],
    [
      { allOf: [object({ a: {} }), object({ b: {} })] },
      { allOf: [object({ a: {} }), object({ b: {} })] },
      [],
    ],
    [{ not: integer }, { not: { type: 'number' } }, []],
    [{ not: { type: 'number' } }, { not: integer }, ['NOT_TYPE_EXTENDED']],
    [{ if: text }, { type: 'object' }, ['CONDITION_CHANGED']],
  ])('%j reading %j finds %j', (reader, writer, expected) => {
    expect(json(reader, writer)).toEqual(expected)
  })

  test('follows references, of the file and of others, also to itself', () => {
    const tree = (value: object): object => ({
      $defs: {
        node: {
          type: 'object',
          properties: { value, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
        },
      },
      $ref: '#/$defs/node',
    })
    expect(json(tree(integer), tree(integer))).toEqual([])
    expect(json(tree(text), tree(integer))).toEqual(['TYPE_CHANGED'])
    const references = [{ name: 'other.json', text: '{"definitions":{"x":{"type":"string"}}}' }]
    const referring = '{"type":"object","properties":{"a":{"$ref":"other.json#/definitions/x"}}}'
    expect(kinds('JSON', referring, JSON.stringify(object({ a: integer })), references)).toEqual([
      'TYPE_CHANGED',
    ])
    expect(() => readSchema('JSON', referring, [])).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID' }),
    )
    expect(() => readSchema('JSON', '{"$ref":"#"}', [])).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID' }),
    )
  })

  test('branches in branches end with a no, not never', () => {
    const nested = (depth: number, leaf: object): object =>
      depth === 0
        ? leaf
        : { anyOf: Array.from({ length: 4 }, () => ({ type: 'array', items: nested(depth - 1, leaf) })) }
    const found = json(nested(6, text), nested(6, integer))
    expect(found.length).toBeGreaterThan(0)
  })
})

test('a schema of another type is never compatible', () => {
  const found = readSchema('JSON', '{"type":"string"}', []).differencesFrom(
    readSchema('AVRO', '"string"', []),
  )
  expect(found.join()).toContain('SCHEMA_TYPE_CHANGED')
})

test('levels say who reads whom, and how far back', () => {
  // Numbers stand for schemas: a reader reads what smaller or equal ones wrote.
  const compare = (reader: number, writer: number): string[] =>
    reader >= writer ? [] : [`%s ${reader} reads %s ${writer}`]
  const earlier = [3, 1].map((schema, index) => ({ version: index + 1, text: 't', schema: () => schema }))
  const first = (level: (typeof compatibilityLevels)[number], candidate: number) =>
    incompatibilities(level, candidate, earlier, compare)
  const verdicts = compatibilityLevels.map((level) => [
    level,
    [0, 1, 2, 3].map((candidate) => first(level, candidate).length === 0),
  ])
  expect(Object.fromEntries(verdicts)).toEqual({
    NONE: [true, true, true, true],
    BACKWARD: [false, true, true, true],
    BACKWARD_TRANSITIVE: [false, false, false, true],
    FORWARD: [true, true, false, false],
    FORWARD_TRANSITIVE: [true, true, false, false],
    FULL: [false, true, false, false],
    FULL_TRANSITIVE: [false, false, false, false],
  })
  expect(first('BACKWARD_TRANSITIVE', 2)).toEqual([
    'new 2 reads old 3',
    '{oldSchemaVersion: 1}',
    "{oldSchema: 't'}",
  ])
  expect(first('FORWARD', 2)[0]).toBe('old 1 reads new 2')
})

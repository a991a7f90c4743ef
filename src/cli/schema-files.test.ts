import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { schemaBook } from './schema-files.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-schemas-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const notations = { avro: { type: 'avro', config: {} }, protobuf: { type: 'protobuf', config: {} } } as const
const order = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}'

test('a name with dots is looked for whole, then without its first parts', () => {
  writeFileSync(join(folder, 'Order.avsc'), order)
  expect(schemaBook(folder, notations).find('avro', 'com.example.Order')?.source).toEqual({ text: order })
  writeFileSync(join(folder, 'example.Order.avsc'), order.replace('long', 'int'))
  expect(schemaBook(folder, notations).find('avro', 'com.example.Order')?.source?.text).toContain('int')
})

test.each([
  ['latin-1', Buffer.from(order.replace('Order', 'Bestellmenü'), 'latin1')],
  ['UTF-16', Buffer.from(`\uFEFF${order}`, 'utf16le')],
])('a schema in %s is refused, as a definition is', (_, bytes) => {
  writeFileSync(join(folder, 'Order.avsc'), bytes)
  expect(() => schemaBook(folder, notations).find('avro', 'Order')).toThrow(
    expect.objectContaining({
      code: 'FILE_UNREADABLE',
      message: `could not read "${join(folder, 'Order.avsc')}"`,
      detail: 'It is not UTF-8.',
      hint: 'Save it as UTF-8.',
    }),
  )
})

test('an import that is not UTF-8 is refused by its own name', () => {
  writeFileSync(
    join(folder, 'Bill.proto'),
    'syntax = "proto3";\nimport "money.proto";\nmessage Bill { Money total = 1; }',
  )
  writeFileSync(
    join(folder, 'money.proto'),
    Buffer.from('syntax = "proto3"; /* für */ message Money {}', 'latin1'),
  )
  expect(() => schemaBook(folder, notations).find('protobuf', 'Bill')).toThrow(/money\.proto/)
})

test('what files import is in order whoever imports it first, in quotes of either kind', () => {
  const write = (name: string, body: string): void =>
    writeFileSync(join(folder, name), `syntax = "proto3";\n${body}`)
  write(
    'Bill.proto',
    `import "money.proto";\nimport 'line.proto';\nmessage Bill { shop.Line a = 1; Money b = 2; }`,
  )
  write('line.proto', 'package shop; import "money.proto"; message Line { Money price = 1; }')
  write('money.proto', 'message Money { int64 cents = 1; }')
  const found = schemaBook(folder, notations).find('protobuf', 'Bill')
  expect(found?.source?.references?.map(({ name }) => name)).toEqual(['money.proto', 'line.proto'])
})

test('imports in a circle are refused with the files of the circle', () => {
  const write = (name: string, imported: string): void =>
    writeFileSync(
      join(folder, `${name}.proto`),
      `syntax = "proto3";\nimport "${imported}.proto";\nmessage ${name} {}`,
    )
  write('Bill', 'Line')
  write('Line', 'Part')
  write('Part', 'Line')
  expect(() => schemaBook(folder, notations).find('protobuf', 'Bill')).toThrow(
    expect.objectContaining({
      code: 'SCHEMA_INVALID',
      message: `schema files import each other in a circle (in file "${join(folder, 'Bill.proto')}")`,
      detail: 'The circle: "Line.proto", "Part.proto", "Line.proto".',
    }),
  )
})

test('JSON Schemas may refer to each other in a circle', () => {
  const settings = { jsonschema: { type: 'jsonschema', config: {} } } as const
  const write = (name: string, other: string): void =>
    writeFileSync(
      join(folder, `${name}.json`),
      `{"type":"object","properties":{"a":{"type":"string"},"next":{"$ref":"${other}.json"}}}`,
    )
  write('Left', 'Right')
  write('Right', 'Left')
  const found = schemaBook(folder, settings).find('jsonschema', 'Left')
  expect(found?.source?.references?.map(({ name }) => name).toSorted()).toEqual(['Left.json', 'Right.json'])
})

test('what a schema imports and the folder does not have is named, with where it was looked for', () => {
  writeFileSync(
    join(folder, 'Bill.proto'),
    'syntax = "proto3";\nimport "google/protobuf/timestamp.proto";\nimport "money.proto";\nmessage Bill { Money a = 1; }',
  )
  expect(() => schemaBook(folder, notations).find('protobuf', 'Bill')).toThrow(
    expect.objectContaining({
      code: 'SCHEMA_INVALID',
      hint: `Put what it imports into folder "${folder}", at the path that the import names.`,
    }),
  )
})

test('a link that leads out of the folder is not read', () => {
  const outside = mkdtempSync(join(tmpdir(), 'weft-outside-'))
  writeFileSync(join(outside, 'Order.avsc'), order)
  symlinkSync(join(outside, 'Order.avsc'), join(folder, 'Order.avsc'))
  expect(() => schemaBook(folder, notations).find('avro', 'Order')).toThrow(/lies outside the folder/)
  rmSync(outside, { recursive: true })
})

test('a schema that is in no file is named with the files that were looked for', () => {
  expect(() => schemaBook(folder, notations).find('avro', 'a.Order')).toThrow(
    expect.objectContaining({ detail: `Looked for "a.Order.avsc", "Order.avsc" in folder "${folder}".` }),
  )
})

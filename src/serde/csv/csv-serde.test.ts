import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { Format } from '../../data/types.ts'
import { csvOptions, csvSerde } from './csv-serde.ts'

const people: Format = {
  notation: 'csv',
  type: { kind: 'struct' },
  schema: 'People',
  source: { text: 'id,name,city\n' },
}
const bare: Format = { notation: 'csv', type: { kind: 'struct' } }

function read(text: string, format = people, config = {}): unknown {
  const bytes = Buffer.from(`<${text}>`)
  return csvSerde(format, csvOptions(config)).decode(bytes, 1, bytes.length - 1, undefined)
}

function written(value: unknown, format = people, config = {}): string {
  const writer = new ByteWriter()
  csvSerde(format, csvOptions(config)).encode(value, writer, undefined)
  return String(writer.view())
}

describe('a line of CSV', () => {
  test.each([
    ['1,Ann,Delft', { id: '1', name: 'Ann', city: 'Delft' }],
    ['1,"Ann, the first",\r\n', { id: '1', name: 'Ann, the first', city: '' }],
    ['"1","say ""hi""","two\nlines"', { id: '1', name: 'say "hi"', city: 'two\nlines' }],
    ['\n# a comment\n1', { id: '1', name: '', city: '' }],
    ['1,2,3,4', { id: '1', name: '2', city: '3' }],
    ['1,Ann,Delft\n2,Bob,Gouda', { id: '1', name: 'Ann', city: 'Delft' }],
    ['', { id: '', name: '', city: '' }],
  ])('%j is read by the columns of the schema', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  test('is a list where nobody names the columns', () => {
    expect(read('a,"b"', bare)).toEqual(['a', 'b'])
  })

  test('may have names of its own, another separator and another quote', () => {
    const config = { separator: ';', quote: "'", header: 'true' }
    expect(read("name;id\n'x;y';2", people, config)).toEqual({ id: '2', name: 'x;y', city: '' })
    expect(written({ id: 1, name: 'it', city: "'s" }, people, config)).toBe(
      "'id';'name';'city'\n'1';'it';'''s'",
    )
  })

  test.each(['1,"open', '1,"a"b,2'])('%j is an error', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }))
  })

  test('is written in the order of the schema, every value quoted', () => {
    expect(written({ name: 'A"n', id: 7, city: null })).toBe('"7","A""n",""')
    expect(written({ b: true, a: [1] }, bare)).toBe('"[1]","true"')
    expect(written(['x', 2], bare)).toBe('"x","2"')
    expect(() => written('text')).toThrow(expect.objectContaining({ code: 'VALUE_TYPE_MISMATCH' }))
  })
})

test('a schema without names, and a separator of two characters, are refused', () => {
  expect(() => csvSerde({ ...people, source: { text: 'a,a' } }, csvOptions({}))).toThrow(/each once/)
  expect(() => csvOptions({ separator: '||' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})

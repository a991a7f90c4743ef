/** The rules of conversion, in the order in which they apply: each with what converts, and with what is an error. */
import { describe, expect, test } from 'vitest'
import { parseType } from '../data/type-strings.ts'
import type { Format } from '../data/types.ts'
import { formatConverter } from './convert-format.ts'
import { plainTextForm } from './text-form.ts'

function convert(from: string | Format, to: string | Format, value: unknown): unknown {
  const format = (of: string | Format): Format => (typeof of === 'string' ? parseType(of) : of)
  return formatConverter(format(from), format(to), plainTextForm)(value)
}

const people: Format = { notation: 'csv', type: { kind: 'struct' }, source: { text: 'id,name' } }
const list: Format = { notation: 'csv', type: { kind: 'list', of: { kind: 'string' } } }
const xml: Format = { notation: 'xml', type: { kind: 'struct' } }
const order: Format = {
  notation: 'json',
  type: {
    kind: 'struct',
    fields: [
      { name: 'id', type: { kind: 'long' }, required: true },
      { name: 'note', type: { kind: 'string' }, required: false },
    ],
  },
}
const big = 9_007_199_254_740_993n

type Row = readonly [from: string | Format, to: string | Format, value: unknown, expected: unknown]

const rules: Readonly<Record<string, readonly Row[]>> = {
  'what is of the type already stays': [
    ['long', 'long', big, big],
    ['json', 'json', { b: 1, a: [] }, { b: 1, a: [] }],
    ['[int]', '[int]', [1, 2], [1, 2]],
    ['string', 'any', 'x', 'x'],
  ],
  'null stays null': [
    ['string', 'long', null, null],
    ['json', 'string', null, null],
    ['string', 'enum(A)', null, null],
    ['json', '(int, string)', null, null],
    ['string', 'union(int, string)', null, null],
  ],
  'a union takes what it holds as it is, and else the first member that converts': [
    ['string', 'union(int, string)', 'x', 'x'],
    ['string', 'union(int, string)', '7', '7'],
    ['double', 'union(int, boolean)', 7.9, 7],
    ['string', 'union(int, boolean)', 'true', true],
  ],
  'containers go element by element': [
    ['[string]', '[int]', ['1', '2'], [1, 2]],
    ['map(string)', 'map(long)', { a: '1' }, { a: 1 }],
    ['(string, string)', '(int, boolean)', ['1', 'TRUE'], [1, true]],
    ['[double]', '[string]', [1.5], ['1.5']],
    ['[[string]]', '[[int]]', [['1'], []], [[1], []]],
    ['map(int)', 'struct', { a: 1 }, { a: 1 }],
    ['struct', 'map(int)', { a: '1' }, { a: 1 }],
    ['json', order, { id: '7', more: true }, { id: 7, more: true }],
    ['string', order, '{"id":"7","note":8}', { id: 7, note: '8' }],
  ],
  'formats with a text of their own are read from it and written to it': [
    ['json', 'string', { a: [1, big], b: null }, '{"a":[1,9007199254740993],"b":null}'],
    ['json', 'string', [1, 'x'], '[1,"x"]'],
    ['json', 'string', { b: 1, a: [{ d: 0.5, c: '"' }] }, '{"a":[{"c":"\\"","d":0.5}],"b":1}'],
    ['string', 'json', '{"a":9007199254740993}', { a: big }],
    ['string', 'json', '[1]', [1]],
    ['string', xml, '<a><b>1</b></a>', { b: '1' }],
    [xml, 'string', { b: '1' }, expect.stringMatching(/<Struct>\s*<b>1<\/b>\s*<\/Struct>/)],
    ['string', people, '1,"x, y"', { id: '1', name: 'x, y' }],
    [people, 'string', { id: '1', name: 'x' }, '"1","x"'],
    [list, 'string', ['1', 'x'], '"1","x"'],
    ['string', list, '1,x', ['1', 'x']],
  ],
  'anything becomes text': [
    ['long', 'string', big, '9007199254740993'],
    ['double', 'string', 1.5, '1.5'],
    ['boolean', 'string', true, 'true'],
    ['enum(A)', 'string', 'A', 'A'],
    ['[int]', 'string', [1, 2], '[1,2]'],
    ['map(int)', 'string', { a: 1 }, '{"a":1}'],
    ['(int, string)', 'string', [1, 'x'], '[1,"x"]'],
  ],
  'numbers widen and narrow within their range, fractions are cut off': [
    ['byte', 'long', 7, 7],
    ['long', 'int', 7, 7],
    ['double', 'int', -7.9, -7],
    ['long', 'byte', 127, 127],
    ['int', 'double', 7, 7],
    ['double', 'float', 0.1, Math.fround(0.1)],
    ['long', 'short', -32_768, -32_768],
  ],
  'text is parsed': [
    ['string', 'int', ' 42 ', 42],
    ['string', 'long', '9007199254740993', big],
    ['string', 'double', '1e3', 1000],
    ['string', 'boolean', 'False', false],
    ['string', 'enum(A, B)', 'B', 'B'],
    ['string', '[int]', '[1,2]', [1, 2]],
    ['string', 'map(int)', '{"a":1}', { a: 1 }],
    ['string', 'struct', '{"a":1}', { a: 1 }],
    ['string', '(int, string)', '[1,"x"]', [1, 'x']],
    ['string', '(int, string)', '(1,"x")', [1, 'x']],
  ],
}

describe.each(Object.entries(rules))('%s', (_, rows) => {
  test.each(rows)('%j to %j: %o', (from, to, value, expected) => {
    expect(convert(from, to, value)).toEqual(expected)
  })
})

describe('what is left is an error that names type and place, never the value', () => {
  test.each([
    ['string', 'int', 'secret', 'int'],
    ['string', 'int', '1.5', 'int'],
    ['long', 'int', 2 ** 40, 'int'],
    ['long', 'byte', 128, 'byte'],
    ['double', 'long', Number.NaN, 'long'],
    ['double', 'long', 1e19, 'long'],
    ['double', 'float', 1e39, 'float'],
    ['string', 'float', '1e39', 'float'],
    ['string', 'double', '0x10', 'double'],
    ['string', 'boolean', '', 'boolean'],
    ['string', '(int, string)', '', 'int'],
    ['long', 'boolean', 1, 'boolean'],
    ['string', 'boolean', 'secret', 'boolean'],
    ['string', 'enum(A)', 'secret', 'enum'],
    ['string', '[int]', '', 'int'],
    ['string', 'map(int)', '', 'map'],
    ['string', 'struct', '', 'struct'],
    ['boolean', 'int', true, 'int'],
    ['[int]', 'map(int)', [1], 'map'],
    ['map(int)', '[int]', { a: 1 }, 'int'],
    ['(int, string)', '(int)', [1, 'x'], 'int'],
    ['string', 'union(int, boolean)', 'secret', 'union'],
    ['[string]', '[int]', ['1', 'secret'], '[1]'],
    ['map(string)', 'map(int)', { place: 'secret' }, 'place'],
  ] as const)('%s to %s: %o', (from, to, value, named) => {
    const said = messageOf(() => convert(from, to, value))
    expect(said).toContain(named)
    expect(said).not.toContain('secret')
  })

  test('and what a format says of its own text', () => {
    expect(messageOf(() => convert('string', xml, 'text'))).toContain('XML')
    expect(messageOf(() => convert('string', people, '1,"open'))).toContain('CSV')
    expect(messageOf(() => convert('json', order, { note: 'secret' }))).toMatch(/^(?!.*secret).*"id"/)
  })
})

function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    const { message, detail } = error as { readonly message: string; readonly detail?: string }
    return `${message} ${detail ?? ''}`
  }
  return 'no error'
}

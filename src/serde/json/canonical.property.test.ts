import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { parseJson } from '../../data/exact-json.ts'
import { materialize } from '../../data/lazy.ts'
import { canonicalBytes, canonicalText, isCanonical } from './canonical.ts'
import { jsonKeySerde } from './json-key-serde.ts'
import { jsonSerde } from './json-serde.ts'

const runs = Number(process.env['PROPERTY_RUNS'] ?? 1000)
const names = fc.constantFrom(
  'a',
  'b',
  'ab',
  'A',
  'a b',
  '',
  '@type',
  '@',
  '10',
  '9',
  'naïve',
  '😀',
  '\uffee',
  '__proto__',
)
const scalars = fc.oneof(
  fc.constantFrom(0, -1, 1.5, 1e-7, 12345678.9, true, null, 9007199254740993n),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
/** An object is a list of its fields, in some order. */
interface Shape {
  readonly fields: readonly (readonly [string, unknown])[]
}
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .uniqueArray(fc.tuple(names, tie('value')), { maxLength: 5, selector: ([name]) => name })
      .map((fields): Shape => ({ fields })),
  ),
})).value

interface Style {
  readonly blank: string
  readonly order: (fields: Shape['fields']) => Shape['fields']
  readonly text: (text: string) => string
}

function print(value: unknown, style: Style): string {
  const { blank } = style
  if (typeof value === 'string') return style.text(value)
  if (Array.isArray(value))
    return `[${blank}${value.map((item) => print(item, style)).join(`${blank},`)}${blank}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = style
    .order((value as Shape).fields)
    .map(([name, field]) => `${style.text(name)}${blank}:${blank}${print(field, style)}`)
  return `{${fields.join(`${blank},${blank}`)}}`
}

const escaped = (text: string): string =>
  `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
const plainStyle: Style = { blank: '', order: (fields) => fields, text: (text) => JSON.stringify(text) }
const otherStyles: readonly Style[] = [
  { ...plainStyle, order: (fields) => fields.toReversed() },
  { ...plainStyle, order: (fields) => fields.toSorted(([one], [other]) => (one < other ? -1 : 1)) },
  { blank: ' \n', order: (fields) => [...fields.slice(1), ...fields.slice(0, 1)], text: escaped },
]

function encoded(key: unknown): string {
  const writer = new ByteWriter()
  jsonKeySerde(false).encode(key, writer, undefined)
  return writer.view().toString()
}

function throughBytes(text: string): string {
  const bytes = Buffer.from(`#${text}#`)
  return encoded(jsonKeySerde(false).decode(bytes, 1, bytes.length - 1, undefined))
}

describe('canonical JSON', () => {
  property.prop([values], { numRuns: runs })(
    'is one text for a value, in whatever order and dress it comes, and still the value',
    (value) => {
      const text = print(value, plainStyle)
      const canonical = canonicalText(text)
      expect(parseJson(canonical)).toEqual(parseJson(text))
      for (const style of otherStyles) expect(canonicalText(print(value, style))).toBe(canonical)
      expect(canonicalText(canonical)).toBe(canonical)
    },
  )

  property.prop([values], { numRuns: runs })('is what keys are, decoded or not, lazy or plain', (value) => {
    const text = print(value, plainStyle)
    // Lone surrogates have no bytes.
    const canonical = Buffer.from(canonicalText(Buffer.from(text).toString())).toString()
    expect(throughBytes(text)).toBe(canonical)
    const bytes = Buffer.from(text)
    const lazy = jsonSerde(false).decode(bytes, 0, bytes.length, undefined)
    expect(encoded(lazy)).toBe(canonical)
    expect(encoded(materialize(lazy))).toBe(canonical)
    expect(canonicalBytes(bytes).toString()).toBe(canonical)
  })

  property.prop([values, fc.nat(), fc.nat(255)], { numRuns: runs })(
    'is told by its bytes: what is called canonical does not change, and what is plain is called so',
    (value, place, byte) => {
      const bytes = Buffer.from(canonicalText(print(value, plainStyle)))
      if (!/[\\.eE]|[^ -~]/.test(bytes.toString().replaceAll(/true|false/g, '')))
        expect(isCanonical(bytes, 0, bytes.length)).toBe(true)
      bytes[place % bytes.length] = byte
      const own = canonicalBytes(bytes)
      if (isCanonical(bytes, 0, bytes.length))
        expect(canonicalTextOrItself(bytes)).toBe(bytes.toString('latin1'))
      expect(canonicalBytes(own)).toEqual(own)
    },
  )

  test.each([
    ['{"b":1,"a":{"d":[{"z":1,"y":2}],"c":null}}', '{"a":{"c":null,"d":[{"y":2,"z":1}]},"b":1}'],
    ['{"@type":"T","b":1,"":0,"@a":2}', '{"":0,"b":1,"@a":2,"@type":"T"}'],
    ['{"10":1,"9":2,"A":3,"a":4,"B":5}', '{"10":1,"9":2,"A":3,"B":5,"a":4}'],
    ['{ "a" : [ 1 , 2 ] }', '{"a":[1,2]}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['"\\/\\u00e9\\u001f\\u0009\\\\u001f"', '"/é\\u001F\\t\\\\u001f"'],
    ['[1,-0,123456789012345678901234567890]', '[1,0,123456789012345678901234567890]'],
    [
      '[1.0,1.50,-0.0,1e2,1E-3,0.0009,12345678.9,1e7,1e400]',
      '[1.0,1.5,-0.0,100.0,0.001,9.0E-4,1.23456789E7,1.0E7,1e400]',
    ],
  ])('%s is %s', (text, canonical) => {
    expect(throughBytes(text)).toBe(canonical)
  })

  test('is not made of what is no JSON', () => {
    for (const text of ['', 'x', '{"b":1,"a"', '{"b":1 "a":2}', '['.repeat(100_000)])
      expect(canonicalBytes(Buffer.from(text)).toString()).toBe(text)
  })
})

/** As the slow way has it, where the bytes are JSON. */
function canonicalTextOrItself(bytes: Buffer): string {
  try {
    return canonicalText(bytes.toString('latin1'))
  } catch {
    return bytes.toString('latin1')
  }
}

import { isUtf8 } from 'node:buffer'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { StreamError } from '../../base/errors.ts'
import { materialize } from '../../data/lazy.ts'
import { cellKind, SlicedRow } from '../../data/row.ts'
import type { Column } from '../../data/types.ts'
import { parseJson } from '../../data/exact-json.ts'
import { stringifyJson } from './cells.ts'
import { JsonRowReader } from './json-row-reader.ts'
import { jsonSerde } from './json-serde.ts'
import { checkJson } from './scan.ts'

const columns: readonly Column[] = ['a', 'b', 'naïve', 'x"y', ''].map((name) => ({
  name,
  type: { kind: 'any' },
}))
const names = fc.constantFrom('a', 'b', 'naïve', 'x"y', '', 'c', 'unread', '__proto__', '7')
const numbers = fc.constantFrom(
  '0',
  '-0',
  '1.0',
  '-12.50',
  '1e3',
  '1E-7',
  '9007199254740993',
  '123456789012345678901234567890',
  '0.1',
  '100',
  '1.7976931348623157e308',
)
const scalars = fc.oneof(
  numbers,
  fc.constantFrom('true', 'false', 'null'),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
)
const blanks = fc.constantFrom('', '', '', ' ', '\n\t')
const values = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc
      .tuple(blanks, fc.array(tie('value'), { maxLength: 3 }))
      .map(([blank, items]) => `[${blank}${items.join(`,${blank}`)}]`),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 3 }).map(objectText),
  ),
})).value
function objectText(fields: [string, string][]): string {
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}
const objects = fc
  .tuple(fc.array(fc.tuple(names, values, blanks), { maxLength: 6 }), blanks)
  .map(
    ([fields, blank]) =>
      `${blank}{${fields.map(([name, value, inner]) => `${inner}${JSON.stringify(name)}${inner}:${inner}${value}${inner}`).join(',')}}${blank}`,
  )
const edits = fc.array(
  fc.tuple(fc.nat(), fc.constantFrom(0, 0x22, 0x5c, 0x2c, 0x7d, 0x30, 0x2e, 0x80, 0xc3, 0x75, 0x5d, 0x20)),
  { maxLength: 2 },
)

/** A value's bytes with some of them changed, cut, and surrounded by others, as in a batch. */
const mutated = fc
  .tuple(objects, edits, fc.option(fc.nat(60)), fc.string({ maxLength: 3 }))
  .map(([text, changes, cut, around]) => {
    const bytes = Buffer.from(text)
    for (const [place, byte] of changes) if (bytes.length > 0) bytes[place % bytes.length] = byte
    const value = cut === null ? bytes : bytes.subarray(0, cut)
    const before = Buffer.from(around)
    return {
      buffer: Buffer.concat([before, value, Buffer.from('","a":1}')]),
      start: before.length,
      end: before.length + value.length,
    }
  })

/** The eager path, by the platform's own parser. */
function eager(buffer: Buffer, start: number, end: number): unknown {
  const bytes = buffer.subarray(start, end)
  if (!isUtf8(bytes)) return 'refused'
  try {
    JSON.parse(bytes.toString())
    return parseJson(bytes.toString())
  } catch {
    return 'refused'
  }
}

function outcome(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    if (error instanceof StreamError && error.code === 'VALUE_MALFORMED') return 'refused'
    throw error
  }
}

/** What a reader finds in a record, column by column. */
function seen(reader: JsonRowReader, record: Buffer): unknown {
  const row = new SlicedRow(reader.shape)
  return outcome(() => {
    reader.read(record, 0, record.length, row)
    const { starts, ends, kinds, nameStarts } = row
    return columns.map((_, index) => {
      const absent = kinds[index] === cellKind.absent
      return absent ? 'absent' : [row.get(index), starts[index], ends[index], nameStarts[index]]
    })
  })
}

const runs = Number(process.env['PROPERTY_RUNS'] ?? 2000)
/** Values of the same names after which they are made by code of their own, and some. */
const turnsToLearn = 25
const sharedSerde = jsonSerde(false)
const sharedReader = new JsonRowReader(columns)
const sharedRow = new SlicedRow(sharedReader.shape)

describe('lazy JSON', () => {
  property.prop([mutated], { numRuns: runs })(
    'accepts exactly the bytes that the platform parses',
    ({ buffer, start, end }) => {
      const checked = outcome(() => {
        checkJson(buffer, start, end)
        return parseJson(buffer.utf8Slice(start, end))
      })
      expect(checked).toEqual(eager(buffer, start, end))
    },
  )

  property.prop([mutated], { numRuns: runs })(
    'gives the columns that parsing gives, whatever records came before',
    ({ buffer, start, end }) => {
      const expected = eager(buffer, start, end)
      const isObject = typeof expected === 'object' && expected !== null && !Array.isArray(expected)
      const cells = outcome(() => {
        sharedReader.read(buffer, start, end, sharedRow)
        return columns.map((_, index) => sharedRow.get(index))
      })
      expect(cells).toEqual(
        isObject
          ? columns.map(({ name }) =>
              Object.hasOwn(expected, name) ? (expected as Record<string, unknown>)[name] : null,
            )
          : 'refused',
      )
    },
  )

  property.prop([objects, edits, fc.option(fc.nat(60))], { numRuns: runs })(
    'reads a record behind others like it as a reader does that has seen none',
    (text, changes, cut) => {
      const like = Buffer.from(text)
      const reader = new JsonRowReader(columns)
      for (let turn = 0; turn < 3; turn++)
        outcome(() => reader.read(like, 0, like.length, new SlicedRow(reader.shape)))
      const record = Buffer.from(like.subarray(0, cut ?? like.length))
      for (const [place, byte] of changes) if (record.length > 0) record[place % record.length] = byte
      for (const bytes of [like, record])
        expect(seen(reader, bytes)).toEqual(seen(new JsonRowReader(columns), bytes))
    },
  )

  test('sees a column that comes twice in two spellings, each of which it remembers', () => {
    const reader = new JsonRowReader(columns)
    for (const text of ['{"a":1}', '{"\\u0061":1}', '{"a":1,"\\u0061":2}', '{"a":1,"\\u0061":2}']) {
      const record = Buffer.from(text)
      expect(seen(reader, record)).toEqual(seen(new JsonRowReader(columns), record))
    }
    const twice = Buffer.from('{"a":1,"\\u0061":2}')
    const row = new SlicedRow(reader.shape)
    reader.read(twice, 0, twice.length, row)
    expect(row.fields).toBeUndefined()
  })

  property.prop([mutated], { numRuns: runs })('is unchanged by being detached', ({ buffer, start, end }) => {
    const read = outcome(() => sharedReader.read(buffer, start, end, sharedRow))
    if (read === 'refused') return
    const kept = sharedRow.detach()
    const before = columns.map((_, index) => sharedRow.get(index))
    buffer.fill(0)
    expect(columns.map((_, index) => kept.get(index))).toEqual(before)
  })

  property.prop([mutated], { numRuns: runs })(
    'makes of what its check noted the value that parsing makes, with the fields in the same order',
    ({ buffer, start, end }) => {
      const expected = eager(buffer, start, end)
      const serde = jsonSerde(false)
      const first = outcome(() => serde.decode(buffer, start, end, undefined))
      expect(first === 'refused').toBe(expected === 'refused')
      if (first === 'refused') return
      let made: unknown
      for (let turn = 0; turn < turnsToLearn; turn++)
        made = materialize(serde.decode(buffer, start, end, undefined))
      expect(made).toEqual(expected)
      expect(stringifyJson(made)).toBe(stringifyJson(expected))
      expect(materialize(first)).toEqual(expected)
      const shared = materialize(sharedSerde.decode(buffer, start, end, undefined))
      expect(shared).toEqual(expected)
    },
  )

  test('makes the value of the text that was checked last, and parses another', () => {
    const serde = jsonSerde(true)
    const texts = Array.from({ length: turnsToLearn }, (_, id) => Buffer.from(`{"id":${id},"name":"n${id}"}`))
    const decoded = texts.map((text) => serde.decode(text, 0, text.length, undefined))
    expect(decoded.map(materialize)).toEqual(texts.map((_, id) => ({ id, name: `n${id}` })))
  })

  test.each([
    '{"id":77,"name":"malformed"}x',
    '{"id":77,"name":"malformed"',
    '{"id":77,"name":"\u0000"}',
    '7',
  ])('makes nothing of what the check of %j noted, which is refused, for the text before it', (text) => {
    const serde = jsonSerde(true)
    const decode = (json: string): unknown => {
      const bytes = Buffer.from(json)
      return serde.decode(bytes, 0, bytes.length, undefined)
    }
    for (let turn = 0; turn < turnsToLearn; turn++) materialize(decode('{"id":1,"name":"n"}'))
    const before = decode('{"id":1,"name":"n"}')
    expect(outcome(() => decode(text))).toBe('refused')
    expect(materialize(before)).toEqual({ id: 1, name: 'n' })
  })

  test('makes a value that is asked for after many that were not', () => {
    const serde = jsonSerde(true)
    for (let id = 0; id < 4 * turnsToLearn; id++) {
      const text = Buffer.from(`{"id":${id},"name":"n${id}"}`)
      const decoded = serde.decode(text, 0, text.length, undefined)
      if (id % turnsToLearn === 0 || id > 2 * turnsToLearn)
        expect(materialize(decoded)).toEqual({ id, name: `n${id}` })
    }
  })

  test('makes values of names that differ from record to record, and of more fields than it notes', () => {
    const serde = jsonSerde(true)
    for (let turn = 0; turn < 200; turn++) {
      const value = Object.fromEntries(
        Array.from({ length: turn % 100 }, (_, index) => [
          `${turn % 7 === 0 ? 'field' : turn}-${index}`,
          index,
        ]),
      )
      const text = Buffer.from(JSON.stringify(value))
      expect(materialize(serde.decode(text, 0, text.length, undefined))).toEqual(value)
    }
  })

  test('keeps no long names of records', () => {
    const serde = jsonSerde(true)
    const record = Buffer.from(`{"${'n'.repeat(100_000)}":1}`)
    const before = process.memoryUsage().arrayBuffers
    for (let turn = 0; turn < 26; turn++) {
      record[2] = 0x61 + turn
      const decoded = serde.decode(record, 0, record.length, undefined)
      expect(materialize(decoded)).toEqual(JSON.parse(record.toString()))
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(record.length)
  })

  test('refuses a malformed name again although it remembers the field', () => {
    const record = Buffer.concat([Buffer.from('{"'), Buffer.from([0xc3]), Buffer.from('":true}')])
    for (let turn = 0; turn < 2; turn++) {
      expect(outcome(() => sharedReader.read(record, 0, record.length, sharedRow))).toBe('refused')
    }
  })

  test('refuses nesting beyond its bound instead of running out of stack', () => {
    const deep = Buffer.from('['.repeat(100_000))
    expect(() => checkJson(deep, 0, deep.length)).toThrow('nesting deeper than 128')
  })

  property.prop([fc.nat({ max: 130 }), fc.string(), fc.boolean()], { numRuns: runs })(
    'writes exactly what it can read: no deeper',
    (depth, text, inLists) => {
      let value: unknown = text.padEnd(300, '"[{\\\\')
      for (let level = 0; level < depth; level++) value = inLists ? [value] : { '[': value }
      const serde = jsonSerde(false)
      const writer = new ByteWriter()
      const write = (): void => serde.encode(value, writer, undefined)
      if (depth > 128) {
        expect(write).toThrow('value cannot be written as JSON')
        return
      }
      write()
      const bytes = writer.view()
      expect(outcome(() => checkJson(bytes, 0, bytes.length))).not.toBe('refused')
    },
  )

  test('refuses to write nesting that would run out of stack', () => {
    let value: unknown = 1
    for (let level = 0; level < 100_000; level++) value = [value]
    expect(() => jsonSerde(false).encode(value, new ByteWriter(), undefined)).toThrow(
      'value cannot be written as JSON',
    )
  })

  test.each([5, 'text', true, 7n])('writes %o only where a single value may stand', (value) => {
    const writer = new ByteWriter()
    expect(() => jsonSerde(true).encode(value, writer, undefined)).toThrow(
      expect.objectContaining({ code: 'VALUE_TYPE_MISMATCH' }),
    )
    expect(writer.length).toBe(0)
    jsonSerde(false).encode(value, writer, undefined)
    expect(writer.view().toString()).toBe(JSON.stringify(value === 7n ? 7 : value))
  })

  test('keeps numbers of any size and untouched text byte for byte', () => {
    const text = Buffer.from('{"a": 1.0, "b":123456789012345678901}')
    const serde = jsonSerde(true)
    const writer = new ByteWriter()
    serde.encode(serde.decode(text, 0, text.length, undefined), writer, undefined)
    expect(writer.view().toString()).toBe(text.toString())
    expect(
      (serde.decode(text, 0, text.length, undefined) as { materialize(): unknown }).materialize(),
    ).toEqual({ a: 1, b: 123456789012345678901n })
  })
})

import { describe, expect, test } from 'vitest'
import avsc from 'avsc'
import { ByteWriter } from '../../base/byte-writer.ts'
import { rowOfCells, SlicedRow } from '../../data/row.ts'
import { SelectedRow, type SelectedLayout } from '../../data/selected-row.ts'
import { avroDecoder, avroEncoder } from './avro-codec.ts'
import { avroCases } from './corpus-fixture.ts'
import { evolutionCases } from './evolution-fixture.ts'
import { columnsOfAvro, typeOfAvro } from './data-types.ts'
import { avroSchemaOfColumns } from './made-schema.ts'
import { parseAvroSchema } from './parse-schema.ts'
import { avroRowReader } from './row-reader.ts'

function encoded(schema: unknown, value: unknown): Buffer {
  const writer = new ByteWriter(1)
  avroEncoder(parseAvroSchema(JSON.stringify(schema)))(value, writer)
  return writer.copy()
}

function decoded(bytes: Buffer, schema: unknown, reader: unknown = schema): unknown {
  // Within a larger buffer, as values lie in a fetched batch.
  const around = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')])
  const decode = avroDecoder(parseAvroSchema(JSON.stringify(schema)), parseAvroSchema(JSON.stringify(reader)))
  return decode(around, 6, 6 + bytes.length)
}

describe('every type', () => {
  test.each(avroCases)('$name comes back as it went', ({ schema, values }) => {
    for (const value of values) expect(decoded(encoded(schema, value), schema)).toEqual(value)
  })

  const known = avroCases.filter(({ name }) => !/decimal|duration|bytes|fixed|union|nanos|uuid/.test(name))
  test.each(known)('$name has the bytes that another codec writes', ({ schema, values }) => {
    const long = avsc.types.LongType.__with({
      fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
      toBuffer: (value: bigint | number) => {
        const bytes = Buffer.alloc(8)
        bytes.writeBigInt64LE(BigInt(value))
        return bytes
      },
      fromJSON: BigInt,
      toJSON: Number,
      isValid: (value: unknown) => typeof value === 'bigint' || typeof value === 'number',
      compare: (a: bigint, b: bigint) => Number(a - b),
    })
    const other = avsc.Type.forSchema(structuredClone(schema) as avsc.Schema, {
      wrapUnions: false,
      registry: { long },
    })
    for (const value of values)
      expect(encoded(schema, value).toString('hex')).toBe(other.toBuffer(value).toString('hex'))
  })
})

test('decimals take the fewest bytes, as Java writes them', () => {
  const schema = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }
  expect(encoded(schema, '-1.28').toString('hex')).toBe('0280')
  expect(decoded(Buffer.from('0280', 'hex'), schema)).toBe('-1.28')
  expect(decoded(Buffer.from('04ff80', 'hex'), schema)).toBe('-1.28')
})

describe('big-decimals', () => {
  const schema = { type: 'bytes', logicalType: 'big-decimal' }

  /** Values and bytes of Java's `BigDecimal` and `Conversions.BigDecimalConversion`. */
  test.each([
    ['0', '06020000'],
    ['12.30', '080404ce04'],
    ['-12.34', '0804fb2e04'],
    ['1.2E+4', '06020c05'],
    ['0.000001', '0602010c'],
    ['1E-7', '0602010e'],
    ['-1.28E-10', '06028018'],
  ])('%s is what Java writes', (text, hex) => {
    expect(encoded(schema, text).toString('hex')).toBe(hex)
    expect(decoded(Buffer.from(hex, 'hex'), schema)).toBe(text)
  })

  test('are written of numbers, too', () => {
    expect(decoded(encoded(schema, 1.5), schema)).toBe('1.5')
    expect(decoded(encoded(schema, 10n ** 30n), schema)).toBe(`1${'0'.repeat(30)}`)
  })

  test.each(['', '1.2.3', 'NaN', true, '1E+9999999999'])('%j is none', (value) => {
    expect(() => encoded(schema, value)).toThrow(expect.objectContaining({ code: 'VALUE_TYPE_MISMATCH' }))
  })

  test.each(['00', '020a', '0602000000'])('bytes that none has (%s) are malformed', (hex) => {
    expect(() => decoded(Buffer.from(hex, 'hex'), schema)).toThrow(
      expect.objectContaining({ code: 'VALUE_MALFORMED' }),
    )
  })

  test('have a default', () => {
    const wanted = {
      type: 'record',
      name: 'R',
      fields: [{ name: 'a', type: schema, default: '\u0002\u0007\u0002' }],
    }
    const written = { type: 'record', name: 'R', fields: [] }
    expect(decoded(encoded(written, {}), written, wanted)).toEqual({ a: '0.7' })
  })

  test('are no decimals: those have one scale', () => {
    const decimal = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }
    expect(() => decoded(encoded(schema, '1.23'), schema, decimal)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    )
  })
})

describe('evolution', () => {
  test.each(evolutionCases.filter(({ error }) => error === undefined))('$name is readable', (pair) => {
    expect(decoded(encoded(pair.writer, pair.value), pair.writer, pair.reader)).toEqual(pair.expected)
  })

  test.each(evolutionCases.filter(({ error }) => error !== undefined))('$name is a named error', (pair) => {
    const bytes = encoded(pair.writer, pair.value)
    expect(() => decoded(bytes, pair.writer, pair.reader)).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_INCOMPATIBLE',
        detail: expect.stringMatching(pair.error as RegExp),
      }),
    )
  })

  test('names the field that cannot be read', () => {
    const of = (type: string): unknown => ({
      type: 'record',
      name: 'R',
      fields: [
        {
          name: 'lines',
          type: {
            type: 'array',
            items: { type: 'record', name: 'Line', fields: [{ name: 'amount', type }] },
          },
        },
      ],
    })
    const bytes = encoded(of('string'), { lines: [{ amount: 'x' }] })
    expect(() => decoded(bytes, of('string'), of('int'))).toThrow(/"lines\[\].amount"/)
  })

  test('gives each record a default of its own', () => {
    const reader = {
      type: 'record',
      name: 'R',
      fields: [{ name: 'l', type: { type: 'array', items: 'int' }, default: [] }],
    }
    const decode = avroDecoder(
      parseAvroSchema('{"type":"record","name":"R","fields":[]}'),
      parseAvroSchema(JSON.stringify(reader)),
    )
    const first = decode(Buffer.alloc(0), 0, 0) as { l: number[] }
    first.l.push(1)
    expect(decode(Buffer.alloc(0), 0, 0)).toEqual({ l: [] })
  })
})

describe('values that do not fit', () => {
  const order = {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'int' },
      {
        name: 'lines',
        type: {
          type: 'array',
          items: { type: 'record', name: 'Line', fields: [{ name: 'amount', type: 'int' }] },
        },
      },
      {
        name: 'price',
        type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }],
        default: null,
      },
    ],
  }
  test.each([
    [{ id: 1, lines: [{ amount: 1 }, { amount: 'x' }] }, /"lines\[1\].amount"/, /int is wanted/],
    [{ id: 2 ** 31, lines: [] }, /"id"/, /int is wanted/],
    [{ id: 1 }, /"lines"/, /missing, and has no default/],
    [{ id: 1, lines: [], price: '1.234' }, /"price"/, /decimal of up to 4 digits/],
    [{ id: 1, lines: [], price: '123.00' }, /"price"/, /decimal of up to 4 digits/],
    ['text', /the value/, /an object is wanted/],
  ])('%j are named by field and reason', (value, message, detail) => {
    expect(() => encoded(order, value)).toThrow(
      expect.objectContaining({
        code: 'VALUE_TYPE_MISMATCH',
        message: expect.stringMatching(message),
        detail: expect.stringMatching(detail),
      }),
    )
  })

  test('leave nothing behind in the writer', () => {
    const writer = new ByteWriter()
    writer.writeInt8(7)
    expect(() => avroEncoder(parseAvroSchema(JSON.stringify(order)))({ id: 1 }, writer)).toThrow()
    expect(writer.copy()).toEqual(Buffer.of(7))
  })

  test('within themselves end in an error', () => {
    const schema = { type: 'record', name: 'N', fields: [{ name: 'next', type: ['null', 'N'] }] }
    const endless: Record<string, unknown> = {}
    endless['next'] = endless
    expect(() => encoded(schema, endless)).toThrow(/does not fit/)
  })
})

describe('bytes that are not Avro', () => {
  test.each([
    ['long', [0x80]],
    ['long', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['int', [0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['string', [0x06, 0x61]],
    ['string', [0x01]],
    [{ type: 'array', items: 'int' }, [0xfe, 0xff, 0xff, 0xff, 0x0f]],
    [{ type: 'array', items: 'null' }, [0xfe, 0xff, 0xff, 0xff, 0x0f, 0x00]],
    [['null', 'int'], [0x06]],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, [0x02]],
    ['int', [0x02, 0x02]],
    ['double', [0, 0, 0]],
  ])('are an error for %j', (schema, bytes) => {
    expect(() => decoded(Buffer.from(bytes), schema)).toThrow(
      expect.objectContaining({ code: 'VALUE_MALFORMED' }),
    )
  })

  test('cannot nest deeper than the stack is', () => {
    const schema = { type: 'record', name: 'N', fields: [{ name: 'next', type: ['null', 'N'] }] }
    expect(() => decoded(Buffer.alloc(100_000, 2), schema)).toThrow(/nested more than/)
  })

  test('may carry any name as a key', () => {
    const schema = { type: 'map', values: 'int' }
    const value = decoded(
      Buffer.from([0x02, 0x12, ...Buffer.from('__proto__'), 0x02, 0x00]),
      schema,
    ) as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })
})

describe('rows', () => {
  const schema = {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'long' },
      {
        name: 'lines',
        type: { type: 'array', items: { type: 'map', values: ['null', 'string', 'double'] } },
      },
      {
        name: 'price',
        type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }],
        default: null,
      },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'span', type: { type: 'fixed', name: 'Span', size: 12, logicalType: 'duration' } },
    ],
  }
  const value = {
    id: 5,
    lines: [{ a: null, b: 'x', c: 1.5 }],
    price: '12.30',
    at: 1_700_000_000_123,
    span: { months: 1, days: 2, milliseconds: 3 },
  }
  const type = parseAvroSchema(JSON.stringify(schema))
  const columns = columnsOfAvro(type) ?? []

  test('have the columns of the schema, in the types of SQL', () => {
    expect(columns.map(({ name, type }) => [name, type.kind])).toEqual([
      ['id', 'long'],
      ['lines', 'list'],
      ['price', 'decimal'],
      ['at', 'timestamp'],
      ['span', 'interval'],
    ])
  })

  test('hold the wanted columns only, in the units of SQL', () => {
    const wanted = columns.filter(({ name }) => name !== 'lines').toReversed()
    const reader = avroRowReader(type, type, wanted)
    const row = new SlicedRow(reader.shape)
    const bytes = encoded(schema, value)
    reader.read(bytes, 0, bytes.length, row)
    expect(wanted.map((_, index) => row.get(index))).toEqual([
      { months: 1, days: 2, micros: 3000 },
      1_700_000_000_123_000,
      12.3,
      5,
    ])
    expect(row.materialize()).toEqual(value)
    const stored = row.detach()
    reader.read(encoded(schema, { ...value, id: 6 }), 0, bytes.length, row)
    expect(stored.get(3)).toBe(5)
  })

  test('fail for the bytes that a whole decode fails for', () => {
    const bytes = encoded(schema, value)
    const reader = avroRowReader(type, type, columns.slice(0, 1))
    const row = new SlicedRow(reader.shape)
    for (let length = 0; length < bytes.length; length++)
      expect(() => reader.read(bytes, 0, length, row)).toThrow(
        expect.objectContaining({ code: 'VALUE_MALFORMED' }),
      )
  })

  test('give a column that the writer did not have its default', () => {
    const reader = parseAvroSchema(
      '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"extra","type":"int","default":9}]}',
    )
    const rows = avroRowReader(type, reader, [{ name: 'extra', type: { kind: 'int' } }])
    const row = new SlicedRow(rows.shape)
    const bytes = encoded(schema, value)
    rows.read(bytes, 0, bytes.length, row)
    expect(row.get(0)).toBe(9)
  })

  test('of a result are records of the schema that their columns make', () => {
    const layout: SelectedLayout = {
      columns: (
        [
          ['id', { kind: 'long' }],
          ['price', { kind: 'decimal', precision: 9, scale: 2 }],
          ['at', { kind: 'timestamp' }],
          ['day', { kind: 'date' }],
          ['span', { kind: 'interval' }],
          ['tags', { kind: 'list', of: { kind: 'string' } }],
        ] as const
      ).map(([name, type], index) => ({ name, type, from: 'cell', index })),
    }
    const cells = [
      7,
      12.3,
      1_700_000_000_123_456,
      19_723,
      { months: 0, days: 1, micros: 2_000_000 },
      ['a', null],
    ]
    const selected = new SelectedRow(layout, [rowOfCells([], [])], cells.length)
    cells.forEach((cell, index) => (selected.cells[index] = cell))
    const text = avroSchemaOfColumns(layout.columns)
    const writer = new ByteWriter()
    avroEncoder(parseAvroSchema(text))(selected, writer)
    expect(decoded(writer.copy(), JSON.parse(text))).toEqual({
      id: 7,
      price: '12.30',
      at: 1_700_000_000_123_456,
      day: 19_723,
      span: { months: 0, days: 1, milliseconds: 2000 },
      tags: ['a', null],
    })
  })

  test('keep what the numbers inside their values stand for, in the units that they came in', () => {
    const at = { type: 'long', logicalType: 'timestamp-millis' }
    const inner = [
      { name: 'at', type: ['null', at] },
      { name: 'day', type: { type: 'int', logicalType: 'date' } },
      { name: 'count', type: 'long' },
    ]
    const schema = {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'visit', type: { type: 'record', name: 'Visit', fields: inner } },
        { name: 'times', type: { type: 'array', items: at } },
        { name: 'by_name', type: { type: 'map', values: at } },
      ],
    }
    const value = {
      visit: { at: 1_700_000_000_123, day: 19_723, count: 3 },
      times: [1_700_000_000_123],
      by_name: { first: 1_700_000_000_123 },
    }
    const columns = columnsOfAvro(parseAvroSchema(JSON.stringify(schema))) ?? []
    const made = JSON.parse(avroSchemaOfColumns(columns)) as { fields: { type: [string, unknown] }[] }
    const [visit, times, byName] = made.fields.map(({ type: [, type] }) => type)
    const optional = (name: string, type: unknown) => ({ name, type: ['null', type], default: null })
    expect(visit).toMatchObject({
      fields: [
        optional('at', at),
        optional('day', { type: 'int', logicalType: 'date' }),
        optional('count', 'long'),
      ],
    })
    expect(times).toEqual({ type: 'array', items: ['null', at] })
    expect(byName).toEqual({ type: 'map', values: ['null', at] })

    const layout = {
      columns: columns.map(({ name, type }, index) => ({ name, type, from: 'cell' as const, index })),
    }
    const selected = new SelectedRow(layout, [rowOfCells([], [])], columns.length)
    columns.forEach(({ name }, index) => (selected.cells[index] = value[name as keyof typeof value]))
    const writer = new ByteWriter()
    avroEncoder(parseAvroSchema(JSON.stringify(made)))(selected, writer)
    expect(decoded(writer.copy(), made)).toEqual(value)
  })
})

describe('schemas', () => {
  test.each([
    ['{', /not JSON/],
    ['{"type":"record","name":"R"}', /no list of "fields"/],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":"Nope"}]}', /at "a".*no type "Nope"/],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}',
      /at "a".*default must be a whole number/,
    ],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}',
      /two fields "a"/,
    ],
    ['["int","int"]', /holds "int" twice/],
    ['{"type":"enum","name":"E","symbols":["A","A"]}', /each once/],
    ['{"type":"fixed","name":"F","size":-1}', /no valid "size"/],
    [`${'{"type":"array","items":'.repeat(200)}"int"${'}'.repeat(200)}`, /too large/],
  ])('%s are refused with the place', (text, message) => {
    expect(() => parseAvroSchema(text)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test('use named types of other schemas', () => {
    const type = parseAvroSchema(
      '{"type":"record","name":"R","fields":[{"name":"i","type":"com.example.Inner"}]}',
      ['{"type":"record","name":"com.example.Inner","fields":[{"name":"x","type":"int"}]}'],
    )
    expect(typeOfAvro(type)).toEqual({
      kind: 'struct',
      name: 'R',
      fields: [
        {
          name: 'i',
          required: true,
          type: {
            kind: 'struct',
            name: 'com.example.Inner',
            fields: [{ name: 'x', required: true, type: { kind: 'int' } }],
          },
        },
      ],
    })
  })
})

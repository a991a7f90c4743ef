import { create, createFileRegistry, fromBinary, toBinary, type DescMessage } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { SlicedRow } from '../../data/row.ts'
import { readProtoFiles } from '../../registry/proto-file.ts'
import { protoCases } from './corpus-fixture.ts'
import { protoEvolutionCases } from './evolution-fixture.ts'
import { protoLanguage } from './proto-language.ts'

function encoded(text: string, value: unknown, name?: string): Buffer {
  const writer = new ByteWriter(1)
  protoLanguage.parse({ text }, name).encoder('value')(value, writer)
  return writer.copy()
}

function decoded(bytes: Buffer, text: string, reader = text, name?: string): unknown {
  const around = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')])
  const decode = protoLanguage.parse({ text }, name).decoder(protoLanguage.parse({ text: reader }, name), {})
  return decode(around, 6, 6 + bytes.length)
}

/** What another codec makes of bytes: read and written again, in the order of field numbers. */
function againByAnother(text: string, bytes: Buffer): string {
  const { all, main } = readProtoFiles(text)
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...all] }))
  const [message] = registry.getFile(main.name)?.messages ?? []
  return Buffer.from(toBinary(message as DescMessage, fromBinary(message as DescMessage, bytes))).toString(
    'hex',
  )
}

describe('every kind of field', () => {
  test.each(protoCases)('$name comes back as it went', ({ schema, values }) => {
    for (const { value, read = value } of values)
      expect(decoded(encoded(schema, value), schema)).toEqual(read)
  })

  test.each(protoCases)('$name has the bytes that another codec writes', ({ schema, values }) => {
    for (const { value } of values) {
      const bytes = encoded(schema, value)
      expect(againByAnother(schema, bytes)).toBe(bytes.toString('hex'))
    }
  })
})

describe('evolution', () => {
  test.each(protoEvolutionCases)('$name', ({ writer, reader, value, expected, error }) => {
    const bytes = encoded(writer, value)
    if (error === undefined) expect(decoded(bytes, writer, reader)).toEqual(expected)
    else
      expect(() => decoded(bytes, writer, reader)).toThrow(
        expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE', message: expect.stringMatching(error) }),
      )
  })
})

const order = `syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto";
  message Order { int32 id = 1; repeated Line lines = 2; oneof pay { string cash = 3; int32 card = 4; }
    google.protobuf.Timestamp at = 5; google.protobuf.StringValue note = 6;
    message Line { uint32 amount = 1; map<string, Kind> kinds = 2; } }
  enum Kind { SMALL = 0; LARGE = 1; }
  message Other { string name = 1; }`

describe('values that do not fit', () => {
  test.each([
    [{ lines: [{ amount: 1 }, { amount: -1 }] }, /"lines\[1\].amount"/, /uint32 is wanted/],
    [{ id: 2 ** 31 }, /"id"/, /int32 is wanted/],
    [{ id: 'x' }, /"id"/, /int32 is wanted/],
    [{ cash: 'x', card: 1 }, /"card"/, /only one field of "pay" may be set, and "cash" is/],
    [{ lines: [{ kinds: { a: 'HUGE' } }] }, /"lines\[0\].kinds.a"/, /SMALL, LARGE/],
    [[], /the value/, /an object is wanted/],
  ])('%j are named by field and reason', (value, message, detail) => {
    expect(() => encoded(order, value)).toThrow(
      expect.objectContaining({
        code: 'VALUE_TYPE_MISMATCH',
        message: expect.stringMatching(message),
        detail: expect.stringMatching(detail),
      }),
    )
  })
})

describe('bytes that are not Protobuf', () => {
  test.each([
    ['a tag without a value', [0x08]],
    ['a length beyond the end', [0x12, 0x05, 0x08]],
    ['field number 0', [0x00, 0x01]],
    ['a wire type that is none', [0x0f]],
    ['a number without end', [0x08, ...Array.from({ length: 11 }, () => 0xff)]],
    ['a group without end', [0x53, 0x08, 0x01]],
    ['an end without group', [0x54]],
  ])('%s is an error', (_name, bytes) => {
    expect(() => decoded(Buffer.from(bytes), order)).toThrow(
      expect.objectContaining({ code: 'VALUE_MALFORMED' }),
    )
  })

  test('cannot nest deeper than a bound', () => {
    const nest = 'syntax = "proto3"; message N { N next = 1; }'
    let bytes = Buffer.alloc(0)
    for (let depth = 0; depth < 120; depth++) bytes = Buffer.concat([Buffer.of(0x0a), lengthOf(bytes), bytes])
    expect(() => decoded(bytes, nest)).toThrow(/nested more than/)
  })
})

function lengthOf({ length }: Buffer): Buffer {
  return length < 128 ? Buffer.of(length) : Buffer.of((length & 0x7f) | 0x80, length >> 7)
}

test('unknown fields are passed over, parts of a message are merged, packed or not makes no difference', () => {
  const schema =
    'syntax = "proto3"; message M { M inner = 1; repeated int32 list = 2; int32 a = 3; int32 b = 4; }'
  const bytes = Buffer.from([
    0x0a, 0x02, 0x18, 0x05, 0x0a, 0x02, 0x20, 0x06, 0x10, 0x01, 0x12, 0x02, 0x02, 0x03, 0xfa, 0x06, 0x01,
    0x00,
  ])
  expect(decoded(bytes, schema)).toMatchObject({ inner: { a: 5, b: 6 }, list: [1, 2, 3] })
})

describe('messages of a file', () => {
  test('are found by name and by position', () => {
    const schema = protoLanguage.parse({ text: order }, 'Line')
    expect(schema.message).toEqual({ path: [0, 0], name: 'Line' })
    const bytes = encoded(order, { amount: 7 }, 'Line')
    const whole = protoLanguage.parse({ text: order })
    expect(whole.decoder(undefined, { messagePath: [0, 0] })(bytes, 0, bytes.length)).toMatchObject({
      amount: 7,
    })
    expect(whole.decoder(undefined, { messageName: 'Line' })(bytes, 0, bytes.length)).toMatchObject({
      amount: 7,
    })
    expect(() => whole.decoder(undefined, { messagePath: [9] })).toThrow(/no message at position 9/)
    expect(() => protoLanguage.parse({ text: order }, 'Nope')).toThrow(/no message "Nope"/)
  })
})

test('rows hold the wanted columns only, in the types of SQL', () => {
  const schema = protoLanguage.parse({ text: order })
  expect(schema.columns?.map(({ name, type }) => [name, type.kind])).toEqual([
    ['id', 'int'],
    ['lines', 'list'],
    ['cash', 'string'],
    ['card', 'int'],
    ['at', 'timestamp'],
    ['note', 'string'],
  ])
  const bytes = encoded(order, {
    id: 3,
    lines: [{ amount: 1 }],
    card: 4,
    at: { seconds: 1_700_000_000, nanos: 5000 },
    note: { value: 'n' },
  })
  const columns = (schema.columns ?? []).filter(({ name }) => name !== 'lines').toReversed()
  const reader = schema.rowReader(undefined, {}, columns)
  const row = new SlicedRow(reader.shape)
  reader.read(bytes, 0, bytes.length, row)
  expect(columns.map((_, index) => row.get(index))).toEqual(['n', 1_700_000_000_000_005, 4, null, 3])
})

test('unsigned numbers that SQL has no type for are an error, not NULL', () => {
  const text =
    'syntax = "proto3"; import "google/protobuf/wrappers.proto"; ' +
    'message M { uint64 u = 1; fixed64 f = 2; google.protobuf.UInt64Value w = 3; }'
  const schema = protoLanguage.parse({ text })
  for (const name of ['u', 'f', 'w']) {
    const reader = schema.rowReader(undefined, {}, [{ name, type: { kind: 'long' } }])
    const row = new SlicedRow(reader.shape)
    const cellOf = (number: bigint): unknown => {
      const bytes = encoded(text, { [name]: name === 'w' ? { value: number } : number })
      reader.read(bytes, 0, bytes.length, row)
      return row.get(0)
    }
    expect(cellOf(2n ** 63n - 1n)).toBe(2n ** 63n - 1n)
    expect(() => cellOf(2n ** 63n)).toThrow(
      expect.objectContaining({ code: 'VALUE_MALFORMED', message: `field "${name}" is beyond BIGINT` }),
    )
  }
})

test.each([
  ['', 'It has no messages.'],
  ['message A { message B {} }', 'Its messages are A, A.B.'],
])('a message that is not there is told with those that are: %j', (text, detail) => {
  expect(() => protoLanguage.parse({ text: `syntax = "proto3"; ${text}` }, 'M')).toThrow(
    expect.objectContaining({ code: 'SCHEMA_INVALID', detail }),
  )
})

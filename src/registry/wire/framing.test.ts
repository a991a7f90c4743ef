import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { StreamError } from '../../base/errors.ts'
import type { Frame, MessageRef, SchemaIds, SchemaRegistry } from '../contracts.ts'
import { apicurioFraming, type ApicurioFramingOptions } from './apicurio-framing.ts'
import { confluentFraming } from './confluent-framing.ts'

const body = Buffer.from('body')
const guid = '89791762-2336-4186-9674-299b90a802e2'
const malformed = expect.objectContaining<Partial<StreamError>>({ code: 'VALUE_MALFORMED' })

/** Writes a frame, puts the value somewhere inside a larger buffer, reads it and checks where its body is. */
function throughFrame(
  framing: ReturnType<SchemaRegistry['framing']>,
  ids: SchemaIds,
  message?: MessageRef,
): Frame {
  const { bytes, headers } = framing.prefix(ids, message)
  const buffer = Buffer.concat([Buffer.from('xx'), bytes, body, Buffer.from('yy')])
  const end = buffer.length - 2
  const frame = framing.read(buffer, 2, end, headers.length === 0 ? undefined : headers)
  expect(buffer.subarray(frame.bodyStart, end)).toEqual(body)
  return frame
}

describe("Confluent's framing", () => {
  const avro = confluentFraming({ side: 'value', type: 'AVRO', writeIdTo: 'payload' })

  test('puts a zero and the id before the value', () => {
    expect(avro.prefix({ id: 258 }).bytes).toEqual(Buffer.from([0, 0, 0, 1, 2]))
    expect(throughFrame(avro, { id: 258 })).toMatchObject({ kind: 'id', id: 258 })
  })

  test('adds the position of a Protobuf message, short for the first one', () => {
    const framing = confluentFraming({ side: 'value', type: 'PROTOBUF', writeIdTo: 'payload' })
    expect(framing.prefix({ id: 1 }, { path: [0], name: 'A' }).bytes).toEqual(Buffer.from([0, 0, 0, 0, 1, 0]))
    expect(framing.prefix({ id: 1 }, { path: [1, 0], name: 'B' }).bytes).toEqual(
      Buffer.from([0, 0, 0, 0, 1, 4, 2, 0]),
    )
    expect(throughFrame(framing, { id: 1 }, { path: [1, 0], name: 'B' }).messagePath).toEqual([1, 0])
  })

  property.prop([fc.array(fc.nat(), { minLength: 1, maxLength: 64 })])(
    'gives back any position of a message',
    (path) => {
      for (const writeIdTo of ['payload', 'header'] as const) {
        const framing = confluentFraming({ side: 'key', type: 'PROTOBUF', writeIdTo })
        expect(throughFrame(framing, { id: 7, guid }, { path, name: 'M' }).messagePath).toEqual(path)
      }
    },
  )

  test('puts the GUID into the header of its side', () => {
    const framing = confluentFraming({ side: 'key', type: 'AVRO', writeIdTo: 'header' })
    const { bytes, headers } = framing.prefix({ id: 1, guid })
    expect(bytes.length).toBe(0)
    expect(headers).toEqual([
      { key: '__key_schema_id', value: Buffer.from(`01${guid.replaceAll('-', '')}`, 'hex') },
    ])
    expect(throughFrame(framing, { id: 1, guid })).toMatchObject({ kind: 'guid', id: guid })
  })

  test('reads the prefix where headers of others are there, also when it writes to headers', () => {
    const framing = confluentFraming({ side: 'value', type: 'AVRO', writeIdTo: 'header' })
    const buffer = Buffer.from([0, 0, 0, 0, 9, 1])
    const frame = framing.read(buffer, 0, 6, [{ key: '__key_schema_id', value: Buffer.from([1]) }])
    expect(frame).toMatchObject({ kind: 'id', id: 9, bodyStart: 5 })
  })

  test.each([
    ['an empty value', Buffer.alloc(0)],
    ['a value of four bytes', Buffer.from([0, 0, 0, 0])],
    ['another magic byte', Buffer.from('{"a":1}')],
    ['a negative id', Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1])],
  ])('names %s as malformed and shows nothing of it', (_, buffer) => {
    expect(() => avro.read(buffer, 0, buffer.length, undefined)).toThrow(malformed)
  })

  test('takes a position that is cut off or absurd for damage', () => {
    const framing = confluentFraming({ side: 'value', type: 'PROTOBUF', writeIdTo: 'payload' })
    for (const tail of [[4, 2], [0x80], [1], [0x7f], [2, 1], [0x80, 0x80, 0x80, 0x80, 0x80, 1]]) {
      const buffer = Buffer.from([0, 0, 0, 0, 1, ...tail])
      expect(() => framing.read(buffer, 0, buffer.length, undefined)).toThrow(malformed)
    }
  })

  test('says which id it lacks', () => {
    const framing = confluentFraming({ side: 'value', type: 'AVRO', writeIdTo: 'header' })
    expect(() => framing.prefix({ id: 3 })).toThrow(
      expect.objectContaining({ code: 'REGISTRY_REFUSED', message: 'the registry gave the schema no guid' }),
    )
  })
})

const usual: ApicurioFramingOptions = {
  side: 'value',
  type: 'AVRO',
  idKind: 'contentId',
  idBytes: 4,
  writeIdTo: 'payload',
  message: 'name',
}
const ids = { globalId: 300, contentId: 7 }

describe("Apicurio's framing", () => {
  test('puts a zero and four bytes of content id before the value', () => {
    expect(apicurioFraming(usual).prefix(ids).bytes).toEqual(Buffer.from([0, 0, 0, 0, 7]))
    expect(throughFrame(apicurioFraming(usual), ids)).toMatchObject({ kind: 'contentId', id: 7 })
  })

  test('writes eight bytes of global id where it is told so', () => {
    const framing = apicurioFraming({ ...usual, idKind: 'globalId', idBytes: 8 })
    expect(framing.prefix(ids).bytes).toEqual(Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 44]))
    expect(throughFrame(framing, ids)).toMatchObject({ kind: 'globalId', id: 300 })
  })

  test('tells four from eight bytes where it is told to read either', () => {
    const either = apicurioFraming({ ...usual, idBytes: 'either' })
    const long = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 7, 1])
    expect(either.read(long, 0, 10, undefined)).toMatchObject({ id: 7, bodyStart: 9 })
    expect(throughFrame(either, ids)).toMatchObject({ id: 7 })
  })

  test('puts ids into headers of its side and reads either kind from there', () => {
    const content = apicurioFraming({ ...usual, writeIdTo: 'header' })
    const global = apicurioFraming({ ...usual, writeIdTo: 'header', idKind: 'globalId', side: 'key' })
    expect(content.prefix(ids).headers).toEqual([
      { key: 'apicurio.value.contentId', value: Buffer.from('0000000000000007', 'hex') },
    ])
    expect(global.prefix(ids).headers.map(({ key }) => key)).toEqual(['apicurio.key.globalId'])
    expect(throughFrame(content, ids)).toMatchObject({ kind: 'contentId', id: 7 })
    expect(throughFrame(global, ids)).toMatchObject({ kind: 'globalId', id: 300 })
  })

  test('names the Protobuf message before the value, and in header mode in a header too', () => {
    const message = { path: [2], name: 'Order' }
    const payload = apicurioFraming({ ...usual, type: 'PROTOBUF' })
    expect(payload.prefix(ids, message).bytes).toEqual(Buffer.from('\0\0\0\0\x07\x07\n\x05Order'))
    expect(throughFrame(payload, ids, message).messageName).toBe('Order')
    const header = apicurioFraming({ ...usual, type: 'PROTOBUF', writeIdTo: 'header', message: 'none' })
    expect(header.prefix(ids, message).bytes.length).toBe(0)
    expect(throughFrame(header, ids, message).messageName).toBe('Order')
    const path = apicurioFraming({ ...usual, type: 'PROTOBUF', message: 'path' })
    expect(throughFrame(path, ids, message).messagePath).toEqual([2])
  })

  test.each([
    ['an empty value', Buffer.alloc(0)],
    ['a cut id', Buffer.from([0, 0, 0])],
    ['another magic byte', Buffer.from('{"a":1}')],
    ['a negative id', Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])],
  ])('names %s as malformed', (_, buffer) => {
    for (const idBytes of [4, 8, 'either'] as const)
      expect(() => apicurioFraming({ ...usual, idBytes }).read(buffer, 0, buffer.length, undefined)).toThrow(
        malformed,
      )
  })

  test('takes a name that is cut off, and header ids that are no ids, for damage', () => {
    const framing = apicurioFraming({ ...usual, type: 'PROTOBUF' })
    const buffer = Buffer.from('\0\0\0\0\x07\x07\n\x05Or')
    expect(() => framing.read(buffer, 0, buffer.length, undefined)).toThrow(malformed)
    for (const value of [Buffer.from([1]), Buffer.from('7fffffffffffffff', 'hex'), Buffer.alloc(8, 0xff)])
      expect(() =>
        apicurioFraming(usual).read(body, 0, 4, [{ key: 'apicurio.value.contentId', value }]),
      ).toThrow(malformed)
  })
})

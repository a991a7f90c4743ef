import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { avroDecoder, avroEncoder } from './avro-codec.ts'
import { parseAvroSchema } from './parse-schema.ts'

function comeBack(schema: unknown, value: unknown): unknown {
  const type = parseAvroSchema(JSON.stringify(schema))
  const writer = new ByteWriter()
  avroEncoder(type)(value, writer)
  const bytes = writer.copy()
  return avroDecoder(type)(bytes, 0, bytes.length)
}

describe('a union of numbers', () => {
  test.each([
    [['float', 'double'], 0.1],
    [['float', 'double'], Number.NaN],
    [['null', 'string', 'float', 'double'], 16_777_217],
    [['int', 'float', 'double'], 1e300],
    [['int', 'long'], 2 ** 40],
    [['long', 'double'], 0.5],
  ])('%j takes %d as what keeps it', (schema, value) => {
    expect(comeBack(schema, value)).toBe(value)
  })

  test('takes a number that no branch keeps as the next one', () => {
    expect(comeBack(['int', 'float'], 0.1)).toBe(Math.fround(0.1))
  })
})

describe('a time of day', () => {
  const millis = { type: 'int', logicalType: 'time-millis' }
  const micros = { type: 'long', logicalType: 'time-micros' }

  test.each([
    [millis, 0],
    [millis, 86_399_999],
    [micros, 86_399_999_999],
  ])('%j may be %d', (schema, value) => {
    expect(comeBack(schema, value)).toBe(value)
  })

  test.each([
    [millis, -1],
    [millis, 86_400_000],
    [micros, 86_400_000_000],
    [['null', micros], -1n],
  ])('%j is never %d', (schema, value) => {
    expect(() => comeBack(schema, value)).toThrow(
      expect.objectContaining({
        code: 'VALUE_TYPE_MISMATCH',
        detail: expect.stringMatching(/time-m\w+ is wanted/),
      }),
    )
  })
})

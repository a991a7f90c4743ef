import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { serdeFor } from '../plain-serde.ts'
import type { PrimitiveKind } from '../../data/types.ts'

function encode(kind: PrimitiveKind, value: unknown): string {
  const writer = new ByteWriter(1)
  serdeFor({ notation: 'binary', type: { kind } }).encode(value, writer, undefined)
  return writer.view().toString('hex')
}
function decode(kind: PrimitiveKind, hex: string): unknown {
  const bytes = Buffer.from(hex, 'hex')
  return serdeFor({ notation: 'binary', type: { kind } }).decode(bytes, 0, bytes.length, undefined)
}

describe('primitive serdes', () => {
  const cases: [PrimitiveKind, unknown, string][] = [
    ['string', 'né', '6ec3a9'],
    ['long', -2, 'fffffffffffffffe'],
    ['long', 9007199254740993n, '0020000000000001'],
    ['int', -2, 'fffffffe'],
    ['short', 258, '0102'],
    ['byte', -1, 'ff'],
    ['double', 1.5, '3ff8000000000000'],
    ['float', 1.5, '3fc00000'],
    ['boolean', true, '01'],
    ['bytes', new Uint8Array([1, 2]), '0102'],
  ]
  test.each(cases)('writes and reads %s %s as the JVM does', (kind, value, hex) => {
    expect(encode(kind, value)).toBe(hex)
    expect(decode(kind, hex)).toEqual(value)
  })

  test('refuses a value out of range without saying it', () => {
    expect(() => encode('int', 2 ** 31)).toThrow('expected a whole number of type int and got a number')
    expect(() => encode('long', 2n ** 63n)).toThrow('expected a whole number of type long and got a bigint')
  })

  test('refuses bytes of another width', () => {
    expect(() => decode('long', '00')).toThrow('value of type long has 1 bytes instead of 8')
  })
})

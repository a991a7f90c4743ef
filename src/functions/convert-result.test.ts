import { describe, expect, test } from 'vitest'
import type { DataType } from '../data/types.ts'
import type { StreamError } from '../base/errors.ts'
import { convertResult } from './convert-result.ts'

const of = (
  kind: 'byte' | 'int' | 'long' | 'float' | 'double' | 'string' | 'boolean' | 'bytes' | 'any',
): DataType => ({
  kind,
})

const json: DataType = { kind: 'union', of: [{ kind: 'struct' }, { kind: 'list', of: of('any') }] }

function convert(value: unknown, type: DataType): unknown {
  return convertResult(value, type, { name: 'f', body: { language: 'javascript' } })
}

function refusal(value: unknown, type: DataType): string | undefined {
  try {
    convert(value, type)
  } catch (thrown) {
    return (thrown as StreamError).detail
  }
  return undefined
}

describe('convertResult', () => {
  test('lets null fit every type', () => {
    for (const type of [of('int'), of('string'), { kind: 'list', of: of('int') } as const]) {
      expect(convert(undefined, type)).toBe(null)
    }
  })

  test('cuts fractions off and parses text for whole numbers', () => {
    expect([convert(1.9, of('int')), convert(-1.9, of('byte')), convert(' 12 ', of('long'))]).toEqual([
      1, -1, 12,
    ])
  })

  test('keeps long integers exact beyond 2^53', () => {
    expect(convert(9_007_199_254_740_993n, of('long'))).toBe(9_007_199_254_740_993n)
    expect(convert('9007199254740993', of('long'))).toBe(9_007_199_254_740_993n)
    expect(convert(12n, of('long'))).toBe(12)
  })

  test('says the range that a number does not fit', () => {
    expect(refusal(128, of('byte'))).toBe('The result is not within byte: from -128 to 127.')
    expect(refusal(2 ** 63, of('long'))).toBe(
      'The result is not within long: from -9223372036854775808 to 9223372036854775807.',
    )
    expect(refusal(1e39, of('float'))).toContain('not within float')
    expect(refusal(Number.NaN, of('int'))).toBe('The result is not finite, not a whole number.')
  })

  test('takes no boolean for a number', () => {
    expect(refusal(true, of('int'))).toBe('The result is a boolean, not a whole number.')
  })

  test('reads floating numbers from numbers and text', () => {
    expect([convert('1.5e2', of('double')), convert(3n, of('double')), convert(0.1, of('float'))]).toEqual([
      150,
      3,
      Math.fround(0.1),
    ])
    expect(refusal('1,5', of('double'))).toBe('The result is text, not a number.')
  })

  test('reads booleans from text of any case', () => {
    expect([convert('TRUE', of('boolean')), convert(' false ', of('boolean'))]).toEqual([true, false])
    expect(refusal(1, of('boolean'))).toBe('The result is a number, not a boolean.')
  })

  test('makes text of anything, JSON of containers', () => {
    expect([1.5, true, 12n, { a: [1n] }].map((value) => convert(value, of('string')))).toEqual([
      '1.5',
      'true',
      '12',
      '{"a":[1]}',
    ])
  })

  test('makes bytes of lists of signed and unsigned bytes', () => {
    expect(convert([0, -1, 255], of('bytes'))).toEqual(new Uint8Array([0, 255, 255]))
    expect(refusal([256], of('bytes'))).toBe(
      "The result's part [0] is not a byte: a whole number from -128 to 255.",
    )
  })

  test('converts lists, maps and tuples to the bottom and names the part that does not fit', () => {
    const type: DataType = { kind: 'map', of: { kind: 'list', of: of('int') } }
    expect(convert({ a: ['1', 2.5] }, type)).toEqual({ a: [1, 2] })
    expect(convert('{"a":["1"]}', type)).toEqual({ a: [1] })
    expect(refusal({ a: [1, 'x'] }, type)).toBe("The result's part .a[1] is text, not a whole number.")
    const pair: DataType = { kind: 'tuple', of: [of('string'), of('long')] }
    expect(convert([1, '2'], pair)).toEqual(['1', 2])
    expect(refusal([1], pair)).toBe('The result is a list of 1, but the tuple has 2 elements.')
  })

  test('converts declared fields of a struct, keeps others, and misses required ones', () => {
    const type: DataType = {
      kind: 'struct',
      fields: [
        { name: 'id', type: of('long'), required: true },
        { name: 'note', type: of('string'), required: false },
      ],
    }
    expect(convert({ '@type': 'X', id: '7', more: [1] }, type)).toEqual({ id: 7, more: [1] })
    expect(refusal({ note: 'x' }, type)).toBe('The result is an object without its required field "id".')
  })

  test('takes the member of a union that fits as it is, else the first that converts', () => {
    const type: DataType = { kind: 'union', of: [of('int'), of('string')] }
    expect([convert('12', type), convert(12, type), convert(true, type)]).toEqual(['12', 12, 'true'])
    expect(refusal('x', { kind: 'union', of: [of('int'), of('boolean')] })).toBe(
      'The result is text, which is none of int, boolean.',
    )
  })

  test('takes only the symbols of an enum', () => {
    const type: DataType = { kind: 'enum', symbols: ['A', 'B'] }
    expect(convert('A', type)).toBe('A')
    expect(refusal('C', type)).toBe('The result is text, but not one of the symbols A, B.')
  })

  test('names function and type, never the value', () => {
    expect(() => convert('secret', { kind: 'list', of: of('int') })).toThrow(
      expect.objectContaining<Partial<StreamError>>({
        code: 'FUNCTION_FAILED',
        message: 'can not convert the result of function "f"',
        detail: 'The result is text, not a list.',
        hint: 'Return a value that fits the result type [int], or change "resultType".',
      }),
    )
  })

  test('says what json is, which is no union to who wrote it', () => {
    expect(refusal(5, json)).toBe('The result is a number, neither an object nor a list.')
  })

  test('takes a Map for an object, a Set for a list, and nothing else for either', () => {
    expect(convert(new Map([['a', 1]]), json)).toEqual({ a: 1 })
    expect(convert(new Map([['a', '1']]), { kind: 'map', of: of('int') })).toEqual({ a: 1 })
    expect(convert(new Set(['b', 'a']), json)).toEqual(['b', 'a'])
    expect(convert(new Set(['1']), { kind: 'list', of: of('int') })).toEqual([1])
    expect(refusal(new Set([1]), { kind: 'map', of: of('int') })).toBe(
      'The result is a collection, not an object.',
    )
  })
})

import { describe, expect, test } from 'vitest'
import type { StreamError } from '../base/errors.ts'
import { describeFormat, describeType, parseType, parseTypeTree } from './type-strings.ts'

const short = (text: string): string => {
  const { notation, type } = parseType(text)
  return `${notation} ${describeType(type)}`
}

describe('parseType', () => {
  test.each([
    ['string', 'binary string'],
    ['str', 'binary string'],
    ['integer', 'binary int'],
    ['?', 'binary any'],
    ['none', 'binary null'],
    ['json', 'json json'],
    ['JSON', 'json json'],
    ['struct', 'json struct'],
    ['map', 'json map(any)'],
    ['map(long)', 'json map(long)'],
    ['[string]', 'json [string]'],
    ['list(string)', 'json [string]'],
    ['json:[string]', 'json [string]'],
    ['( string , json )', 'json (string, json)'],
    ['tuple(string,long)', 'json (string, long)'],
    ['union(int, [int])', 'binary union(int, [int])'],
    ['windowed(string)', 'binary windowed(string)'],
    ['avro:SensorData', 'avro SensorData'],
    ['avro:io.axual.Sensor', 'avro io.axual.Sensor'],
    ['avro', 'avro struct'],
    ['binary:long', 'binary long'],
    ['default', 'binary any'],
    ['[avro:X]', 'json [X]'],
  ])('reads %j as %s', (text, expected) => {
    expect(short(text)).toBe(expected)
  })

  test('trims and unquotes the symbols of an enum', () => {
    expect(parseType(`enum(A, "B C",'D')`).type).toEqual({ kind: 'enum', symbols: ['A', 'B C', 'D'] })
  })

  test('keeps the notations of a tuple and of a list of tuples', () => {
    expect(
      parseTypeTree('[(string, avro:X)]').members[0]?.members.map((member) => member.format.notation),
    ).toEqual(['binary', 'avro'])
  })

  test('names a schema in the notation of its own', () => {
    expect(parseType('avro:X')).toEqual({
      notation: 'avro',
      type: { kind: 'struct', name: 'X' },
      schema: 'X',
    })
  })

  test.each([
    ['', 'a type is missing'],
    ['strin', 'no type is called "strin"'],
    ['list', '"list" needs its members in brackets'],
    ['json:string', 'notation "json" has no type "string" of its own'],
    ['yaml:X', '"yaml" is not a notation'],
    ['[string', '"]" is missing'],
    ['(string,)', '")" does not begin a type'],
    ['string x', '"x" is left over'],
    ['set(string)', '"set(…)" is not a type'],
    ['map(string,long)', 'map(…) holds exactly one type'],
    ['enum(A,,B)', 'a symbol of the enum is empty'],
    ['json:', 'a type is missing after "json:"'],
    ['['.repeat(100), 'it is nested too deeply'],
  ])('refuses %j and says why', (text, why) => {
    expect(() => parseType(text)).toThrow(
      expect.objectContaining({ code: 'TYPE_INVALID', message: expect.stringContaining(why) }),
    )
  })

  test('names each notation once where the configuration has one of the same name', () => {
    let hint = ''
    try {
      parseTypeTree('yaml:X', new Map([['json', 'json']]))
    } catch (error) {
      hint = (error as StreamError).hint ?? ''
    }
    expect(hint.match(/\bjson\b/g)).toHaveLength(1)
  })
})

describe('describeFormat', () => {
  test.each(['string', 'json', 'struct', '[string]', 'avro:X', 'avro', 'map(long)', 'enum(A, B)'])(
    'writes %s as it was read',
    (text) => {
      expect(describeFormat(parseType(text))).toBe(text)
    },
  )
})

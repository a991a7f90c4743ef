import { describe, expect, test } from 'vitest'
import { inferJsonColumns } from './infer-json-columns.ts'

const kinds = (...samples: string[]): string[] =>
  inferJsonColumns(samples).map(({ name, type }) => `${name} ${type.kind}`)

describe('inferJsonColumns', () => {
  test('finds a type for each field of one record', () => {
    expect(kinds('{"a":1,"b":1.5,"c":"x","d":true,"e":[1],"f":{},"g":9007199254740993}')).toEqual([
      'a long',
      'b double',
      'c string',
      'd boolean',
      'e list',
      'f struct',
      'g long',
    ])
  })

  test('takes decimals when any record has them, even written as .0', () => {
    expect(kinds('{"a":1,"b":1}', '{"a":1.5,"b":2.0}')).toEqual(['a double', 'b double'])
  })

  test('takes numbers that no BIGINT holds as decimals', () => {
    expect(kinds('{"a":1e20,"b":9223372036854775807,"c":9223372036854775808}')).toEqual([
      'a double',
      'b long',
      'c double',
    ])
  })

  test('lets null say nothing and a contradiction say any', () => {
    expect(kinds('{"a":null,"b":1}', '{"a":"x","b":"y"}')).toEqual(['a string', 'b any'])
  })

  test('passes over what is no object', () => {
    expect(kinds('[1]', 'nonsense', '{"a":1}')).toEqual(['a long'])
  })
})

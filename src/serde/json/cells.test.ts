import { describe, expect, test } from 'vitest'
import { stringifyJson } from './cells.ts'

describe('plain values as JSON', () => {
  test.each([
    [{ blob: Uint8Array.of(1, 2, 255), list: [Uint8Array.of()] }, '{"blob":"AQL/","list":[""]}'],
    [{ blob: Uint8Array.of(1), seen: 9_007_199_254_740_993n }, '{"blob":"AQ==","seen":9007199254740993}'],
    [Uint8Array.of(1), '"AQ=="'],
    [{ 0: 'a', empty: {}, text: '{"0":1}' }, '{"0":"a","empty":{},"text":"{\\"0\\":1}"}'],
    [{ whole: 1e21, none: undefined }, '{"whole":1e+21}'],
    [{ all: new Map([['a', new Set([1, 'b'])]]), none: new Set() }, '{"all":{"a":[1,"b"]},"none":[]}'],
    [new Map([[1, 2n]]), '{"1":2}'],
    [[new Set([1])], '[[1]]'],
  ])('%o is %s', (value, text) => {
    expect(stringifyJson(value)).toBe(text)
  })

  test.each([Number.NaN, [1, Infinity], { a: { b: -Infinity } }, undefined])('%o is none', (value) => {
    expect(stringifyJson(value)).toBeUndefined()
  })
})

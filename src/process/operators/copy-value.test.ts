import { expect, test } from 'vitest'
import { Lazy } from '../../data/lazy.ts'
import { copyValue } from './copy-value.ts'

class Text extends Lazy {
  materialize(): unknown {
    return {}
  }
  detach(): Lazy {
    return this
  }
}

test('a copy equals its original and shares nothing that can change', () => {
  const original = { list: [1, { deep: true }], bytes: Buffer.from([1, 2]), none: null, big: 5n }
  const copy = copyValue(original) as typeof original
  expect({ ...copy, bytes: [...copy.bytes] }).toEqual({ ...original, bytes: [1, 2] })
  original.list.push(2)
  original.bytes[0] = 9
  expect(copy.list).toHaveLength(2)
  expect(copy.bytes[0]).toBe(1)
})

test('a field called __proto__ stays a field', () => {
  const copy = copyValue(JSON.parse('{"__proto__":{"admin":true}}')) as object
  expect(Object.keys(copy)).toEqual(['__proto__'])
  expect('admin' in copy).toBe(false)
})

test('lazy values and primitives are given as they are', () => {
  const lazy = new Text()
  for (const value of [lazy, 'a', 1, true, null]) expect(copyValue(value)).toBe(value)
})

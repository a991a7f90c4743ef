import { expect, test } from 'vitest'
import { isAssignable, isSameType } from './assignable.ts'
import { parseType } from './type-strings.ts'

test.each([
  ['any', 'string', true],
  ['long', 'int', false],
  ['string', 'enum(A)', true],
  ['json', 'struct', true],
  ['json', '[string]', true],
  ['json', 'string', false],
  ['struct', 'json', false],
  ['union(int, [int])', 'int', true],
  ['[long]', '[int]', false],
  ['(string, json)', '(string, struct)', true],
  ['(string, json)', '(string, json, long)', false],
  ['string', 'null', true],
  ['map(long)', 'struct', true],
  ['windowed(string)', 'string', false],
])('a %s takes a %s: %s', (to, from, expected) => {
  expect(isAssignable(parseType(to).type, parseType(from).type)).toBe(expected)
})

test('a struct with fields takes one that has those that are required', () => {
  const field = (name: string, required = true) => ({ name, type: { kind: 'long' }, required }) as const
  const to = { kind: 'struct', fields: [field('a'), field('b', false)] } as const
  expect(isAssignable(to, { kind: 'struct', fields: [field('a'), field('c')] })).toBe(true)
  expect(isAssignable(to, { kind: 'struct', fields: [field('b')] })).toBe(false)
  expect(isAssignable(to, { kind: 'struct' })).toBe(true)
})

test('two types are the same when each takes the other', () => {
  expect(isSameType(parseType('string').type, parseType('enum(A)').type)).toBe(true)
  expect(isSameType(parseType('json').type, parseType('struct').type)).toBe(false)
})

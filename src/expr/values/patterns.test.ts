import { expect, test } from 'vitest'
import { expressionMatcher, insensitiveLikeMatcher, likeMatcher } from './patterns.ts'

test.each([
  ['abc', 'a%', true],
  ['abc', '%c', true],
  ['abc', '%b%', true],
  ['abc', 'abc', true],
  ['abc', 'b', false],
  ['abc', 'a_c', true],
  ['a👍c', 'a_c', true],
  ['a\nc', 'a%c', true],
  ['a.c', 'a.c', true],
  ['abc', 'a.c', false],
  ['abc', '', false],
  ['', '%', true],
  ['a-b', 'a-b_%', false],
])('"%s" LIKE "%s" is %s', (text, pattern, expected) => {
  expect(likeMatcher(pattern, undefined)(text)).toBe(expected)
})

test('an escape character takes the meaning from the next one', () => {
  expect(likeMatcher('100!%', '!')('100%')).toBe(true)
  expect(likeMatcher('100!%', '!')('100x')).toBe(false)
  expect(() => likeMatcher('a!', '!')).toThrow('a LIKE pattern ends with its escape character')
})

test('ILIKE does not regard case', () => {
  expect(insensitiveLikeMatcher('%ÜB_r%', undefined)('der ÜBER')).toBe(true)
})

test('a regular expression is found anywhere, or has to be the whole text', () => {
  expect(expressionMatcher('b+', '', false)('abbc')).toBe(true)
  expect(expressionMatcher('a|b', '', true)('ab')).toBe(false)
  expect(expressionMatcher('B', 'i', false)('abc')).toBe(true)
  expect(() => expressionMatcher('(', '', false)).toThrow('a regular expression is not one that Weft reads')
})

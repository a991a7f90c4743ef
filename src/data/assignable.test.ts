import { expect, test } from 'vitest'
import { isAssignable, isSameType } from './assignable.ts'
import { parseType } from './type-strings.ts'

const types = [
  'any',
  'null',
  'boolean',
  'byte',
  'short',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
  'enum(A)',
  '[int]',
  '[string]',
  'map(int)',
  'struct',
  '(int, string)',
  '(int)',
  'union(int, string)',
  'windowed(string)',
] as const

/** What each takes of all of them, in their order. */
const taken: Readonly<Record<(typeof types)[number], string>> = {
  any: 'yyyyyyyyyyyyyyyyyyyy',
  null: 'yy------------------',
  boolean: 'yyy-----------------',
  byte: 'yy-y----------------',
  short: 'yy--y---------------',
  int: 'yy---y--------------',
  long: 'yy----y-------------',
  float: 'yy-----y------------',
  double: 'yy------y-----------',
  bytes: 'yy-------y----------',
  string: 'yy--------yy--------',
  'enum(A)': 'yy--------yy--------',
  '[int]': 'yy----------y-------',
  '[string]': 'yy-----------y------',
  'map(int)': 'yy------------yy----',
  struct: 'yy------------yy---y',
  '(int, string)': 'yy--------------y---',
  '(int)': 'yy---------------y--',
  'union(int, string)': 'yy---y----yy------y-',
  'windowed(string)': 'yy-----------------y',
}

test.each(types)('what a %s takes', (to) => {
  const found = types.map((from) => (isAssignable(parseType(to).type, parseType(from).type) ? 'y' : '-'))
  expect(found.join('')).toBe(taken[to])
})

test.each([
  ['json', 'struct', true],
  ['json', '[string]', true],
  ['json', 'string', false],
  ['struct', 'json', false],
  ['union(int, [int])', 'int', true],
  ['union(int, string, boolean)', 'union(string, int)', true],
  ['union(int)', 'union(string, int)', false],
  ['[[int]]', '[[int]]', true],
  ['[[int]]', '[[long]]', false],
  ['map([string])', 'map([enum(A)])', true],
  ['(string, json)', '(string, struct)', true],
  ['(string, json)', '(string, json, long)', false],
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

test('a struct takes the windowed keys that it has all fields of', () => {
  const fields = [
    { name: 'start', type: { kind: 'long' }, required: true },
    { name: 'endTime', type: { kind: 'string' }, required: true },
    { name: 'key', type: { kind: 'int' }, required: true },
    { name: 'note', type: { kind: 'string' }, required: false },
  ] as const
  const takes = (from: string) => isAssignable({ kind: 'struct', fields }, parseType(from).type)
  expect(takes('windowed(int)')).toBe(true)
  expect(takes('windowed(string)')).toBe(false)
  const needed = { kind: 'struct', fields: [{ ...fields[3], required: true }] } as const
  expect(isAssignable(needed, parseType('windowed(int)').type)).toBe(false)
})

test('two types are the same when each takes the other', () => {
  expect(isSameType(parseType('string').type, parseType('enum(A)').type)).toBe(true)
  expect(isSameType(parseType('json').type, parseType('struct').type)).toBe(false)
})

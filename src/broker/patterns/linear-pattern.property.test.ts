import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { LinearPattern } from './linear-pattern.ts'
import { PatternProblem } from './parse-pattern.ts'

const atoms = fc.constantFrom(
  'a',
  'b',
  'c',
  '.',
  '\\.',
  '\\d',
  '\\w',
  '\\W',
  '[ab]',
  '[^a]',
  '[a-c.]',
  '1',
  '-',
  '^',
  '$',
)
const { pattern } = fc.letrec<{ pattern: string; branch: string; piece: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4 },
    tie('branch'),
    fc.tuple(tie('branch'), tie('branch')).map((parts) => parts.join('|')),
  ),
  branch: fc.array(tie('piece'), { maxLength: 4 }).map((parts) => parts.join('')),
  piece: fc.oneof(
    { maxDepth: 4 },
    atoms,
    fc
      .tuple(
        atoms.filter((atom) => !/^[$^]$/.test(atom)),
        fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}', '*?'),
      )
      .map((parts) => parts.join('')),
    fc
      .tuple(tie('pattern'), fc.constantFrom('', '*', '+', '?', '{0,2}'))
      .map(([inside, count]) => `(${inside})${count}`),
    tie('pattern').map((inside) => `(?:${inside})`),
  ),
}))
const texts = fc
  .array(fc.constantFrom('a', 'b', 'c', 'A', '1', '.', '-', 'x'), { maxLength: 8 })
  .map((parts) => parts.join(''))

property.prop([pattern, fc.array(texts, { minLength: 1, maxLength: 10 })], { numRuns: 300 })(
  'a pattern fits the whole texts that JavaScript says it fits',
  (text, samples) => {
    const ours = new LinearPattern(text)
    const theirs = new RegExp(`^(?:${text})$`)
    for (const sample of samples)
      expect([sample, ours.matches(sample)]).toEqual([sample, theirs.test(sample)])
  },
)

property.prop([fc.string()])('any text is a pattern, or is refused with what is wrong', (text) => {
  try {
    new LinearPattern(text).matches('abc')
  } catch (error) {
    expect(error).toBeInstanceOf(PatternProblem)
  }
})

describe('a pattern', () => {
  test('that would hold JavaScript for ever takes no time', () => {
    const evil = new LinearPattern('(a*)*(a|a)*(a+)+b')
    expect(evil.matches('a'.repeat(2000))).toBe(false)
    expect(evil.matches(`${'a'.repeat(2000)}b`)).toBe(true)
  })

  test('may ignore case', () => {
    const pattern = new LinearPattern('(?i)Orders-[a-c]+')
    expect(['orders-ABC', 'ORDERS-b', 'orders-d'].map((text) => pattern.matches(text))).toEqual([
      true,
      true,
      false,
    ])
  })

  test('has named groups and anchors of both kinds', () => {
    expect(new LinearPattern('\\A(?P<name>a)(?<other>b)\\z').matches('ab')).toBe(true)
  })

  test.each([
    '(',
    ')',
    'a)',
    '[',
    '[a',
    '*',
    'a**',
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '\\1',
    '\\b',
    '\\',
    '[b-a]',
    '[[:alpha:]]',
    'a{2,1}',
    'a{9999}',
    '((a{1000}){1000})',
    '('.repeat(200),
  ])('such as %s is refused', (text) => {
    expect(() => new LinearPattern(text)).toThrow(PatternProblem)
  })
})

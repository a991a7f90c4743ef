import { expect, test } from 'vitest'
import { findFunction, functionNames } from './functions.ts'

test('functions are found in any case and suggested only by names that can be called', () => {
  expect(findFunction('UPPER')).toBe(findFunction('upper'))
  expect(findFunction('constructor')).toBeUndefined()
  expect(functionNames).toContain('date_trunc')
  expect(functionNames).not.toContain('is_null')
  expect(functionNames).not.toContain('||')
})

test('a hash is spread, stable and not negative', () => {
  const site = { args: ['a'], argTypes: [], type: { kind: 'long' as const }, literalText: () => undefined }
  let hash: (...values: readonly unknown[]) => number = () => -1
  findFunction('hash')?.emit({ ...site, constant: (value) => ((hash = value as typeof hash), 'c') })
  expect([hash('a'), hash('b'), hash(1), hash(null)]).toMatchInlineSnapshot(`
    [
      6433126479203036,
      1008246477438245,
      4550746651190247,
      2718208960597383,
    ]
  `)
  const buckets = new Set(Array.from({ length: 1000 }, (_, index) => hash(`user-${index}`) % 100))
  expect(buckets.size).toBe(100)
})

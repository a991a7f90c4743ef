import { expect, test } from 'vitest'
import type { SchemaDraft } from '../contracts.ts'
import { draftKey, flattened } from './drafts.ts'

/** Each of many drafts refers to all before it: as a tree these would be 2^39 texts. */
function manyDrafts(firstText: string): SchemaDraft {
  const drafts: SchemaDraft[] = [{ type: 'PROTOBUF', text: firstText }]
  for (let count = 1; count < 40; count++)
    drafts.push({
      type: 'PROTOBUF',
      text: `text ${count}`,
      references: drafts.map((draft, index) => ({ name: `${index}.proto`, draft })),
    })
  return drafts[39] ?? { type: 'PROTOBUF', text: '' }
}

test('drafts that share what they refer to are keyed and laid out once each', () => {
  expect(draftKey(manyDrafts('a'))).toBe(draftKey(manyDrafts('a')))
  expect(draftKey(manyDrafts('a'))).not.toBe(draftKey(manyDrafts('b')))
  expect(flattened(manyDrafts('a')).map(({ name }) => name)).toEqual(
    Array.from({ length: 39 }, (_, index) => `${index}.proto`),
  )
})

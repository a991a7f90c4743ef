import { describe, expect, test } from 'vitest'
import { functionKinds } from './function-kinds.ts'

describe('functionKinds', () => {
  test('lists twenty-two kinds, of which nine may use stores', () => {
    const kinds = Object.values(functionKinds)
    expect([kinds.length, kinds.filter((kind) => kind.stores).length]).toEqual([22, 9])
  })

  test('gives defaults only of names that are arguments', () => {
    for (const { defaultExpression, arguments: names } of Object.values(functionKinds)) {
      const words = defaultExpression?.javascript.match(/[a-zA-Z]+\d?/g) ?? []
      expect(words.filter((word) => !names.includes(word) && word !== 'true')).toEqual([])
    }
  })
})

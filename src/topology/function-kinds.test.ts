import { describe, expect, test } from 'vitest'
import { functionKinds } from './function-kinds.ts'
import { functionRefs } from './function-refs.ts'
import type { FunctionRef } from './functions.ts'
import type { Topology } from './topology.ts'

describe('functionKinds', () => {
  test('lists twenty-one kinds, of which eight may use stores', () => {
    const kinds = Object.values(functionKinds)
    expect([kinds.length, kinds.filter((kind) => kind.stores).length]).toEqual([21, 8])
  })

  test('gives defaults only of names that are arguments', () => {
    for (const { defaultExpression, arguments: names } of Object.values(functionKinds)) {
      const words = defaultExpression?.javascript.match(/[a-zA-Z]+\d?/g) ?? []
      expect(words.filter((word) => !names.includes(word) && word !== 'true')).toEqual([])
    }
  })
})

describe('functionRefs', () => {
  test('finds functions in every corner of a node, each once', () => {
    const ref = (name: string): FunctionRef => ({
      name,
      kind: 'predicate',
      parameters: [],
      stores: [],
      body: {
        language: 'javascript',
        expression: { text: 'true', span: { file: '', line: 1, column: 1, length: 1 } },
      },
    })
    const topology = {
      nodes: [
        { id: 'f', kind: 'filter', input: 's', predicate: ref('a'), negate: false, table: false },
        { id: 'b', kind: 'split', input: 'f', predicates: [ref('a'), null, ref('b')] },
        {
          id: 'g',
          kind: 'aggregate',
          input: 'f',
          store: 'x',
          fold: { kind: 'aggregate', initializer: ref('c'), aggregator: ref('d') },
        },
      ],
    } as unknown as Topology
    expect(functionRefs(topology).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
  })
})

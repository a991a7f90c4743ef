import { expect, test } from 'vitest'
import type { Format } from '../data/types.ts'
import { circleOf, passesEach } from './circles.ts'
import type { FunctionRef } from './functions.ts'
import type { Node } from './topology.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const predicate: FunctionRef = {
  name: 'f',
  kind: 'predicate',
  parameters: [],
  stores: [],
  body: { language: 'javascript' },
}

function source(id: string, topic: string): Node {
  return { kind: 'source', id, topics: [topic], key: text, value: text }
}

function sink(input: string, topic: string): Node {
  const id = `${input}-${topic}`
  return { kind: 'sink', id, input, topic: { kind: 'topic', name: topic }, key: text, value: text }
}

function filter(id: string, input: string): Node {
  return { kind: 'filter', id, input, predicate, negate: false, table: false }
}

test('a circle is found through several topics, by its shortest way', () => {
  const nodes = [
    source('s1', 'a'),
    sink('s1', 'far'),
    sink('s1', 'b'),
    source('s2', 'b'),
    sink('s2', 'a'),
    source('s3', 'far'),
    sink('s3', 'b'),
  ]
  expect(circleOf(nodes, 'a')).toEqual({ topics: ['a', 'b'], end: nodes[4] })
  expect(circleOf(nodes, 'far')?.topics).toEqual(['far', 'b', 'a'])
})

test('a topic that only others flow into is on no circle, nor one that flows into others', () => {
  const nodes = [source('s1', 'a'), sink('s1', 'b'), source('s2', 'b'), sink('s2', 'b')]
  expect(circleOf(nodes, 'a')).toBeUndefined()
  expect(circleOf(nodes, 'b')?.topics).toEqual(['b'])
})

test('the row side of a join leads nowhere, and a filter may end the way', () => {
  const joiner = { ...predicate, kind: 'valueJoiner' } as const
  const joined: Node[] = [
    source('s', 's'),
    { kind: 'table-source', id: 't', topic: 'a', key: text, value: text, store: 't' },
    { kind: 'stream-table-join', id: 'j', input: 's', table: 't', joiner, type: 'inner' },
    sink('j', 'a'),
  ]
  expect(circleOf(joined, 'a')).toBeUndefined()
  const filtered = [source('s', 'a'), filter('f', 's'), sink('f', 'a')]
  expect(circleOf(filtered, 'a')?.topics).toEqual(['a'])
  expect(circleOf(filtered, 'a', passesEach)).toBeUndefined()
})

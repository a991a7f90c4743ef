import { expect, test } from 'vitest'
import type { Format } from '../data/types.ts'
import { finishTopology } from './build-topology.ts'
import type { FunctionRef } from './functions.ts'
import type { Optimization } from './optimization.ts'
import type { Node, Topology } from './topology.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const made = (kind: FunctionRef['kind']): FunctionRef => ({
  name: kind,
  kind,
  parameters: [],
  stores: [],
  body: { language: 'javascript' },
})
const source: Node = { kind: 'source', id: 'in', topics: ['in'], key: text, value: text }
const newKey = (id: string, input: string): Node => ({
  kind: 'transform',
  id,
  input,
  result: 'key',
  mapper: made('keyTransformer'),
  table: false,
})
const filter = (id: string, input: string): Node => ({
  kind: 'filter',
  id,
  input,
  predicate: made('predicate'),
  negate: false,
  table: false,
})
const repartition = (name: string, input: string): Node => ({
  kind: 'repartition',
  id: name,
  topic: name,
  input,
  key: text,
  value: text,
})
const sink = (id: string, input: string): Node => ({
  kind: 'sink',
  id,
  input,
  topic: { kind: 'topic', name: id },
  key: text,
  value: text,
})

const all: Optimization = { mergeRepartitions: true, selfJoins: true }

function optimized(nodes: readonly Node[]): Topology {
  return finishTopology({
    name: 'app',
    nodes,
    stores: [],
    functions: { namespace: 'app', functions: [] },
    optimization: all,
  })
}

/** Of each node that has one input: `input > node`. */
const edges = ({ nodes }: Topology): readonly string[] =>
  nodes.flatMap((node) => ('input' in node ? [`${node.input} > ${node.id}`] : []))

test('repartitions behind one new key become one, right behind it, under the name of the first', () => {
  const topology = optimized([
    source,
    newKey('k', 'in'),
    filter('f', 'k'),
    repartition('first', 'f'),
    sink('a', 'first'),
    sink('early', 'f'),
    repartition('second', 'k'),
    sink('b', 'second'),
    sink('c', 'k'),
  ])
  expect(edges(topology)).toEqual([
    'in > k',
    'k > first',
    'first > f',
    'f > a',
    'f > early',
    'first > b',
    'k > c',
  ])
  expect(topology.subTopologies.map(({ sources }) => sources)).toEqual([['in'], ['first']])
})

test('a change of values between keeps a repartition where it is', () => {
  const values: Node = {
    kind: 'transform',
    id: 'v',
    input: 'k',
    result: 'value',
    mapper: made('valueTransformer'),
    table: false,
  }
  const topology = optimized([source, newKey('k', 'in'), values, repartition('r', 'v'), sink('a', 'r')])
  expect(edges(topology)).toEqual(['in > k', 'k > v', 'v > r', 'r > a'])
})

test('streams with new keys that are merged have one repartition behind the merge', () => {
  const topology = optimized([
    source,
    newKey('k1', 'in'),
    newKey('k2', 'in'),
    { kind: 'merge', id: 'm', inputs: ['k1', 'k2'] },
    filter('f', 'm'),
    repartition('first', 'f'),
    sink('a', 'first'),
    repartition('second', 'm'),
    sink('b', 'second'),
  ])
  expect(edges(topology)).toEqual(['in > k1', 'in > k2', 'm > first', 'first > f', 'f > a', 'first > b'])
})

test('a repartition that the author wrote stays', () => {
  const written: Node = { ...repartition('written', 'f'), pinned: true } as Node
  const topology = optimized([source, newKey('k', 'in'), filter('f', 'k'), written, sink('a', 'written')])
  expect(edges(topology)).toEqual(['in > k', 'k > f', 'f > written', 'written > a'])
})

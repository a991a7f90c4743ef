import { describe, expect, test } from 'vitest'
import type { Format } from '../data/types.ts'
import { finishTopology } from './build-topology.ts'
import { describeTopology, topologiesToMermaid } from './describe.ts'
import type { Node, StoreSpec } from './topology.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const store = (name: string): StoreSpec => ({
  name,
  kind: 'key-value',
  key: text,
  value: text,
  timestamped: true,
  persistent: false,
  caching: false,
  logging: 'own',
})
const source = (id: string, topic: string): Node => ({
  kind: 'source',
  id,
  topics: [topic],
  key: text,
  value: text,
})
const finish = (nodes: Node[], stores: StoreSpec[] = []) =>
  finishTopology({ name: 't', nodes, stores, functions: { namespace: 't', functions: [] } })
const counting: Node[] = [
  source('in', 'events'),
  { kind: 'repartition', id: 'by-user', input: 'in', topic: 'by-user-repartition', key: text, value: text },
  { kind: 'aggregate', id: 'count', input: 'by-user', fold: { kind: 'count' }, store: 'counts' },
  { kind: 'to-stream', id: 'changes', input: 'count' },
  {
    kind: 'sink',
    id: 'out',
    input: 'changes',
    topic: { kind: 'topic', name: 'counts' },
    key: text,
    value: text,
  },
]

describe('finishTopology', () => {
  test('parts a topology at an internal topic, which both sides list', () => {
    expect(finish(counting, [store('counts')]).subTopologies).toEqual([
      { index: 0, nodes: ['in', 'by-user'], sources: ['events'], repartitionSources: [], stores: [] },
      {
        index: 1,
        nodes: ['by-user', 'count', 'changes', 'out'],
        sources: ['by-user-repartition'],
        repartitionSources: ['by-user-repartition'],
        stores: ['counts'],
      },
    ])
  })

  test('keeps readers of one topic in one sub-topology, and strangers apart', () => {
    const parts = finish([source('a', 'x'), source('b', 'x'), source('c', 'y')]).subTopologies
    expect(parts.map((part) => part.nodes)).toEqual([['a', 'b'], ['c']])
  })

  test('leaves global tables out of every sub-topology', () => {
    const nodes: Node[] = [
      source('in', 'events'),
      { kind: 'global-table', id: 'dim', topic: 'dim', key: text, value: text, store: 'dim' },
      { kind: 'lookup-join', id: 'join', input: 'in', table: 'dim', type: 'left', key: [], scope: 1 },
    ]
    expect(finish(nodes, [store('dim')]).subTopologies.map((part) => part.nodes)).toEqual([['in', 'join']])
  })

  test('refuses a topic that is read as a stream and as a table', () => {
    const table: Node = { kind: 'table-source', id: 't', topic: 'x', key: text, value: text, store: 'x' }
    expect(() => finish([source('a', 'x'), table], [store('x')])).toThrow(
      'topic "x" is read twice, as source and as table-source',
    )
  })

  test('freezes what it gives', () => {
    expect(Object.isFrozen(finish(counting, [store('counts')]).nodes[0])).toBe(true)
  })
})

describe('describeTopology', () => {
  test('lists sub-topologies, nodes with their inputs, and stores with their bounds', () => {
    expect(describeTopology(finish(counting, [store('counts')]))).toMatchInlineSnapshot(`
      "topology t
        sub-topology 0
          source in [topics events; key string, value string]
          repartition by-user [topic by-user-repartition] <- in
        sub-topology 1
          reads by-user-repartition
          aggregate count [count; store counts] <- by-user
          to-stream changes <- count
          sink out [topic counts] <- changes
          store counts [key-value, memory, change log; unbounded: one entry for each key]"
    `)
  })

  test('says what each thread holds of a table that is looked up, and that nothing bounds it', () => {
    const nodes: Node[] = [
      source('in', 'events'),
      { kind: 'global-table', id: 'dim', topic: 'dim', key: text, value: text, store: 'rows' },
      { kind: 'lookup-join', id: 'join', input: 'in', table: 'dim', type: 'left', key: [], scope: 1 },
    ]
    expect(describeTopology(finish(nodes, [store('rows')]))).toMatchInlineSnapshot(`
      "topology t
        global-table dim [topic dim; key string, value string]
          store rows [all of it in the memory of each thread, read from its topic at the start; unbounded: one entry for each key]
        sub-topology 0
          source in [topics events; key string, value string]
          lookup-join join [left] <- in, dim"
    `)
  })
})

describe('topologiesToMermaid', () => {
  test('is one chart, with a frame for each of several topologies and names that are nowhere twice', () => {
    const nodes = [source('in', 'events')]
    const other = { ...finish(counting, [store('counts')]), name: 'o "2"' }
    expect(topologiesToMermaid([finish(nodes), other])).toMatchInlineSnapshot(`
      "flowchart TD
        subgraph t0["t"]
          t0n0["source in"]
        end
        subgraph t1["o #quot;2#quot;"]
          t1n0["source in"]
          t1n1["repartition by-user"]
          t1n2["aggregate count"]
          t1n3["to-stream changes"]
          t1n4["sink out"]
          t1n0 --> t1n1
          t1n1 --> t1n2
          t1n2 --> t1n3
          t1n3 --> t1n4
        end"
    `)
  })
})

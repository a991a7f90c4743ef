import { expect, test } from 'vitest'
import type { Node } from '../topology/topology.ts'
import { json, long, storeSpec, TestTask, text } from './fixture.ts'

const source: Node = { kind: 'source', id: 'in', topics: ['a', 'b'], key: text, value: json }
const sink: Node = {
  kind: 'sink',
  id: 'out',
  input: 's2',
  topic: { kind: 'topic', name: 'out' },
  key: text,
  value: json,
}

test('one way in for each topic of a source, and none for topics that others read', () => {
  const other: Node = { kind: 'repartition', id: 'r', input: 'in', topic: 'r', key: text, value: json }
  const task = new TestTask({ nodes: [source, other] })
  expect([...task.processors.sources.keys()].sort()).toEqual(['a', 'b'])
})

test('a flush goes through operators in their order, so that nothing is left in a later one', () => {
  const nodes: readonly Node[] = [
    source,
    { kind: 'aggregate', id: 'count', input: 'in', fold: { kind: 'count' }, store: 'count' },
    { kind: 'to-stream', id: 's1', input: 'count' },
    { kind: 'to-table', id: 'table', input: 's1', store: 'table' },
    { kind: 'to-stream', id: 's2', input: 'table' },
    sink,
  ]
  const stores = [
    storeSpec('count', { caching: true, value: long }),
    storeSpec('table', { caching: true, value: long }),
  ]
  const task = new TestTask({ nodes, stores })
  for (const topic of ['a', 'b', 'a']) task.push(topic, 'k', '1')
  task.processors.flush()
  expect(task.takeSent()).toEqual(['out: k=3 @0'])
  task.processors.close()
})

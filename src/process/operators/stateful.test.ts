import { describe, expect, test } from 'vitest'
import { materialize } from '../../data/lazy.ts'
import type { Fold, Node, KeyValueStoreSpec } from '../../topology/topology.ts'
import { json, long, storeSpec, TestFunctions, TestTask, text } from '../fixture.ts'

const source: Node = { kind: 'source', id: 'in', topics: ['in'], key: text, value: json }
const table: Node = { kind: 'table-source', id: 'tab', topic: 'tab', key: text, value: json, store: 'tab' }
const sink = (input: string, topic = 'out'): Node => ({
  kind: 'sink',
  id: `to-${topic}`,
  input,
  topic: { kind: 'topic', name: topic },
  key: text,
  value: json,
})
const toStream = (input: string): Node => ({ kind: 'to-stream', id: `${input}-stream`, input })
const plain = (value: unknown): any => materialize(value)

function folded(fold: Fold, functions: TestFunctions, shape: Partial<KeyValueStoreSpec> = {}): TestTask {
  return new TestTask({
    nodes: [
      source,
      { kind: 'aggregate', id: 'agg', input: 'in', fold, store: 'agg' },
      toStream('agg'),
      sink('agg-stream'),
    ],
    stores: [storeSpec('agg', shape)],
    functions,
  })
}

describe('count', () => {
  test('counts records per key and leaves out those without key or value', () => {
    const task = folded({ kind: 'count' }, new TestFunctions(), { value: long })
    task.push('in', 'a', '1')
    task.push('in', 'b', '1')
    task.push('in', 'a', '1')
    task.push('in', null, '1')
    task.push('in', 'a', null)
    expect(task.takeSent()).toEqual(['out: a=1 @0', 'out: b=1 @0', 'out: a=2 @0'])
    expect(task.count('weft_records_dropped_total', 'agg')).toBe(2)
  })

  test('gives each result the larger of the record and the stored time', () => {
    const task = folded({ kind: 'count' }, new TestFunctions(), { value: long })
    for (const timestampMs of [5, 3, 8]) task.push('in', 'a', '1', { timestampMs })
    expect(task.takeSent()).toEqual(['out: a=1 @5', 'out: a=2 @5', 'out: a=3 @8'])
  })

  test('emits once per key at the flush where its store is caching', () => {
    const task = folded({ kind: 'count' }, new TestFunctions(), { value: long, caching: true })
    for (const key of ['a', 'b', 'a']) task.push('in', key, '1', { timestampMs: key === 'a' ? 7 : 1 })
    expect(task.takeSent()).toEqual([])
    task.processors.flush()
    expect(task.takeSent()).toEqual(['out: b=1 @1', 'out: a=2 @7'])
    task.processors.flush()
    expect(task.takeSent()).toEqual([])
  })
})

describe('reduce', () => {
  test('keeps the first value as it is and calls the reducer from the second on', () => {
    const functions = new TestFunctions()
    const reducer = functions.add('reducer', (a, b) => (plain(b) === 0 ? null : plain(a) + plain(b)))
    const task = folded({ kind: 'reduce', reducer }, functions)
    for (const value of ['1', '2', '0', '5']) task.push('in', 'a', value)
    expect(task.takeSent()).toEqual(['out: a=1 @0', 'out: a=3 @0', 'out: a=null @0', 'out: a=5 @0'])
    expect(task.store('agg').get('a')).toBeDefined()
  })

  test('does not let the reducer change what the store holds', () => {
    const functions = new TestFunctions()
    let given: any
    const reducer = functions.add('reducer', (a, b) => {
      given = plain(a)
      given.list.push('changed')
      return { list: [plain(b).list[0]] }
    })
    const mapper = functions.add('valueTransformer', (_key, value) => plain(value))
    const task = new TestTask({
      nodes: [
        source,
        { kind: 'transform', id: 'parse', input: 'in', result: 'value', mapper, table: false },
        { kind: 'aggregate', id: 'agg', input: 'parse', fold: { kind: 'reduce', reducer }, store: 'agg' },
      ],
      stores: [storeSpec('agg')],
      functions,
    })
    task.push('in', 'a', '{"list":[1]}')
    const first = plain(task.store('agg').get('a'))
    task.push('in', 'a', '{"list":[2]}')
    expect(given).toEqual({ list: [1, 'changed'] })
    expect(first).toEqual({ list: [1] })
  })
})

describe('aggregate', () => {
  const aggregating = () => {
    const functions = new TestFunctions()
    const initializer = functions.add('initializer', () => ({ n: 0 }))
    const aggregator = functions.add('aggregator', (key, value, aggregate: any) => {
      if (plain(value) === 'stop') return null
      aggregate.n += plain(value)
      aggregate.key = key
      return aggregate
    })
    return folded({ kind: 'aggregate', initializer, aggregator }, functions)
  }

  test('starts from the initializer and passes key, value and aggregate', () => {
    const task = aggregating()
    for (const value of ['1', '2']) task.push('in', 'a', value)
    expect(task.takeSent()).toEqual(['out: a={"n":1,"key":"a"} @0', 'out: a={"n":3,"key":"a"} @0'])
  })

  test('deletes the entry, says so downstream, and starts anew after a null', () => {
    const task = aggregating()
    for (const value of ['1', '"stop"']) task.push('in', 'a', value)
    expect(task.store('agg').get('a')).toBeUndefined()
    task.push('in', 'a', '5')
    expect(task.takeSent().slice(1)).toEqual(['out: a=null @0', 'out: a={"n":5,"key":"a"} @0'])
  })

  test('keeps its aggregate from readers that change their values', () => {
    const functions = new TestFunctions()
    const initializer = functions.add('initializer', () => ({ n: 0 }))
    const aggregator = functions.add('aggregator', (_key, _value, aggregate: any) => ({ n: aggregate.n + 1 }))
    const spoil = functions.add('forEach', (_key, value: any) => {
      value.n = 1000
    })
    const task = new TestTask({
      nodes: [
        source,
        {
          kind: 'aggregate',
          id: 'agg',
          input: 'in',
          fold: { kind: 'aggregate', initializer, aggregator },
          store: 'agg',
        },
        toStream('agg'),
        { kind: 'peek', id: 'spoil', input: 'agg-stream', action: spoil },
      ],
      stores: [storeSpec('agg')],
      functions,
    })
    for (let push = 0; push < 3; push++) task.push('in', 'a', '1')
    expect(task.store('agg').get('a')).toEqual({ n: 3 })
  })
})

describe('a table', () => {
  test('keeps the newest value per key, older in time or not, and deletes on a tombstone', () => {
    const task = new TestTask({
      nodes: [table, toStream('tab'), sink('tab-stream')],
      stores: [storeSpec('tab')],
    })
    task.push('tab', 'a', '1', { timestampMs: 9 })
    task.push('tab', 'a', '2', { timestampMs: 4 })
    expect(plain(task.store('tab').get('a'))).toBe(2)
    expect(task.store('tab').timestampMs('a')).toBe(4)
    task.push('tab', 'a', null, { timestampMs: 5 })
    task.push('tab', null, '7')
    expect(task.store('tab').get('a')).toBeUndefined()
    expect(task.takeSent()).toEqual(['out: a=1 @9', 'out: a=2 @4', 'out: a=null @5'])
    expect(task.count('weft_records_dropped_total', 'tab')).toBe(1)
  })

  test('is made of a stream, whose other readers cannot change it', () => {
    const functions = new TestFunctions()
    const mapper = functions.add('valueTransformer', (_key, value) => plain(value))
    const spoil = functions.add('forEach', (_key, value: any) => {
      value.n = 1000
    })
    const task = new TestTask({
      nodes: [
        source,
        { kind: 'transform', id: 'parse', input: 'in', result: 'value', mapper, table: false },
        { kind: 'to-table', id: 'made', input: 'parse', store: 'made' },
        { kind: 'peek', id: 'spoil', input: 'parse', action: spoil },
      ],
      stores: [storeSpec('made')],
      functions,
    })
    task.push('in', 'a', '{"n":1}')
    expect(task.store('made').get('a')).toEqual({ n: 1 })
  })

  test('gives its stream another key', () => {
    const functions = new TestFunctions()
    const mapper = functions.add('keyValueMapper', (key, value) => `${String(key)}${plain(value)}`)
    const task = new TestTask({
      nodes: [table, { kind: 'to-stream', id: 's', input: 'tab', mapper }, sink('s')],
      stores: [storeSpec('tab')],
      functions,
    })
    task.push('tab', 'a', '1')
    expect(task.takeSent()).toEqual(['out: a1=1 @0'])
  })
})

describe('a filter of a table', () => {
  const filtered = (store: string | undefined) => {
    const functions = new TestFunctions()
    const predicate = functions.add('predicate', (_key, value) => plain(value) > 1)
    const node = { kind: 'filter', id: 'f', input: 'tab', predicate, negate: false, table: true } as const
    return new TestTask({
      nodes: [table, store === undefined ? node : { ...node, store }, toStream('f'), sink('f-stream')],
      stores: [storeSpec('tab'), storeSpec('kept')],
      functions,
    })
  }

  test('turns rejected rows that were there into tombstones, and passes tombstones by its predicate', () => {
    const task = filtered(undefined)
    for (const value of ['1', '2', '1', null]) task.push('tab', 'a', value)
    expect(task.takeSent()).toEqual(['out: a=2 @0', 'out: a=null @0'])
  })

  test('with a store says nothing of keys that were not there', () => {
    const task = filtered('kept')
    for (const value of ['1', '2', '3', '1', '1', null]) task.push('tab', 'a', value)
    expect(task.takeSent()).toEqual(['out: a=2 @0', 'out: a=3 @0', 'out: a=null @0'])
    expect(task.store('kept').get('a')).toBeUndefined()
  })
})

test('a transform of a table maps tombstones too and keeps results in its store', () => {
  const functions = new TestFunctions()
  const mapper = functions.add('valueTransformer', (_key, value) => (value === null ? null : [plain(value)]))
  const task = new TestTask({
    nodes: [
      table,
      { kind: 'transform', id: 'm', input: 'tab', result: 'value', mapper, table: true, store: 'kept' },
      toStream('m'),
      sink('m-stream'),
    ],
    stores: [storeSpec('tab'), storeSpec('kept')],
    functions,
  })
  task.push('tab', 'a', '1')
  expect(task.store('kept').get('a')).toEqual([1])
  task.push('tab', 'a', null)
  expect(task.takeSent()).toEqual(['out: a=[1] @0', 'out: a=null @0'])
})

describe('a join of a stream with a table', () => {
  const joined = (type: 'inner' | 'left') => {
    const functions = new TestFunctions()
    const joiner = functions.add('valueJoiner', (key, left, right) => [key, plain(left), plain(right)])
    return new TestTask({
      nodes: [
        table,
        source,
        { kind: 'stream-table-join', id: 'j', input: 'in', table: 'tab', type, joiner },
        sink('j'),
      ],
      stores: [storeSpec('tab')],
      functions,
    })
  }

  test('inner: joins with what the table holds, at the time of the stream', () => {
    const task = joined('inner')
    task.push('in', 'a', '1', { timestampMs: 1 })
    task.push('tab', 'a', '"x"', { timestampMs: 50 })
    task.push('in', 'a', '2', { timestampMs: 2 })
    task.push('in', null, '3')
    task.push('in', 'a', null)
    expect(task.takeSent()).toEqual(['out: a=["a",2,"x"] @2'])
    expect(task.count('weft_records_dropped_total', 'j')).toBe(2)
  })

  test('left: joins with null where the table has nothing, or the stream has no key', () => {
    const task = joined('left')
    task.push('in', 'a', '1')
    task.push('in', null, '2')
    task.push('in', 'a', null)
    expect(task.takeSent()).toEqual(['out: a=["a",1,null] @0', 'out: null=[null,2,null] @0'])
    expect(task.count('weft_records_dropped_total', 'j')).toBe(1)
  })
})

describe('a join of a stream with a global table', () => {
  const joined = (type: 'inner' | 'left') => {
    const functions = new TestFunctions()
    const mapper = functions.add('keyValueMapper', (_key, value) => plain(value).ref ?? null)
    const joiner = functions.add('valueJoiner', (key, left, right) => [key, plain(left).n, plain(right)])
    return new TestTask({
      nodes: [
        { kind: 'global-table', id: 'g', topic: 'g', key: text, value: json, store: 'g' },
        source,
        { kind: 'global-join', id: 'j', input: 'in', table: 'g', type, mapper, joiner },
        sink('j'),
      ],
      stores: [storeSpec('g')],
      functions,
    })
  }

  test('inner: looks up the key that the mapper finds', () => {
    const task = joined('inner')
    task.load('g', 'x', '"found"')
    for (const value of ['{"n":1,"ref":"x"}', '{"n":2,"ref":"y"}', '{"n":3}', null])
      task.push('in', 'a', value)
    expect(task.takeSent()).toEqual(['out: a=["a",1,"found"] @0'])
    expect(task.count('weft_records_dropped_total', 'j')).toBe(2)
  })

  test('left: keeps records without a match, and those without a key to look up', () => {
    const task = joined('left')
    task.load('g', 'x', '"found"')
    for (const value of ['{"n":2,"ref":"y"}', '{"n":3}', null]) task.push('in', 'a', value)
    task.push('in', null, '{"n":4}')
    expect(task.takeSent()).toEqual([
      'out: a=["a",2,null] @0',
      'out: a=["a",3,null] @0',
      'out: null=[null,4,null] @0',
    ])
    expect(task.count('weft_records_dropped_total', 'j')).toBe(1)
  })
})

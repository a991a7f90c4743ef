import { describe, expect, test } from 'vitest'
import type { Node, StoreSpec } from '../../topology/topology.ts'
import { storeSpec, TestFunctions, TestTask, text } from '../fixture.ts'

const bytes = { notation: 'binary', type: { kind: 'bytes' } } as const
const versions: StoreSpec = {
  name: 'tab',
  kind: 'versioned',
  key: text,
  value: text,
  persistent: false,
  caching: false,
  logging: 'none',
  historyRetentionMs: 100,
}
const table: Node = {
  kind: 'table-source',
  id: 'tab',
  topic: 'tab',
  key: text,
  value: text,
  store: 'tab',
  versioned: true,
}
const sink = (input: string): Node => ({
  kind: 'sink',
  id: 'out',
  input,
  topic: { kind: 'topic', name: 'out' },
  key: text,
  value: text,
})

describe('a join of a stream with a versioned table', () => {
  const joined = (graceMs?: number): TestTask => {
    const functions = new TestFunctions()
    const mapper = functions.add('valueTransformer', (_: string, value: string | null) =>
      value === null ? null : `<${value}>`,
    )
    const joiner = functions.add(
      'valueJoiner',
      (_: string, left: string, right: string) => `${left}+${right}`,
    )
    return new TestTask({
      functions,
      stores: [versions, storeSpec('waiting', { key: bytes, value: bytes, timestamped: false })],
      nodes: [
        table,
        { kind: 'transform', id: 'mapped', input: 'tab', result: 'value', mapper, table: true },
        { kind: 'source', id: 'in', topics: ['in'], key: text, value: text },
        {
          kind: 'stream-table-join',
          id: 'j',
          input: 'in',
          table: 'mapped',
          type: 'left',
          joiner,
          ...(graceMs === undefined
            ? {}
            : { grace: { ms: graceMs, store: 'waiting', key: text, value: text } }),
        },
        sink('j'),
      ],
    })
  }

  test('finds the row as it was at the time of the record, through what is computed from it', () => {
    const task = joined()
    task.push('tab', 'k', 'A', { timestampMs: 10 })
    task.push('tab', 'k', 'B', { timestampMs: 20 })
    task.push('tab', 'k', null, { timestampMs: 30 })
    for (const timestampMs of [9, 10, 19, 20, 30]) task.push('in', 'k', 'x', { timestampMs })
    expect(task.takeSent()).toEqual([
      'out: k=x+null @9',
      'out: k=x+<A> @10',
      'out: k=x+<A> @19',
      'out: k=x+<B> @20',
      'out: k=x+null @30',
    ])
  })

  test('with grace a record waits for rows that come late', () => {
    const task = joined(5)
    const headers = [
      { key: 'h', value: Buffer.from([0, 255]) },
      { key: 'none', value: null },
    ]
    task.push('in', 'k', 'x', { timestampMs: 10, headers })
    task.push('in', 'k', 'y', { timestampMs: 14 })
    expect(task.takeSent()).toEqual([])
    task.push('tab', 'k', 'A', { timestampMs: 9 })
    task.push('in', 'l', 'z', { timestampMs: 15 })
    expect(task.sent.map((sent) => sent.headers)).toEqual([headers])
    expect(task.takeSent()).toEqual(['out: k=x+<A> @10'])
    task.push('in', 'k', 'late', { timestampMs: 9 })
    expect(task.takeSent()).toEqual(['out: k=late+<A> @9'])
    task.push('in', 'k', 'end', { timestampMs: 100 })
    expect(task.takeSent()).toEqual(['out: k=y+<A> @14', 'out: l=z+null @15'])
    expect([...task.store('waiting').all()]).toHaveLength(1)
  })

  test('those that wait go on by time, then key, then as they came', () => {
    const task = joined(10)
    task.push('in', 'b', '1', { timestampMs: 20 })
    task.push('in', 'b', '2', { timestampMs: 20 })
    task.push('in', 'a', '3', { timestampMs: 20 })
    task.push('in', 'c', '4', { timestampMs: 12 })
    task.push('in', 'z', 'end', { timestampMs: 40 })
    expect(task.takeSent()).toEqual([
      'out: c=4+null @12',
      'out: a=3+null @20',
      'out: b=1+null @20',
      'out: b=2+null @20',
    ])
  })

  test('what has nothing to wait for does not wait', () => {
    const task = joined(50)
    task.push('in', null, 'x', { timestampMs: 10 })
    task.push('in', 'k', null, { timestampMs: 1000 })
    task.push('in', 'k', 'y', { timestampMs: 10 })
    expect(task.takeSent()).toEqual(['out: null=x+null @10'])
    expect(task.count('weft_records_dropped_total', 'j')).toBe(1)
  })
})

test('a version that comes late is told to streams, and not to joins of tables', () => {
  const functions = new TestFunctions()
  const joiner = functions.add('valueJoiner', (_: null, left: string, right: string) => `${left}+${right}`)
  const other: Node = {
    ...table,
    id: 'r',
    topic: 'r',
    store: 'r',
    versioned: false,
  }
  const task = new TestTask({
    functions,
    stores: [versions, storeSpec('r', { value: text })],
    nodes: [
      table,
      other,
      { kind: 'to-stream', id: 'all', input: 'tab' },
      { ...sink('all'), id: 'told' },
      { kind: 'table-join', id: 'j', left: 'tab', right: 'r', type: 'left', joiner },
      { kind: 'to-stream', id: 'joined', input: 'j' },
      { ...sink('joined'), topic: { kind: 'topic', name: 'joined' } } as Node,
    ],
  })
  task.push('tab', 'k', 'B', { timestampMs: 200 })
  task.push('tab', 'k', 'A', { timestampMs: 150 })
  task.push('tab', 'k', 'gone', { timestampMs: 50 })
  expect(task.takeSent()).toEqual(['out: k=B @200', 'joined: k=B+null @200', 'out: k=A @150'])
  expect(task.count('weft_records_dropped_total', 'tab')).toBe(1)
  expect(task.count('weft_records_dropped_total', 'j')).toBe(1)
})

test('a version that comes late is left out of groups, and of both sides of joins on a foreign key', () => {
  const functions = new TestFunctions()
  const mapper = functions.add('keyValueMapper', (_key: string, value: string) => ['all', value])
  const extractor = functions.add('foreignKeyExtractor', () => 'k')
  const internal = { key: text, value: text } as const
  const task = new TestTask({
    functions,
    stores: [versions, storeSpec('counts'), storeSpec('kept', { key: bytes, value: bytes })],
    nodes: [
      table,
      { kind: 'table-group', id: 'group', input: 'tab', mapper, key: text },
      { kind: 'table-aggregate', id: 'count', input: 'group', fold: { kind: 'count' }, store: 'counts' },
      {
        kind: 'foreign-key-subscribe',
        id: 'ask',
        input: 'tab',
        type: 'inner',
        extractor,
        foreignKey: text,
        value: text,
      },
      {
        kind: 'repartition',
        id: 'asked',
        topic: 'asked',
        input: 'ask',
        ...internal,
        carries: 'subscriptions',
      },
      {
        kind: 'foreign-key-answer',
        id: 'answer',
        input: 'asked',
        table: 'tab',
        store: 'kept',
        foreignKey: text,
        key: text,
      },
      {
        kind: 'repartition',
        id: 'answers',
        topic: 'answers',
        input: 'answer',
        ...internal,
        carries: 'answers',
      },
    ],
  })
  task.push('tab', 'k', 'B', { timestampMs: 200 })
  task.push('tab', 'k', 'A', { timestampMs: 150 })
  expect(task.takeSent()).toHaveLength(1)
  const late = ['group', 'ask', 'answer'].map((node) => task.count('weft_records_dropped_total', node))
  expect(late).toEqual([1, 1, 1])
})

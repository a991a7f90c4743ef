import { describe, expect, test } from 'vitest'
import type { DataType } from '../../data/types.ts'
import type { Expr } from '../../expr/expr.ts'
import type { JoinedTable, TtlJoinNode } from '../../topology/ttl-join-nodes.ts'
import type { Node, StoreSpec } from '../../topology/topology.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { writeCombination, type Combination, type Member } from './combination.ts'
import { json, storeSpec, TestTask, text } from '../fixture.ts'

const bytes = { notation: 'binary', type: { kind: 'bytes' } } as const
const string: DataType = { kind: 'string' }
const number: DataType = { kind: 'long' }
const columns = [
  { name: 'k', type: number },
  { name: 'v', type: string },
]
const value = { notation: 'json', type: { kind: 'struct' } } as const

function column(scope: number, index: number): Expr {
  const { name, type } = columns[index] ?? { name: '', type: string }
  return { kind: 'column', scope, index, name, type }
}

function sessionStore(name: string): StoreSpec {
  return { ...storeSpec(name, { value: bytes }), kind: 'session', retentionMs: 10 }
}

function windowStore(name: string): StoreSpec {
  return {
    ...storeSpec(name, { value: bytes, timestamped: false }),
    kind: 'window',
    timestamped: false,
    windowSizeMs: 1,
    retentionMs: 10,
    retainDuplicates: false,
  }
}

/** Two topics, `left` and `right`, joined by `k` without internal topics. */
function joining(
  role: JoinedTable['role'],
  shape: Partial<TtlJoinNode> = {},
  rightKey = [column(1, 0)],
): TestTask {
  const tables: readonly JoinedTable[] = [
    { role: 'event', timeToLiveMs: 10, value, columns },
    role === 'event' ? { role, timeToLiveMs: 5, value, columns } : { role, value, columns },
  ]
  const emission = shape.emission ?? 'immediate'
  const nodes: readonly Node[] = [
    { kind: 'source', id: 'left', topics: ['left'], key: text, value, columns },
    { kind: 'source', id: 'right', topics: ['right'], key: text, value, columns },
    {
      kind: 'combination',
      id: 'drivers',
      input: 'left',
      tables,
      scope: 0,
      joinKey: [column(0, 0)],
      lookups: [],
    },
    { kind: 'combination', id: 'partners', input: 'right', tables, scope: 1, joinKey: rightKey, lookups: [] },
    {
      kind: 'ttl-join',
      id: 'join',
      left: 'drivers',
      right: 'partners',
      tables,
      scope: 1,
      type: 'left',
      emission,
      nextKey: [],
      leftStores: { expiring: 'waiting' },
      rightStore: 'partners',
      ...shape,
    },
    {
      kind: 'release',
      id: 'release',
      input: 'join',
      tables,
      emission,
      lookups: [],
      stores: { expiring: 'released' },
    },
    {
      kind: 'select',
      id: 'select',
      input: 'release',
      layout: {
        columns: [0, 1].map((scope) => ({
          name: `v${scope}`,
          type: string,
          from: 'row',
          scope,
          index: 1,
          sourceName: 'v',
        })),
      },
      cells: [],
    },
    {
      kind: 'sink',
      id: 'sink',
      input: 'select',
      topic: { kind: 'topic', name: 'out' },
      key: text,
      value: json,
    },
  ]
  const right =
    role === 'event' ? sessionStore('partners') : storeSpec('partners', { value: bytes, timestamped: false })
  return new TestTask({ nodes, stores: [sessionStore('waiting'), right, windowStore('released')] })
}

function row(k: number | null, v: string): string {
  return JSON.stringify({ k, v })
}

describe.each(['event', 'dimension'] as const)('a join that waits for %ss', (role) => {
  test('takes a record that is read again as the same one', () => {
    const task = joining(role)
    task.push('left', null, row(1, 'E'), { offset: 0 })
    task.push('right', null, row(1, 'X'), { offset: 0 })
    expect(task.takeSent()).toHaveLength(2)
    task.push('left', null, row(1, 'E'), { offset: 0 })
    task.push('right', null, row(1, 'X'), { offset: 0 })
    expect(task.takeSent()).toEqual([])
  })

  test('leaves out a partner without key, and counts it', () => {
    const task = joining(role)
    task.push('right', null, row(null, 'X'))
    task.push('left', null, row(null, 'E'))
    expect(task.takeSent()).toEqual(['out: null={"v0":"E","v1":null} @0'])
    expect(task.count('weft_records_dropped_total', 'partners')).toBe(1)
  })

  test('leaves out tombstones that remove nothing, and counts them', () => {
    const task = joining(role)
    task.push('left', '1', null)
    task.push('right', null, null)
    expect(task.takeSent()).toEqual([])
    expect(task.count('weft_records_dropped_total', 'drivers')).toBe(1)
    expect(task.count('weft_records_dropped_total', 'partners')).toBe(1)
  })

  test('names itself where the rest of its condition fails', () => {
    const square: Expr = { kind: 'call', function: '*', args: [column(1, 0), column(1, 0)], type: number }
    const residual: Expr = {
      kind: 'call',
      function: '>',
      args: [square, column(0, 0)],
      type: { kind: 'boolean' },
    }
    const task = joining(role, { residual })
    task.push('left', null, '{"k":9007199254740991000,"v":"E"}')
    expect(() => task.push('right', null, '{"k":9007199254740991000,"v":"X"}')).toThrow(
      expect.objectContaining({ detail: expect.stringContaining('join "join"') }),
    )
  })

  test('joins whole numbers beyond 2^53 exactly', () => {
    const task = joining(role, { type: 'inner' })
    task.push('right', null, '{"k":9007199254740993,"v":"X"}')
    task.push('left', null, '{"k":9007199254740992,"v":"E1"}')
    task.push('left', null, '{"k":9007199254740993,"v":"E2"}')
    expect(task.takeSent()).toEqual(['out: null={"v0":"E2","v1":"X"} @0'])
  })
})

test('an event that comes when its time is over is left out and counted', () => {
  const task = joining('event')
  task.push('left', null, row(1, 'E'), { timestampMs: 20 })
  task.push('right', null, row(1, 'X'), { timestampMs: 15 })
  expect(task.takeSent()).toEqual(['out: null={"v0":"E","v1":null} @20'])
  expect(task.count('weft_records_dropped_total', 'join')).toBe(1)
  task.push('right', null, row(1, 'Y'), { timestampMs: 16 })
  expect(task.takeSent()).toEqual(['out: null={"v0":"E","v1":"Y"} @20'])
})

test('a driver that comes when its time is over goes on as it is, and is not kept', () => {
  const task = joining('dimension')
  task.push('right', null, row(1, 'D'), { timestampMs: 20 })
  task.push('left', null, row(2, 'E'), { timestampMs: 10 })
  task.push('right', null, row(2, 'D'), { timestampMs: 10 })
  expect(task.takeSent()).toEqual(['out: null={"v0":"E","v1":null} @10'])
})

test('a tombstone whose key cannot be told is left out and counted', () => {
  const task = joining('dimension', {}, [column(1, 0), column(1, 1)])
  task.push('right', '1', null)
  expect(task.count('weft_records_dropped_total', 'partners')).toBe(1)
})

test('under smart a tombstone takes the row from what waits', () => {
  const task = joining('dimension', { emission: 'smart' })
  task.push('right', '1', row(1, 'D'))
  task.push('right', '1', null)
  task.push('left', null, row(1, 'E'))
  expect(task.takeSent()).toEqual(['out: null={"v0":"E","v1":null} @0'])
})

describe('a join behind a join', () => {
  const tables: readonly JoinedTable[] = [
    { role: 'event', timeToLiveMs: 100, value, columns },
    { role: 'dimension', value, columns },
    { role: 'dimension', value, columns },
  ]
  const member = (offset: number): Member => ({
    partition: 0,
    offset,
    timestampMs: 5,
    value: Buffer.from('{}'),
  })
  /** The change of a combination as an internal topic has it. */
  const change = (kind: 'there' | 'gone' | 'waits', ...members: Combination): string => {
    const writer = new ByteWriter()
    writer.writeInt8(['there', 'gone', 'waits'].indexOf(kind))
    writeCombination(members, writer)
    return writer.copy().toString()
  }
  const combinations = (id: string): Node => ({ kind: 'source', id, topics: [id], key: text, value: bytes })
  const task = (): TestTask =>
    new TestTask({
      nodes: [
        combinations('left'),
        combinations('right'),
        {
          kind: 'ttl-join',
          id: 'join',
          left: 'left',
          right: 'right',
          tables,
          scope: 2,
          type: 'inner',
          emission: 'immediate',
          nextKey: [],
          leftStores: { expiring: 'waiting' },
          rightStore: 'rows',
        },
        {
          kind: 'sink',
          id: 'sink',
          input: 'join',
          topic: { kind: 'topic', name: 'out' },
          key: text,
          value: bytes,
        },
      ],
      stores: [sessionStore('waiting'), storeSpec('rows', { value: bytes, timestamped: false })],
    })
  const [driver, row1, row2, later] = [member(1), member(2), member(3), member(4)]

  test('is not told by the past that a combination is gone, which has come back by another way already', () => {
    const join = task()
    join.push('left', '1', change('there', driver, row1, undefined))
    join.push('left', '1', change('gone', driver, undefined, undefined))
    expect(join.takeSent()).toEqual([`out: @0:1=${change('waits', driver, row1, undefined)} @5`])
    join.push('right', '1', change('there', undefined, undefined, row2))
    expect(join.takeSent()).toEqual([`out: @0:1=${change('there', driver, row1, row2)} @5`])
  })

  test('passes on that a record waits, and keeps nothing of it', () => {
    const join = task()
    join.push('left', '1', change('waits', driver, undefined, undefined))
    expect(join.takeSent()).toEqual([`out: @0:1=${change('waits', driver, undefined, undefined)} @5`])
    join.push('right', '1', change('there', undefined, undefined, row2))
    expect(join.takeSent()).toEqual([])
  })

  test('gives a combination that comes back the row that it had', () => {
    const join = task()
    join.push('right', '1', change('there', undefined, undefined, row2))
    join.push('left', '1', change('there', driver, undefined, undefined))
    join.push('right', '1', change('there', undefined, undefined, later))
    join.push('left', '1', change('gone', driver, undefined, undefined))
    expect(join.takeSent()).toHaveLength(1)
    join.push('right', '1', change('gone', undefined, undefined, undefined))
    join.push('left', '1', change('there', driver, row1, undefined))
    expect(join.takeSent()).toEqual([`out: @0:1=${change('there', driver, row1, row2)} @5`])
  })
})

import { describe, expect, test } from 'vitest'
import type { Fold, Node, StoreSpec, WindowAggregateNode } from '../../topology/topology.ts'
import type { Windows } from '../../topology/windows.ts'
import { TestFunctions, TestTask, text } from '../fixture.ts'

interface Shape {
  readonly emit?: WindowAggregateNode['emit']
  readonly caching?: boolean
  readonly retentionMs?: number
}

/** Joins the values of a key and window with `+`, and writes the key with its window. */
function windowed(
  windows: Windows,
  { emit = 'update', caching = false, retentionMs = 1000 }: Shape = {},
): TestTask {
  const functions = new TestFunctions()
  const reducer = functions.add('reducer', (first: string, second: string) => `${first}+${second}`)
  const fold: Fold = { kind: 'reduce', reducer }
  const mapper = functions.add(
    'keyTransformer',
    (key: { key: string; start: number; end: number }) => `${key.key} ${key.start}-${key.end}`,
  )
  const nodes: Node[] = [
    { kind: 'source', id: 'in', topics: ['in'], key: text, value: text },
    { kind: 'window-aggregate', id: 'agg', input: 'in', windows, fold, store: 'agg', emit },
    { kind: 'to-stream', id: 'stream', input: 'agg', mapper },
    { kind: 'sink', id: 'out', input: 'stream', topic: { kind: 'topic', name: 'o' }, key: text, value: text },
  ]
  return new TestTask({ nodes, stores: [storeOf(windows, { caching, retentionMs })], functions })
}

function storeOf(windows: Windows, { caching, retentionMs }: Required<Omit<Shape, 'emit'>>): StoreSpec {
  const base = { name: 'agg', key: text, value: text, persistent: false, caching, logging: 'none' } as const
  if (windows.kind === 'session') return { ...base, kind: 'session', retentionMs }
  return {
    ...base,
    kind: 'window',
    timestamped: true,
    windowSizeMs: 10,
    retentionMs,
    retainDuplicates: false,
  }
}

function play(task: TestTask, records: readonly (readonly [timestampMs: number, value: string])[]): string[] {
  for (const [timestampMs, value] of records) task.push('in', 'a', value, { timestampMs })
  return task.takeSent().map((line) => line.slice('o: '.length))
}

const tumbling: Windows = { kind: 'hopping', sizeMs: 10, advanceMs: 10, graceMs: 5 }

describe('windows of a fixed length', () => {
  test('take records until their end and the grace have passed, and count later ones', () => {
    const task = windowed(tumbling)
    const records = [
      [3, '1'],
      [12, '2'],
      [9, '3'],
      [16, '4'],
      [8, '5'],
    ] as const
    expect(play(task, records)).toEqual(['a 0-10=1 @3', 'a 10-20=2 @12', 'a 0-10=1+3 @9', 'a 10-20=2+4 @16'])
    expect(task.count('weft_records_dropped_total', 'agg')).toBe(1)
  })

  test('overlap where they begin more often than they end, from the first that holds the record on', () => {
    const task = windowed({ kind: 'hopping', sizeMs: 10, advanceMs: 4, graceMs: 0 })
    expect(play(task, [[9, '1']])).toEqual(['a 0-10=1 @9', 'a 4-14=1 @9', 'a 8-18=1 @9'])
  })

  test('go on once when they have closed, by the record that closes them', () => {
    const task = windowed(tumbling, { emit: 'close' })
    expect(
      play(task, [
        [3, '1'],
        [7, '2'],
        [14, '3'],
      ]),
    ).toEqual([])
    expect(play(task, [[15, '4']])).toEqual(['a 0-10=1+2 @7'])
    expect(play(task, [[40, '5']])).toEqual(['a 10-20=3+4 @15'])
  })

  test('go on once a flush where their store caches', () => {
    const task = windowed(tumbling, { caching: true })
    expect(
      play(task, [
        [3, '1'],
        [12, '2'],
        [7, '3'],
      ]),
    ).toEqual([])
    task.processors.flush()
    expect(play(task, [])).toEqual(['a 10-20=2 @12', 'a 0-10=1+3 @7'])
  })

  test.each([
    [tumbling, ['a 0-10=1 @3'], ['a 0-10=1+2 @4', 'a 10-20=3 @12', 'a 70-80=4 @70']],
    [
      { kind: 'session', gapMs: 5, graceMs: 0 } as const,
      ['a 3-3=1 @3'],
      ['a 3-3=null @3', 'a 3-4=1+2 @4', 'a 12-12=3 @12', 'a 70-70=4 @70'],
    ],
  ])('go on at a flush though their store has given them up meanwhile', (windows, first, second) => {
    const task = windowed(windows, { caching: true, retentionMs: 15 })
    play(task, [[3, '1']])
    task.processors.flush()
    expect(play(task, [])).toEqual(first)
    play(task, [
      [4, '2'],
      [12, '3'],
      [70, '4'],
    ])
    task.processors.flush()
    expect(play(task, [])).toEqual(second)
  })

  test.each([
    [tumbling, 'a 0-10=1 @3'],
    [{ kind: 'sliding', differenceMs: 2, graceMs: 0 } as const, 'a 1-3=1 @3'],
    [{ kind: 'session', gapMs: 5, graceMs: 0 } as const, 'a 3-3=1 @3'],
  ])(
    'go on when they have closed though time has leapt past all that their store keeps',
    (windows, closed) => {
      const task = windowed(windows, { emit: 'close', retentionMs: 15 })
      const records = [
        [3, '1'],
        [70, '2'],
      ] as const
      expect(play(task, records)).toEqual([closed])
    },
  )

  test('leave out records without a key', () => {
    const task = windowed(tumbling)
    task.push('in', null, '1')
    expect([task.takeSent(), task.count('weft_records_dropped_total', 'agg')]).toEqual([[], 1])
  })
})

// What the record that closes windows writes moves the time of their store, which then lets them go.
test.each([
  [tumbling, 15, ['a 0-10=1+2 @7', 'a 10-20=3 @14']],
  [
    { kind: 'sliding', differenceMs: 5, graceMs: 5 } as const,
    15,
    ['a 0-5=1 @3', 'a 2-7=1+2 @7', 'a 4-9=2 @7', 'a 9-14=3 @14'],
  ],
  [{ kind: 'session', gapMs: 5, graceMs: 5 } as const, 10, ['a 3-7=1+2 @7', 'a 14-14=3 @14']],
])(
  'windows that close go on though their store keeps none of them longer: %j',
  (windows, retentionMs, told) => {
    const task = windowed(windows, { emit: 'close', retentionMs })
    const records = [
      [3, '1'],
      [7, '2'],
      [14, '3'],
      [400, '4'],
    ] as const
    expect(play(task, records)).toEqual(told)
  },
)

describe('sliding windows', () => {
  test('end with each record, and begin just after the one before', () => {
    const task = windowed({ kind: 'sliding', differenceMs: 10, graceMs: 50 })
    const records = [
      [20, '1'],
      [25, '2'],
      [22, '3'],
    ] as const
    expect(play(task, records)).toEqual([
      'a 10-20=1 @20',
      'a 21-31=2 @25',
      'a 15-25=1+2 @25',
      'a 21-31=2+3 @25',
      'a 15-25=1+2+3 @25',
      'a 12-22=1+3 @22',
      'a 23-33=2 @25',
    ])
  })
})

describe('sessions', () => {
  const sessions: Windows = { kind: 'session', gapMs: 5, graceMs: 10 }

  test('merge where a record touches them, with tombstones for what they were', () => {
    expect(
      play(windowed(sessions), [
        [0, '1'],
        [8, '2'],
        [4, '3'],
      ]),
    ).toEqual(['a 0-0=1 @0', 'a 8-8=2 @8', 'a 0-0=null @0', 'a 8-8=null @8', 'a 0-8=1+2+3 @8'])
  })

  test('take nothing after gap and grace', () => {
    const task = windowed(sessions)
    expect(
      play(task, [
        [0, '1'],
        [20, '2'],
        [4, '3'],
      ]),
    ).toEqual(['a 0-0=1 @0', 'a 20-20=2 @20'])
  })

  test('go on once when they have closed', () => {
    const task = windowed(sessions, { emit: 'close' })
    expect(
      play(task, [
        [0, '1'],
        [3, '2'],
        [18, '3'],
        [19, '4'],
      ]),
    ).toEqual(['a 0-3=1+2 @3'])
  })
})

import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import { materialize } from '../../data/lazy.ts'
import { serdeFor } from '../../serde/plain-serde.ts'
import type { Node, TableFold, TableJoinNode } from '../../topology/topology.ts'
import { json, long, storeSpec, TestFunctions, TestTask, text } from '../fixture.ts'
import { Change } from '../processor.ts'
import type { Serde } from '../../serde/serde.ts'
import { changeSerde } from './change-serde.ts'

const table = (id: string): Node => ({
  kind: 'table-source',
  id,
  topic: id,
  key: text,
  value: text,
  store: id,
})
const written = (input: string, value = text): Node[] => [
  { kind: 'to-stream', id: 'stream', input },
  { kind: 'sink', id: 'out', input: 'stream', topic: { kind: 'topic', name: 'out' }, key: text, value },
]

describe('a join of two tables', () => {
  const joined = (
    type: TableJoinNode['type'],
    { caching = false, ...shape }: { store?: string; caching?: boolean } = {},
  ): TestTask => {
    const functions = new TestFunctions()
    const joiner = functions.add(
      'valueJoiner',
      (_key: string, left: string, right: string) => `${left}+${right}`,
    )
    return new TestTask({
      nodes: [
        table('l'),
        table('r'),
        { kind: 'table-join', id: 'j', left: 'l', right: 'r', type, joiner, ...shape },
        ...written('j'),
      ],
      stores: [
        storeSpec('l', { value: text }),
        storeSpec('r', { value: text }),
        storeSpec('kept', { value: text, caching }),
      ],
      functions,
    })
  }
  const play = (task: TestTask): string[] => {
    task.push('l', 'a', 'L1', { timestampMs: 5 })
    task.push('r', 'a', 'R1', { timestampMs: 3 })
    task.push('l', 'a', null, { timestampMs: 7 })
    task.push('r', 'a', null, { timestampMs: 8 })
    return task.takeSent()
  }

  test('inner: says something where both sides are there, at the later time of the two', () => {
    expect(play(joined('inner'))).toEqual(['out: a=L1+R1 @5', 'out: a=null @7'])
  })

  test('left: joins a left row alone with null, and says nothing of a right row alone', () => {
    expect(play(joined('left'))).toEqual(['out: a=L1+null @5', 'out: a=L1+R1 @5', 'out: a=null @7'])
  })

  test('outer: joins either side alone with null', () => {
    expect(play(joined('outer'))).toEqual([
      'out: a=L1+null @5',
      'out: a=L1+R1 @5',
      'out: a=null+R1 @7',
      'out: a=null @8',
    ])
  })

  test('keeps its result in its store', () => {
    const task = joined('inner', { store: 'kept' })
    task.push('l', 'a', 'L1', { timestampMs: 5 })
    task.push('r', 'a', 'R1', { timestampMs: 9 })
    expect([task.store('kept').get('a'), task.store('kept').timestampMs('a')]).toEqual(['L1+R1', 9])
  })

  test('tells of a tombstone with the later time of the two, out of its cache as well', () => {
    const task = joined('inner', { store: 'kept', caching: true })
    task.push('l', 'a', 'L1', { timestampMs: 5 })
    task.push('r', 'a', 'R1', { timestampMs: 9 })
    task.processors.flush()
    task.push('l', 'a', null, { timestampMs: 7 })
    task.processors.flush()
    expect(task.takeSent()).toEqual(['out: a=L1+R1 @9', 'out: a=null @9'])
  })

  test('looks through filters and mappings without a store to the rows behind them', () => {
    const functions = new TestFunctions()
    const joiner = functions.add(
      'valueJoiner',
      (_key: string, left: string, right: string) => `${left}+${right}`,
    )
    const predicate = functions.add('predicate', (_key, value) => value !== 'no')
    const mapper = functions.add('valueTransformer', (_key: string, value: string | null) =>
      value === null ? null : `${value}!`,
    )
    const task = new TestTask({
      nodes: [
        table('l'),
        table('r'),
        { kind: 'filter', id: 'f', input: 'r', predicate, negate: false, table: true },
        { kind: 'transform', id: 'm', input: 'f', result: 'value', mapper, table: true },
        { kind: 'table-join', id: 'j', left: 'l', right: 'm', type: 'left', joiner },
        ...written('j'),
      ],
      stores: [storeSpec('l', { value: text }), storeSpec('r', { value: text })],
      functions,
    })
    task.push('r', 'a', 'yes')
    task.push('l', 'a', 'L')
    task.push('r', 'a', 'no')
    expect(task.takeSent()).toEqual(['out: a=L+yes! @0', 'out: a=L+null @0'])
  })
})

describe('a grouped table', () => {
  const grouped = (fold: TableFold, functions: TestFunctions, value = text): TestTask => {
    const mapper = functions.add('keyValueMapper', (_key: string, value: string) => [value[0] ?? null, value])
    return new TestTask({
      nodes: [
        table('t'),
        { kind: 'table-group', id: 'g', input: 't', mapper, key: text },
        { kind: 'table-aggregate', id: 'agg', input: 'g', fold, store: 'agg' },
        ...written('agg', value),
      ],
      stores: [storeSpec('t', { value: text }), storeSpec('agg', { value })],
      functions,
    })
  }
  const rows: readonly (readonly [string, string | null])[] = [
    ['1', 'ax'],
    ['2', 'ay'],
    ['1', 'bx'],
    ['2', 'az'],
    ['2', null],
  ]

  test('counts the rows of each group, those that leave it taken off', () => {
    const task = grouped({ kind: 'count' }, new TestFunctions(), long)
    for (const [key, value] of rows) task.push('t', key, value)
    const counts = task.sent.map(({ key, value }) => [key, value?.charCodeAt(7)])
    expect(counts).toEqual([
      ['a', 1],
      ['a', 2],
      ['a', 1],
      ['b', 1],
      ['a', 1],
      ['a', 0],
    ])
  })

  test('subtracts what a row was before it adds what it is', () => {
    const functions = new TestFunctions()
    const initializer = functions.add('initializer', () => '')
    const adder = functions.add(
      'aggregator',
      (_key: string, value: string, aggregate: string) => `${aggregate}+${value}`,
    )
    const subtractor = functions.add(
      'aggregator',
      (_key: string, value: string, aggregate: string) => `${aggregate}-${value}`,
    )
    const task = grouped({ kind: 'aggregate', initializer, adder, subtractor }, functions)
    for (const [key, value] of rows) task.push('t', key, value)
    expect(task.takeSent().map((line) => line.replace('out: ', '').replace(' @0', ''))).toEqual([
      'a=+ax',
      'a=+ax+ay',
      'a=+ax+ay-ax',
      'b=+bx',
      'a=+ax+ay-ax-ay+az',
      'a=+ax+ay-ax-ay+az-az',
    ])
  })

  test('reduces: the first value stands as it is, and nothing is subtracted from nothing', () => {
    const functions = new TestFunctions()
    const adder = functions.add('reducer', (sum: string, value: string) => `${sum}+${value}`)
    const subtractor = functions.add('reducer', () => null)
    const task = grouped({ kind: 'reduce', adder, subtractor }, functions)
    for (const [key, value] of rows) task.push('t', key, value)
    expect(task.takeSent()).toEqual([
      'out: a=ax @0',
      'out: a=ax+ay @0',
      'out: a=null @0',
      'out: b=bx @0',
      'out: a=az @0',
      'out: a=null @0',
    ])
  })
})

describe('changeSerde', () => {
  test('names the schema that either of its values needs', () => {
    const asked: string[] = []
    const values: Serde = {
      ...serdeFor(text),
      missing: (buffer, start, end) => {
        const id = buffer.latin1Slice(start, end)
        asked.push(id)
        return id === 'new' ? { kind: 'id', id } : undefined
      },
    }
    const missing = (body: string): unknown => {
      const bytes = Buffer.from(`#${body}#`, 'latin1')
      return changeSerde(values).missing?.(bytes, 1, bytes.length - 1, undefined)
    }
    const found = { kind: 'id', id: 'new' }
    expect(missing('new\u0001')).toEqual(found)
    expect(missing('\u0006newold\u0002')).toEqual(found)
    expect(missing('old\u0000')).toBeUndefined()
    expect(asked).toEqual(['new', 'old', 'new', 'old'])
    expect(changeSerde(serdeFor(text))).not.toHaveProperty('missing')
  })

  const serde = changeSerde(serdeFor(text))
  const bytesOf = (change: Change): Buffer => {
    const writer = new ByteWriter()
    writer.writeInt8(35)
    serde.encode(change, writer, undefined)
    return writer.copy().subarray(1)
  }

  test('writes what Kafka Streams writes', () => {
    expect(bytesOf(new Change('old', null)).toString('latin1')).toBe('old\u0000')
    expect(bytesOf(new Change(null, 'new')).toString('latin1')).toBe('new\u0001')
    expect(bytesOf(new Change('old', 'new')).toString('latin1')).toBe('\u0006newold\u0002')
  })

  test.each([
    ['old', null],
    [null, 'new'],
    ['old', 'new'],
    ['o'.repeat(200), 'n'.repeat(20_000)],
    ['', 'x'],
  ])('reads back what it wrote', (oldValue, newValue) => {
    const bytes = Buffer.concat([Buffer.from('#'), bytesOf(new Change(oldValue, newValue)), Buffer.from('#')])
    const change = serde.decode(bytes, 1, bytes.length - 1, undefined) as Change
    expect([materialize(change.oldValue), materialize(change.newValue)]).toEqual([oldValue, newValue])
  })

  test('reads the forms that say which version is the latest', () => {
    const bytes = Buffer.from('\u0006newold\u0001\u0005', 'latin1')
    expect(serde.decode(bytes, 0, bytes.length, undefined)).toEqual(new Change('old', 'new'))
  })

  test.each(['', 'x\u0009', '\u0020new\u0002', '\u00ff\u00ff\u0002'])(
    'refuses bytes that are no change',
    (body) => {
      const bytes = Buffer.from(body, 'latin1')
      expect(() => serde.decode(bytes, 0, bytes.length, undefined)).toThrow(
        'could not read a change of a table',
      )
    },
  )
})

test('a table of a stream that nothing reads rows of has no store', () => {
  const nodes: Node[] = [
    { kind: 'source', id: 'in', topics: ['in'], key: text, value: json },
    { kind: 'to-table', id: 't', input: 'in', store: 't', onDemand: true },
    ...written('t', json),
  ]
  const task = new TestTask({ nodes, stores: [storeSpec('t')] })
  task.push('in', 'a', '1')
  expect(task.takeSent()).toEqual(['out: a=1 @0'])
  expect(() => task.store('t')).toThrow()
})

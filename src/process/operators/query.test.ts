import { describe, expect, test } from 'vitest'
import type { Row } from '../../data/row.ts'
import type { SelectedColumn } from '../../data/selected-row.ts'
import type { Column, DataType } from '../../data/types.ts'
import type { Expr } from '../../expr/expr.ts'
import type { GlobalTableNode, LookupJoinNode, Node, SelectNode } from '../../topology/topology.ts'
import { json, storeSpec, TestTask, text } from '../fixture.ts'

const string: DataType = { kind: 'string' }
const number: DataType = { kind: 'long' }
const boolean: DataType = { kind: 'boolean' }

const flightColumns: readonly Column[] = [
  { name: 'id', type: number },
  { name: 'from', type: string },
  { name: 'to', type: string },
]
const cityColumns: readonly Column[] = [
  { name: 'code', type: string },
  { name: 'name', type: string },
  { name: 'size', type: number },
]
const column = (scope: number, index: number, type: DataType): Expr => ({
  kind: 'column',
  scope,
  index,
  name: 'c',
  type,
})
const literal = (value: string | number, type: DataType): Expr => ({ kind: 'literal', value, type })
const call = (name: string, args: readonly Expr[], type: DataType): Expr => ({
  kind: 'call',
  function: name,
  args,
  type,
})
const fromRow = (name: string, scope: number, index: number, type: DataType): SelectedColumn => ({
  name,
  type,
  from: 'row',
  scope,
  index,
  sourceName: (scope === 0 ? flightColumns : cityColumns)[index]?.name ?? '',
})

const flights: Node = {
  kind: 'source',
  id: 'flights',
  topics: ['flights'],
  key: text,
  value: json,
  columns: flightColumns,
}
const cities: GlobalTableNode = {
  kind: 'global-table',
  id: 'cities',
  topic: 'cities',
  key: text,
  value: json,
  columns: cityColumns,
  index: [column(0, 0, string)],
  store: 'cities',
}
const lookup = (more: Partial<LookupJoinNode>): LookupJoinNode => ({
  kind: 'lookup-join',
  id: `join${more.scope ?? 1}`,
  input: 'flights',
  table: 'cities',
  type: 'left',
  key: [column(0, 1, string)],
  scope: 1,
  ...more,
})
const select = (more: Partial<SelectNode>): SelectNode => ({
  kind: 'select',
  id: 'select',
  input: 'join1',
  layout: { columns: [fromRow('id', 0, 0, number), fromRow('city', 1, 1, string)] },
  cells: [],
  keyColumn: 0,
  ...more,
})
const sink: Node = {
  kind: 'sink',
  id: 'out',
  input: 'select',
  topic: { kind: 'topic', name: 'out' },
  key: text,
  value: json,
}

function query(nodes: readonly Node[], table: GlobalTableNode = cities): TestTask {
  const task = new TestTask({
    nodes: [table, flights, ...nodes, sink],
    stores: [storeSpec('cities', { timestamped: false })],
  })
  task.load('cities', 'ATL', '{"code":"ATL","name":"Atlanta","size":5}')
  task.load('cities', 'OSL', '{"code":"OSL","name":"Oslo","size":1}')
  return task
}

describe('a look-up join', () => {
  test('left: adds the row found by the key, or none', () => {
    const task = query([lookup({}), select({})])
    task.push('flights', null, '{"id":7,"from":"ATL"}', { timestampMs: 3 })
    task.push('flights', null, '{"id":8,"from":"QQQ"}')
    task.push('flights', null, '{"id":9}')
    expect(task.takeSent()).toEqual([
      'out: 7={"id":7,"city":"Atlanta"} @3',
      'out: 8={"id":8,"city":null} @0',
      'out: 9={"id":9,"city":null} @0',
    ])
  })

  test('inner: leaves out what has no partner, a NULL key too', () => {
    const task = query([lookup({ type: 'inner' }), select({})])
    task.push('flights', null, '{"id":7,"from":"OSL"}')
    task.push('flights', null, '{"id":8,"from":"QQQ"}')
    task.push('flights', null, '{"id":9,"from":null}')
    expect(task.takeSent()).toEqual(['out: 7={"id":7,"city":"Oslo"} @0'])
  })

  test('takes a partner only where the rest of the condition is TRUE', () => {
    const large = call('>', [column(1, 2, number), literal(2, number)], boolean)
    const task = query([lookup({ residual: large }), select({})])
    task.push('flights', null, '{"id":7,"from":"OSL"}')
    task.push('flights', null, '{"id":8,"from":"ATL"}')
    expect(task.takeSent()).toEqual(['out: 7={"id":7,"city":null} @0', 'out: 8={"id":8,"city":"Atlanta"} @0'])
  })

  test('joins one table twice, and forgets the partners of the record before', () => {
    const second = lookup({ input: 'join1', scope: 2, key: [column(0, 2, string)] })
    const layout = { columns: [fromRow('a', 1, 1, string), fromRow('b', 2, 1, string)] }
    const task = query([lookup({}), second, select({ input: 'join2', layout })])
    task.push('flights', null, '{"id":7,"from":"OSL","to":"ATL"}')
    task.push('flights', null, '{"id":8,"from":"ATL"}')
    expect(task.takeSent().map((line) => line.slice(line.indexOf('{')))).toEqual([
      '{"a":"Oslo","b":"Atlanta"} @0',
      '{"a":"Atlanta","b":null} @0',
    ])
  })

  test('serves several queries of one source without mixing their rows', () => {
    const other = lookup({ id: 'other', key: [column(0, 2, string)] })
    const task = query([
      lookup({}),
      other,
      select({}),
      { ...select({}), id: 's2', input: 'other' },
      { ...sink, id: 'o2', input: 's2' },
    ])
    task.push('flights', null, '{"id":7,"from":"OSL","to":"ATL"}')
    expect(task.takeSent().sort()).toEqual([
      'out: 7={"id":7,"city":"Atlanta"} @0',
      'out: 7={"id":7,"city":"Oslo"} @0',
    ])
  })

  test('finds rows by several columns', () => {
    const task = query([lookup({ key: [column(0, 1, string), column(0, 0, number)] }), select({})], {
      ...cities,
      index: [column(0, 0, string), column(0, 2, number)],
    })
    task.push('flights', null, '{"id":5,"from":"ATL"}')
    task.push('flights', null, '{"id":1,"from":"ATL"}')
    expect(task.takeSent()).toEqual(['out: 5={"id":5,"city":"Atlanta"} @0', 'out: 1={"id":1,"city":null} @0'])
  })

  test('finds the newest row of each key, and none behind a tombstone', () => {
    const task = query([lookup({ type: 'inner' }), select({})])
    task.push('flights', null, '{"id":1,"from":"ATL"}')
    task.load('cities', 'other record key', '{"code":"ATL","name":"Hotlanta"}')
    task.push('flights', null, '{"id":2,"from":"ATL"}')
    task.load('cities', 'ATL', null)
    task.load('cities', 'other record key', null)
    task.push('flights', null, '{"id":3,"from":"ATL"}')
    expect(task.takeSent()).toEqual([
      'out: 1={"id":1,"city":"Atlanta"} @0',
      'out: 2={"id":2,"city":"Hotlanta"} @0',
    ])
  })

  test('leaves out tombstones of the driver and counts them', () => {
    const task = query([lookup({}), select({})])
    task.push('flights', 'k', null)
    expect(task.takeSent()).toEqual([])
    expect(task.count('weft_records_dropped_total', 'join1')).toBe(1)
  })
})

describe('a select', () => {
  test('keeps rows for which WHERE is TRUE, not those for which it is NULL', () => {
    const where = call('>', [column(0, 0, number), literal(1, number)], boolean)
    const task = query([lookup({}), select({ where })])
    for (const id of ['1', '2', 'null']) task.push('flights', null, `{"id":${id},"from":"OSL"}`)
    expect(task.takeSent()).toEqual(['out: 2={"id":2,"city":"Oslo"} @0'])
  })

  test('computes cells, and has no key where no column is named or it is NULL', () => {
    const layout = { columns: [{ name: 'twice', type: number, from: 'cell', index: 0 }] } as const
    const twice = call('*', [column(0, 0, number), literal(2, number)], number)
    const { keyColumn: _, ...keyless } = select({ input: 'flights', layout, cells: [twice] })
    const named = query([{ ...keyless, keyColumn: 0 }])
    const unnamed = query([keyless])
    for (const task of [named, unnamed]) {
      task.push('flights', 'k', '{"id":4}')
      task.push('flights', 'k', '{}')
    }
    expect(named.takeSent()).toEqual(['out: 8={"twice":8} @0', 'out: null={"twice":null} @0'])
    expect(unnamed.takeSent()).toEqual(['out: null={"twice":8} @0', 'out: null={"twice":null} @0'])
  })

  test('names itself where an expression fails', () => {
    const task = query([
      select({ input: 'flights', cells: [call('*', [column(0, 0, number), column(0, 0, number)], number)] }),
    ])
    expect(() => task.push('flights', null, '{"id":9007199254740991000}')).toThrow(
      expect.objectContaining({ detail: expect.stringContaining('query operator "select"') }),
    )
  })
})

describe('a global table', () => {
  test('without an index is keyed by the record key; records without one are left out', () => {
    const { index: _, columns: __, ...byKey } = cities
    const task = query([], byKey)
    task.load('cities', null, '{}')
    expect([...task.global('cities').all()].map(([key]) => key)).toEqual(['ATL', 'OSL'])
    task.load('cities', 'ATL', null)
    expect(task.global('cities').get('ATL')).toBeUndefined()
    expect(task.count('weft_records_dropped_total', 'cities')).toBe(1)
  })

  test('leaves out rows whose index is NULL, and takes tombstones of number columns from text keys', () => {
    const task = query([], { ...cities, index: [column(0, 2, number)] })
    task.load('cities', 'x', '{"code":"x"}')
    task.load('cities', '8', '{"code":"BGO","size":8}')
    task.load('cities', null, '{"code":"TRD","size":9}')
    expect([8, 9].map((size) => task.global('cities').get(size) !== undefined)).toEqual([true, true])
    task.load('cities', '8', null)
    task.load('cities', '9', null)
    expect([8, 9].map((size) => task.global('cities').get(size) !== undefined)).toEqual([false, false])
    expect(task.global('cities').get(5)).toBeDefined()
    expect(task.count('weft_records_dropped_total', 'cities')).toBe(1)
  })

  test('finds a row that moved to another value only there, and a tombstone removes it whatever its key', () => {
    const task = query([])
    task.load('cities', 'id 1', '{"code":"BGO","name":"Bergen"}')
    task.load('cities', 'id 1', '{"code":"TRD","name":"Trondheim"}')
    expect(task.global('cities').get('BGO')).toBeUndefined()
    expect(task.global('cities').get('TRD')).toBeDefined()
    task.load('cities', 'id 1', null)
    expect(task.global('cities').get('TRD')).toBeUndefined()
  })

  test('finds the row of another key again when the newer one of its value goes', () => {
    const task = query([])
    const size = (): unknown => (task.global('cities').get('ATL') as Row | undefined)?.get(2)
    task.load('cities', 'id 1', '{"code":"ATL","size":77}')
    expect(size()).toBe(77)
    task.load('cities', 'id 1', '{"code":"TRD","size":77}')
    expect(size()).toBe(5)
    task.load('cities', 'ATL', null)
    expect(size()).toBeUndefined()
  })

  test('removes by tombstone where the index has several columns', () => {
    const task = query([], { ...cities, index: [column(0, 0, string), column(0, 2, number)] })
    task.load('cities', 'ATL', null)
    expect(task.global('cities').get(['ATL', 5])).toBeUndefined()
    expect(task.count('weft_records_dropped_total', 'cities')).toBe(0)
  })

  test('is as it was after a malformed record', () => {
    const task = query([])
    expect(() => task.load('cities', 'ATL', '{"code":"ATL"')).toThrow(
      expect.objectContaining({ code: 'VALUE_MALFORMED' }),
    )
    expect(task.global('cities').get('ATL')).toBeDefined()
  })
})

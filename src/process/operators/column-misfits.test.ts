import { expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import type { SelectedColumn } from '../../data/selected-row.ts'
import type { Column } from '../../data/types.ts'
import type { Expr } from '../../expr/expr.ts'
import type { GlobalTableNode, Node } from '../../topology/topology.ts'
import { json, storeSpec, TestTask, text } from '../fixture.ts'

const columns: readonly Column[] = [
  { name: 'n', type: { kind: 'long' } },
  { name: 's', type: { kind: 'string' } },
]
const guessed = columns.map((column) => ({ ...column, guessed: true as const }))

const read = (scope: number, index: number): Expr => ({
  kind: 'column',
  scope,
  index,
  ...(columns[index] as Column),
})
const copied = (scope: number, index: number, name: string): SelectedColumn => ({
  ...(columns[index] as Column),
  name,
  from: 'row',
  scope,
  index,
  sourceName: columns[index]?.name ?? '',
})
const next: Expr = {
  kind: 'call',
  function: '+',
  args: [read(0, 0), { kind: 'literal', value: 1, type: { kind: 'long' } }],
  type: { kind: 'long' },
}
const sink: Node = {
  kind: 'sink',
  id: 'out',
  input: 'select',
  topic: { kind: 'topic', name: 'out' },
  key: text,
  value: json,
}
const records = ['{"n":7,"s":"x"}', '{"n":7.5,"s":"x"}', '{"n":"8","s":9}', '{"n":null}', '{"n":1.0,"s":""}']

function source(read: readonly Column[]): Node {
  return { kind: 'source', id: 'in', topics: ['in'], key: text, value: json, columns: read }
}

/** Each column as it is copied, alone and with its neighbour, and as an expression reads it. */
function selection(read: readonly Column[]): TestTask {
  const columns = [
    copied(0, 0, 'n'),
    copied(0, 1, 's'),
    { name: 'next', type: next.type, from: 'cell', index: 0 } as const,
    copied(0, 0, 'again'),
  ]
  const select: Node = { kind: 'select', id: 'select', input: 'in', layout: { columns }, cells: [next] }
  return new TestTask({ nodes: [source(read), select, sink] })
}

function failureOf(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    return `${error.code}: ${error.message}. ${error.detail} ${error.hint}`
  }
}

test('a field that is not of the declared type is NULL wherever it is read, counted, with one warning a column', () => {
  const task = selection(columns)
  for (const record of records) task.push('in', null, record)
  expect(task.takeSent()).toEqual([
    'out: null={"n":7,"s":"x","next":8,"again":7} @0',
    'out: null={"n":null,"s":"x","next":null,"again":null} @0',
    'out: null={"n":null,"s":null,"next":null,"again":null} @0',
    'out: null={"n":null,"s":null,"next":null,"again":null} @0',
    'out: null={"n":1.0,"s":"","next":2,"again":1.0} @0',
  ])
  expect(task.count('weft_fields_misfit_total', 'in')).toBe(3)
  expect(task.warnings).toEqual([
    { node: 'in', column: 'n', declared: 'BIGINT', holds: 'a number with decimals' },
    { node: 'in', column: 's', declared: 'VARCHAR', holds: 'a number' },
  ])
})

test('a field that is not of a guessed type fails its record', () => {
  const task = selection(guessed)
  const failure = (holds: string, type: string): string =>
    `VALUE_MALFORMED: field "n" does not fit its column. It holds ${holds}, and in the records that were looked at the column was BIGINT. ` +
    `It is the value of a record read by "in". Declare the topic's columns under "topics", this one as ${type}; or let such records be left out: weft run --on-error, or errorHandling in the file given by --config.`
  expect(records.map((record) => failureOf(() => task.push('in', null, record)))).toEqual([
    undefined,
    failure('a number with decimals', 'double'),
    failure('text', 'json'),
    undefined,
    undefined,
  ])
  expect(task.takeSent()).toHaveLength(3)
  expect(task.warnings).toEqual([])
})

test('the last of repeated fields counts', () => {
  const task = selection(guessed)
  task.push('in', null, '{"n":"text","n":3}')
  expect(task.takeSent()).toEqual(['out: null={"n":3,"s":null,"next":4,"again":3} @0'])
  expect(failureOf(() => task.push('in', null, '{"n":3,"n":"text"}'))).toMatch(/^VALUE_MALFORMED/)
})

test('rows of a look-up table are held to their columns when they are loaded, once', () => {
  const table = (read: readonly Column[]): GlobalTableNode => ({
    kind: 'global-table',
    id: 'table',
    topic: 'table',
    key: text,
    value: json,
    columns: read,
    index: [{ ...read0, type: { kind: 'string' }, index: 1, name: 's' }],
    store: 'rows',
  })
  const read0 = { kind: 'column', scope: 0 } as const
  const joined = (read: readonly Column[]): TestTask =>
    new TestTask({
      nodes: [
        table(read),
        source(columns),
        {
          kind: 'lookup-join',
          id: 'join',
          input: 'in',
          table: 'table',
          type: 'left',
          key: [rowKey],
          scope: 1,
        },
        {
          kind: 'select',
          id: 'select',
          input: 'join',
          layout: { columns: [copied(1, 1, 's'), copied(1, 0, 'n')] },
          cells: [],
        },
        sink,
      ],
      stores: [storeSpec('rows', { timestamped: false })],
    })
  const rowKey = read(0, 1)
  const declared = joined(columns)
  declared.load('table', 'k', '{"s":"x","n":4.5}')
  for (let turn = 0; turn < 2; turn++) declared.push('in', null, '{"n":1,"s":"x"}')
  expect(declared.takeSent()).toEqual(Array.from({ length: 2 }, () => 'out: null={"s":"x","n":null} @0'))
  expect(declared.count('weft_fields_misfit_total', 'table')).toBe(1)
  expect(failureOf(() => joined(guessed).load('table', 'k', '{"s":"x","n":4.5}'))).toMatch(/^VALUE_MALFORMED/)
})

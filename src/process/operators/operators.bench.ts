import { bench } from '../../../bench/harness.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { seededRandom } from '../../base/random.ts'
import { materialize } from '../../data/lazy.ts'
import type { SelectedColumn } from '../../data/selected-row.ts'
import type { Column, DataType } from '../../data/types.ts'
import type { Node, SourceNode } from '../../topology/topology.ts'
import type { RawRecord } from '../environment.ts'
import { json, long, storeSpec, TestFunctions, TestTask, text } from '../fixture.ts'

// Question: what does a record cost from its fetched bytes to its encoded bytes, without network and batches?
// Budget: a look-up in 100,000 rows with a select 1.2 µs for the whole pipeline, of which batches take 0.3; a filter that parses the
// value in JavaScript 1.5 µs, of which JSON.parse is 0.9; a count 1 µs.

const string: DataType = { kind: 'string' }
const filler = 'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(3)

function raw(topic: string, key: string, value: string): RawRecord {
  const bytes = Buffer.from(key + value)
  return {
    topic,
    partition: 0,
    offset: 0,
    timestampMs: 1_700_000_000_000,
    partitionTimeMs: -1,
    buffer: bytes,
    keyStart: 0,
    keyEnd: key.length,
    valueStart: key.length,
    valueEnd: bytes.length,
    headers: undefined,
  }
}

/** Records of about 175 bytes that lie behind each other in one buffer, as a fetch brings them. */
function records(count: number, users: number): RawRecord[] {
  const random = seededRandom(7)
  const each = Array.from({ length: count }, (_, id) => {
    const user = `u${random.below(users)}`
    return raw(
      'in',
      user,
      `{"id":"r${id}","user":"${user}","amount":${random.below(1000)},"note":"${filler.slice(0, 100)}"}`,
    )
  })
  const buffer = Buffer.concat(each.map((record) => record.buffer))
  let start = 0
  for (const record of each) {
    const { keyEnd, valueStart, valueEnd } = record
    Object.assign(record, {
      buffer,
      keyStart: start,
      keyEnd: start + keyEnd,
      valueStart: start + valueStart,
      valueEnd: start + valueEnd,
    })
    start += valueEnd
  }
  return each
}

const columns: readonly Column[] = ['id', 'user', 'amount', 'note'].map((name) => ({ name, type: string }))
const userColumns: readonly Column[] = ['id', 'name', 'city'].map((name) => ({ name, type: string }))
const output = (name: string, scope: number, index: number): SelectedColumn => ({
  name,
  type: string,
  from: 'row',
  scope,
  index,
  sourceName: (scope === 0 ? columns : userColumns)[index]?.name ?? '',
})
const sink = (input: string): Node => ({
  kind: 'sink',
  id: 'out',
  input,
  topic: { kind: 'topic', name: 'out' },
  key: text,
  value: json,
})
const source: SourceNode = { kind: 'source', id: 'in', topics: ['in'], key: text, value: json }

/** Copies what leaves, as a batch would. */
class Batch {
  readonly #buffer = Buffer.allocUnsafe(4096)
  bytes = 0
  readonly send = ({
    key,
    value,
  }: {
    readonly key: ByteWriter | null
    readonly value: ByteWriter | null
  }): void => {
    if (key !== null) key.buffer.copy(this.#buffer, 0, 0, key.length)
    if (value !== null) value.buffer.copy(this.#buffer, 0, 0, value.length)
    this.bytes += (key?.length ?? 0) + (value?.length ?? 0)
  }
}

function filterTask(batch: Batch): TestTask {
  const functions = new TestFunctions()
  const predicate = functions.add(
    'predicate',
    (_key, value) => (materialize(value) as { amount: number }).amount >= 500,
  )
  const node: Node = { kind: 'filter', id: 'f', input: 'in', predicate, negate: false, table: false }
  return new TestTask({ nodes: [source, node, sink('f')], functions, send: batch.send })
}

function enrichTask(batch: Batch, users: number): TestTask {
  const layout = {
    columns: [
      output('id', 0, 0),
      output('user', 0, 1),
      output('amount', 0, 2),
      output('note', 0, 3),
      output('name', 1, 1),
      output('city', 1, 2),
    ],
  }
  const userKey = { kind: 'column', scope: 0, index: 1, name: 'user', type: string } as const
  const nodes: readonly Node[] = [
    {
      kind: 'global-table',
      id: 'users',
      topic: 'users',
      key: text,
      value: json,
      columns: userColumns,
      index: [{ kind: 'column', scope: 0, index: 0, name: 'id', type: string }],
      store: 'users',
    },
    { ...source, columns },
    { kind: 'lookup-join', id: 'j', input: 'in', table: 'users', type: 'left', key: [userKey], scope: 1 },
    { kind: 'select', id: 's', input: 'j', layout, cells: [], keyColumn: 0 },
    sink('s'),
  ]
  const stores = [storeSpec('users', { timestamped: false })]
  const task = new TestTask({ nodes, stores, send: batch.send })
  for (let user = 0; user < users; user++) {
    task.load('users', `u${user}`, `{"id":"u${user}","name":"Name of ${user}","city":"City ${user % 100}"}`)
  }
  return task
}

function countTask(batch: Batch): TestTask {
  const nodes: readonly Node[] = [
    source,
    { kind: 'aggregate', id: 'c', input: 'in', fold: { kind: 'count' }, store: 'c' },
    { kind: 'to-stream', id: 's', input: 'c' },
    sink('s'),
  ]
  return new TestTask({ nodes, stores: [storeSpec('c', { value: long })], send: batch.send })
}

bench('operators, bytes to bytes', (b) => {
  const count = b.parameter('RECORDS', 1_000, 200_000)
  const users = b.parameter('USERS', 100, 100_000)
  const input = records(count, users)
  const batch = new Batch()
  const run = (task: TestTask) => (): number => {
    batch.bytes = 0
    const accept = task.processors.sources.get('in')
    for (const record of input) accept?.accept(record)
    return batch.bytes
  }
  b.measure('filter by a function', { count, of: 'records' }, run(filterTask(batch)))
  b.measure('look-up join and select', { count, of: 'records' }, run(enrichTask(batch, users)))
  b.measure('count', { count, of: 'records' }, run(countTask(batch)))
})

import { auditJournal, recordsBy } from '../audit/lists.ts'
import type { Evidence } from '../audit/evidence.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { js, keyValueStore, pick, sink, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const customers = ['ann', 'bob', 'cid', 'dee', 'eve']
const partitions = 2

/**
 * `orders` joined with table `customers`, and the table's changes, both into `joined`: per key that topic is a journal of what the
 * task did, in its order, from which the table's value at each order can be told.
 */
export const tableJoinCase: SimulationCase = {
  name: 'table join',
  topics: { orders: partitions, customers: partitions, joined: partitions },
  topology: ({ caching, optimised }) =>
    topologyOf(
      [
        { kind: 'source', id: 'orders', topics: ['orders'], key: text, value: text },
        {
          kind: 'table-source',
          id: 'customers',
          topic: 'customers',
          key: text,
          value: text,
          store: 'customers',
        },
        {
          kind: 'stream-table-join',
          id: 'join',
          input: 'orders',
          table: 'customers',
          type: 'left',
          joiner: js('both', 'valueJoiner', 'value1 + "/" + value2'),
        },
        { kind: 'to-stream', id: 'changes', input: 'customers' },
        { kind: 'merge', id: 'both', inputs: ['join', 'changes'] },
        sink('both', 'joined'),
      ],
      [keyValueStore('customers', { caching, logging: optimised ? 'source' : 'own' })],
    ),
  draw: (draw) => {
    const customer = pick(draw.random, customers)
    return draw.random.next() < 0.6 ? order(customer, draw) : row(customer, draw)
  },
  last: (draw) => customers.map((customer) => order(customer, draw)),
  audit: (evidence) => {
    const joined = evidence.read('joined')
    const changes = evidence.variant.caching ? [] : evidence.read('customers')
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('orders'),
        found: joined.filter(isOrder),
        by: ({ key }) => String(key),
        valueIn: ({ value }) => String(value).split('/')[0] ?? '',
      }),
      ...auditJournal(evidence, {
        wanted: changes,
        found: evidence.variant.caching ? [] : joined.filter((record) => !isOrder(record)),
        by: ({ key }) => String(key),
      }),
      ...auditJoins(evidence, joined),
    ]
  },
}

function order(customer: string, draw: Draw): InputRecord {
  return { topic: 'orders', key: customer, value: `o${draw.next('orders')}` }
}

function row(customer: string, draw: Draw): InputRecord {
  const value = draw.random.next() < 0.1 ? null : `c${draw.next('customers')}`
  return { topic: 'customers', key: customer, value }
}

function isOrder({ value }: ReadRecord): boolean {
  return value?.toString().startsWith('o') === true
}

/** Each order has the value that the table had in the journal; where the journal leaves changes out, none older than before. */
function auditJoins(evidence: Evidence, joined: readonly ReadRecord[]): string[] {
  if (!evidence.strict) return []
  const rows = recordsBy(evidence.read('customers'), ({ key }) => String(key))
  return [...recordsBy(joined, ({ key }) => String(key))].flatMap(([customer, journal]) => {
    const history = ['null', ...(rows.get(customer) ?? []).map(({ value }) => String(value))]
    return evidence.variant.caching ? auditRising(customer, history, journal) : auditExact(customer, journal)
  })
}

function auditExact(customer: string, journal: readonly ReadRecord[]): string[] {
  let current = 'null'
  for (const record of journal) {
    const value = String(record.value)
    if (!isOrder(record)) current = value
    else if (value.split('/')[1] !== current)
      return [
        `"${customer}" was ${current} when the join gave ${value} at joined-${record.partition}@${record.offset}`,
      ]
  }
  return []
}

function auditRising(customer: string, history: readonly string[], journal: readonly ReadRecord[]): string[] {
  let version = 0
  for (const record of journal.filter(isOrder)) {
    const seen = String(record.value).split('/')[1] ?? ''
    const at = history.indexOf(seen, seen === 'null' ? 0 : version)
    if (at < 0) return [`"${customer}" was joined as ${seen} after it had been ${history[version]}`]
    if (seen !== 'null') version = at
  }
  const last = String(journal.findLast(isOrder)?.value).split('/')[1]
  if (last === history.at(-1)) return []
  return [`the last order of "${customer}" was joined with ${last}, not with ${history.at(-1)}`]
}

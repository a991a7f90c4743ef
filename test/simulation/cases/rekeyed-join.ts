import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { auditJournal, recordsBy } from '../audit/lists.ts'
import type { Evidence } from '../audit/evidence.ts'
import { js, keyValueStore, pick, sink, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const customers = ['k1', 'k2', 'k3', 'k4']
const partitions = 2

/**
 * `orders` and `profiles` (values `customer:number`, keyed by nothing) by customer over a repartition topic each; there the profiles become
 * a table, with which orders are joined into `joined`, and the table's changes go there too: per key a journal of the task.
 */
export const rekeyedJoinCase: SimulationCase = {
  name: 'rekeyed join',
  topics: { orders: partitions, profiles: 1, joined: 3 },
  topology: () =>
    topologyOf(
      [
        { kind: 'source', id: 'orders', topics: ['orders'], key: text, value: text },
        byCustomer('orders'),
        repartition('orders'),
        { kind: 'source', id: 'profiles', topics: ['profiles'], key: text, value: text },
        byCustomer('profiles'),
        repartition('profiles'),
        { kind: 'to-table', id: 'table', input: 'profiles-by-customer', store: 'profiles' },
        {
          kind: 'stream-table-join',
          id: 'join',
          input: 'orders-by-customer',
          table: 'table',
          type: 'left',
          joiner: js('both', 'valueJoiner', 'value1 + "/" + value2'),
        },
        { kind: 'to-stream', id: 'changes', input: 'table' },
        { kind: 'merge', id: 'both', inputs: ['join', 'changes'] },
        sink('both', 'joined'),
      ],
      [keyValueStore('profiles')],
    ),
  draw: (draw) => (draw.random.next() < 0.6 ? order(pick(draw.random, customers), draw) : profile(draw)),
  last: (draw) => customers.map((customer) => order(customer, draw)),
  audit: (evidence) => {
    const joined = evidence.read('joined')
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('orders'),
        found: joined.filter(isOrder),
        by: customerAndOrigin(evidence.read('orders')),
        valueIn: ({ value }) => String(value).split('/')[0] ?? '',
      }),
      ...auditJournal(evidence, {
        wanted: evidence.read('profiles'),
        found: joined.filter((record) => !isOrder(record)),
        by: ({ value }) => String(value).split(':')[0] ?? '',
      }),
      ...auditJoined(evidence, joined),
    ]
  },
}

function byCustomer(input: string) {
  const mapper = js(`customerOf${input}`, 'keyTransformer', 'value.split(":")[0]')
  return { kind: 'transform', id: `rekey-${input}`, input, result: 'key', mapper, table: false } as const
}

function repartition(name: string) {
  const topic = `${name}-by-customer-repartition`
  return {
    kind: 'repartition',
    id: `${name}-by-customer`,
    input: `rekey-${name}`,
    topic,
    key: text,
    value: text,
    partitions: 3,
  } as const
}

function order(customer: string, draw: Draw): InputRecord {
  return {
    topic: 'orders',
    key: null,
    value: `${customer}:o${draw.next('orders')}`,
    partition: draw.random.below(partitions),
  }
}

function profile(draw: Draw): InputRecord {
  return {
    topic: 'profiles',
    key: null,
    value: `${pick(draw.random, customers)}:p${draw.next('profiles')}`,
    partition: 0,
  }
}

function isOrder({ value }: ReadRecord): boolean {
  return value?.toString().includes(':o') === true
}

/** Orders of one customer are in order only where they came from one partition. */
function customerAndOrigin(orders: readonly ReadRecord[]): (record: ReadRecord) => string {
  const origins = new Map(orders.map(({ value, partition }) => [String(value), partition]))
  return ({ value }) => {
    const order = String(value).split('/')[0] ?? ''
    return `${order.split(':')[0]} of ${origins.get(order)}`
  }
}

/** Each order has the profile that the journal had last. */
function auditJoined(evidence: Evidence, joined: readonly ReadRecord[]): string[] {
  if (!evidence.strict) return []
  return [...recordsBy(joined, ({ key }) => String(key))].flatMap(([customer, journal]) => {
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
  })
}

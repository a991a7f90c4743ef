import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { Topology } from '../../../src/topology/topology.ts'
import type { Evidence } from '../audit/evidence.ts'
import { recordsBy } from '../audit/lists.ts'
import { pick } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import { queryTopology } from './query.ts'

/** So many orders and payments have a key, about: each meets each. */
const recordsPerKey = 6
const lastRecords = 24
const customers = ['ann', 'bob', 'cid', 'dee', 'eve', 'fay', 'gus', 'hal']
/** Of it nobody ever knows anything. */
const stranger = 'zoe'

/**
 * SQL's joins that wait: orders with payments of the same key, and both with the row of the order's customer, whoever comes first; the
 * second join by another key, over topics between. Optimised, `smart`: what is complete goes out, once; else `immediate`: at once, and once
 * more when the customer is known.
 */
export const waitingJoinCase: SimulationCase = {
  name: 'waiting join',
  topics: { orders: 2, payments: 2, customers: 1, joined: 2 },
  topology: ({ optimised }) => load(optimised),
  draw: (draw) => {
    const dice = draw.random.next()
    if (dice < 0.45) return order(pick(draw.random, [...customers, stranger]), draw)
    return dice < 0.9 ? payment(draw) : customer(pick(draw.random, customers), draw)
  },
  last: (draw) => [
    ...Array.from({ length: lastRecords }, () => order(pick(draw.random, customers), draw)),
    ...Array.from({ length: lastRecords }, () => payment(draw)),
  ],
  audit: (evidence) => auditPairs(evidence),
}

function load(smart: boolean): Promise<Topology> {
  const text = { k: 'string', v: 'string' }
  const definition = {
    name: 'joined',
    query: [
      'SELECT o.k AS k, o.v AS o, p.v AS p, c.v AS c FROM orders o',
      'JOIN payments p ON o.k = p.k LEFT JOIN customers c ON o.c = c.k',
    ].join(' '),
    output: { topic: 'joined', format: 'json', key: 'k' },
    emission: smart ? { type: 'smart', require: ['c'] } : { type: 'immediate' },
    state: { events: { default_ttl: '1h' }, dimensions: ['customers'] },
    topics: {
      orders: { columns: { ...text, c: 'string' } },
      payments: { columns: text },
      customers: { columns: text },
    },
  }
  return queryTopology(definition)
}

function order(c: string, draw: Draw): InputRecord {
  const k = drawKey(draw)
  return { topic: 'orders', key: k, value: JSON.stringify({ k, c, v: `o${draw.next('orders')}` }) }
}

function payment(draw: Draw): InputRecord {
  const k = drawKey(draw)
  return { topic: 'payments', key: k, value: JSON.stringify({ k, v: `p${draw.next('payments')}` }) }
}

/** Keys come and go; a few are in use at a time. */
function drawKey({ next, random }: Draw): string {
  return `k${Math.floor(next('keys') / recordsPerKey) + random.below(6)}`
}

function customer(k: string, draw: Draw): InputRecord {
  return { topic: 'customers', key: k, value: JSON.stringify({ k, v: `c${draw.next('customers')}` }) }
}

interface Row {
  readonly k: string
  readonly v: string
  readonly c: string
  readonly o: string
  readonly p: string
}

function rowOf({ value }: ReadRecord): Row {
  return JSON.parse(String(value)) as Row
}

/** Every order with every payment of its key: what comes of each pair can be said without knowing who came first. */
function auditPairs(evidence: Evidence): string[] {
  const [orders, payments, found] = ['orders', 'payments', 'joined'].map((topic) =>
    evidence.read(topic).map(rowOf),
  ) as [Row[], Row[], Row[]]
  const rows = Map.groupBy(evidence.read('customers').map(rowOf), ({ k }) => k)
  const given = Map.groupBy(found, ({ o, p }) => `${o} ${p}`)
  const wrong = orders.flatMap((order) =>
    payments.flatMap((payment) => {
      if (payment.k !== order.k) return []
      const pair = `${order.v} ${payment.v}`
      const results = (given.get(pair) ?? []).map(({ c }) => c)
      given.delete(pair)
      const versions = (rows.get(order.c) ?? []).map(({ v }) => v)
      return auditPair(pair, { results, versions, evidence })
    }),
  )
  return [...wrong, ...[...given.keys()].map((pair) => `${pair} is no pair`), ...auditLast(evidence, orders)]
}

interface Pair {
  /** The customer's row in each result, null where it had none. */
  readonly results: readonly (string | null)[]
  /** All rows that there were. */
  readonly versions: readonly string[]
  readonly evidence: Evidence
}

/** Once with a row, if the customer has any; before that once without, under `immediate`. Who writes after it has lost its tasks undoes what waits. */
function auditPair(pair: string, { results, versions, evidence }: Pair): string[] {
  const { optimised } = evidence.variant
  const filled = results.filter((row) => row !== null)
  const padded = results.length - filled.length
  const isWhole = versions.length > 0 ? filled.length > 0 : optimised || padded > 0
  const isOnce =
    filled.length <= 1 && padded <= (optimised ? 0 : 1) && (filled.length === 0 || results.at(-1) !== null)
  const isKnown = filled.every((row) => versions.includes(row))
  if ((isWhole || !evidence.noZombies) && isKnown && (isOnce || !evidence.strict)) return []
  return [
    `${pair} came out with ${results.join(', ') || 'nothing'}; the customer's rows are ${versions.join(', ') || 'none'}`,
  ]
}

/** What was sent when all was at rest met the newest rows. */
function auditLast(evidence: Evidence, orders: readonly Row[]): string[] {
  if (!evidence.noZombies) return []
  const newest = recordsBy(evidence.read('customers'), (record) => rowOf(record).k)
  const numbers = orders.map(({ v }) => Number(v.slice(1))).toSorted((a, b) => b - a)
  const last = new Set(numbers.slice(0, lastRecords).map((number) => `o${number}`))
  const customerOf = new Map(orders.map(({ v, c }) => [v, c]))
  return evidence
    .read('joined')
    .map(rowOf)
    .flatMap(({ o, c }) => {
      const row = newest.get(customerOf.get(o) ?? '')?.at(-1)
      if (!last.has(o) || row === undefined || c === rowOf(row).v) return []
      return [`${o} came out with ${c}, not with ${rowOf(row).v}`]
    })
}

import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { auditJournal, recordsBy } from '../audit/lists.ts'
import type { Evidence } from '../audit/evidence.ts'
import { pick } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import { queryTopology } from './query.ts'

const customers = ['ann', 'bob', 'cid']
const keys = ['k1', 'k2', 'k3', 'k4']
const partitions = 2

/**
 * SQL's look-up: `orders` with the newest row of their customer, of whom each thread has a copy. Optimised, by the record's key; else by
 * another column, over an index. One order in eight is thrown away by WHERE.
 */
export const lookupCase: SimulationCase = {
  name: 'lookup',
  topics: { orders: partitions, customers: 1, joined: partitions },
  topology: ({ optimised }) => {
    const text = { k: 'string', v: 'string' }
    return queryTopology({
      name: 'joined',
      query: `SELECT o.k AS k, o.v AS o, c.v AS c FROM orders o
        LEFT JOIN customers c ON o.c = c.${optimised ? 'k' : 'name'} WHERE o.n < 7`,
      output: { topic: 'joined', format: 'json', key: 'k' },
      emission: { type: 'immediate' },
      state: { dimensions: [{ topic: 'customers', join: 'lookup' }] },
      topics: {
        orders: { columns: { ...text, c: 'string', n: 'int' } },
        customers: { columns: { ...text, name: 'string' } },
      },
    })
  },
  first: (draw) => customers.map((name) => row(name, draw)),
  draw: (draw) =>
    draw.random.next() < 0.8
      ? order(pick(draw.random, keys), draw.random.below(8), draw)
      : row(pick(draw.random, customers), draw),
  last: (draw) => [...keys, ...keys].map((key) => order(key, 0, draw)),
  audit: (evidence) => [
    ...auditJournal(evidence, {
      wanted: evidence
        .read('orders')
        .filter((one) => Number(cellsOf(one)['n']) < 7)
        .map((one) => ({ ...one, value: Buffer.from(String(cellsOf(one)['v'])) })),
      found: evidence.read('joined'),
      by: ({ key }) => String(key),
      valueIn: (one) => String(cellsOf(one)['o']),
    }),
    ...auditRows(evidence),
  ],
}

function order(k: string, n: number, draw: Draw): InputRecord {
  const cells = { k, n, c: pick(draw.random, customers), v: `o${draw.next('orders')}` }
  return { topic: 'orders', key: k, value: JSON.stringify(cells) }
}

function row(name: string, draw: Draw): InputRecord {
  const cells = { k: name, name, v: `${name}${draw.next('customers')}` }
  return { topic: 'customers', key: name, value: JSON.stringify(cells) }
}

function cellsOf({ value }: ReadRecord): Record<string, unknown> {
  return JSON.parse(String(value)) as Record<string, unknown>
}

/** Each order found a row that its customer had, and the last of each key, sent when all was at rest, the newest. */
function auditRows(evidence: Evidence): string[] {
  const rows = Map.groupBy(evidence.read('customers').map(cellsOf), ({ k }) => k)
  const customerOf = new Map(evidence.read('orders').map((one) => [cellsOf(one)['v'], cellsOf(one)['c']]))
  const found = recordsBy(evidence.read('joined'), ({ key }) => String(key))
  return [...found.values()].flatMap((results) =>
    results.flatMap((one, index) => {
      const { o, c } = cellsOf(one)
      const versions = (rows.get(customerOf.get(o)) ?? []).map(({ v }) => v)
      const isRight = index === results.length - 1 ? c === versions.at(-1) : versions.includes(c)
      return isRight ? [] : [`${String(o)} came out with ${String(c)}; the rows were ${versions.join(', ')}`]
    }),
  )
}

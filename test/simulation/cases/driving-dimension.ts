import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { recordsBy } from '../audit/lists.ts'
import type { Evidence } from '../audit/evidence.ts'
import { pick } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import { queryTopology } from './query.ts'

/** So many versions and orders has a customer, about: each meets each. */
const recordsPerKey = 6
const lastRecords = 24
const cities = ['oslo', 'rome', 'lima']
const regions = ['north', 'south']

/**
 * SQL's joins that wait, driven by a dimension with two keys, beside a look-up: customers, with their region, their orders, and the row of
 * a city over a topic between: with caching the order's, else the customer's own. A customer's newest row takes the place of the one before
 * it, wherever that has come.
 */
export const drivingDimensionCase: SimulationCase = {
  name: 'driving dimension',
  topics: { customers: 2, orders: 2, cities: 2, regions: 1, joined: 2 },
  topology: ({ optimised, caching }) => {
    const text = { k: 'string', v: 'string' }
    return queryTopology({
      name: 'joined',
      query: `SELECT c.k AS k, c.v AS c, r.v AS r, o.v AS o, t.v AS t FROM customers c
        LEFT JOIN regions r ON c.region = r.k JOIN orders o ON c.k = o.c JOIN cities t ON ${caching ? 'o' : 'c'}.city = t.k`,
      output: { topic: 'joined', format: 'json', key: 'k' },
      emission: optimised ? { type: 'smart', require: ['r'] } : { type: 'immediate' },
      state: {
        events: { default_ttl: '1h' },
        dimensions: ['customers', 'cities', { topic: 'regions', join: 'lookup' }],
      },
      topics: {
        customers: { columns: { ...text, city: 'string', region: 'string' } },
        orders: { columns: { v: 'string', c: 'string', city: 'string' } },
        cities: { columns: text },
        regions: { columns: text },
      },
    })
  },
  first: (draw) => [
    ...regions.map((k) => row('regions', k, draw)),
    ...cities.map((k) => row('cities', k, draw)),
  ],
  draw: (draw) => {
    const dice = draw.random.next()
    if (dice < 0.5) return order(draw)
    return dice < 0.9 ? customer(draw) : row('cities', pick(draw.random, cities), draw)
  },
  last: (draw) => Array.from({ length: lastRecords }, () => [customer(draw), order(draw)]).flat(),
  audit: (evidence) => auditResults(evidence),
}

/** Now and then a customer goes. */
function customer(draw: Draw): InputRecord {
  const k = drawKey(draw)
  const [city, region] = [pick(draw.random, cities), pick(draw.random, regions)]
  const cells = { k, city, region, v: `c${draw.next('customers')}` }
  return { topic: 'customers', key: k, value: draw.random.next() < 0.1 ? null : JSON.stringify(cells) }
}

function order(draw: Draw): InputRecord {
  const cells = { c: drawKey(draw), city: pick(draw.random, cities), v: `o${draw.next('orders')}` }
  return { topic: 'orders', key: cells.v, value: JSON.stringify(cells) }
}

/** Customers come and go; a few are in use at a time. */
function drawKey({ next, random }: Draw): string {
  return `k${Math.floor(next('keys') / recordsPerKey) + random.below(6)}`
}

function row(topic: string, k: string, draw: Draw): InputRecord {
  return { topic, key: k, value: JSON.stringify({ k, v: `${k}${draw.next(topic)}` }) }
}

type Cells = Readonly<Record<string, string>>

function cellsOf({ value }: ReadRecord): Cells {
  return value === null ? {} : (JSON.parse(String(value)) as Cells)
}

/** Each row came of what there was and belongs together, none came twice, and the newest row of each customer met all its orders. */
function auditResults(evidence: Evidence): string[] {
  const read = (topic: string): Cells[] => evidence.read(topic).map(cellsOf)
  const versions = new Map(read('customers').map((cells) => [cells['v'], cells]))
  const orders = new Map(read('orders').map((cells) => [cells['v'], cells]))
  const rows = new Map([...read('cities'), ...read('regions')].map((cells) => [cells['v'], cells['k']]))
  const given = Map.groupBy(read('joined'), ({ c, o }) => `${c} ${o}`)
  const wrong = [...given].flatMap(([pair, results]) => {
    const belongs = results.every(({ c, o, t, r }) => {
      const version = versions.get(c)
      return (
        version !== undefined &&
        orders.get(o)?.['c'] === version['k'] &&
        rows.get(t) === (evidence.variant.caching ? orders.get(o) : version)?.['city'] &&
        rows.get(r) === version['region']
      )
    })
    if (!belongs) return [`${pair} does not belong together: ${JSON.stringify(results)}`]
    return evidence.strict && results.length > 1 ? [`${pair} came out ${results.length} times`] : []
  })
  return [...wrong, ...auditNewest(evidence, [...orders.values()], given)]
}

function auditNewest(
  evidence: Evidence,
  orders: readonly Cells[],
  given: ReadonlyMap<string, readonly Cells[]>,
): string[] {
  if (!evidence.noZombies) return []
  const newest = recordsBy(evidence.read('customers'), ({ key }) => String(key))
  return [...newest].flatMap(([k, records]) => {
    const [version] = records.slice(-1).map(cellsOf)
    if (version?.['v'] === undefined) return []
    return orders
      .filter(({ c, v }) => c === k && !given.has(`${version['v']} ${v}`))
      .map(({ v }) => `order ${v} did not come out with ${k}'s newest row ${version['v']}`)
  })
}

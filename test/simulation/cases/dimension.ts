import { auditJournal } from '../audit/lists.ts'
import type { Evidence } from '../audit/evidence.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { js, keyValueStore, long, pick, sink, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import { auditCounts, copiesOf, recordsBy } from '../audit/lists.ts'

const regions = ['north', 'south', 'west']
const keys = ['k1', 'k2', 'k3', 'k4']
const partitions = 2

/** `orders` (values `number:region`) joined with the dimension `regions`, of which each thread has a whole copy, into `enriched`, and counted per key. */
export const dimensionCase: SimulationCase = {
  name: 'dimension',
  topics: { orders: partitions, regions: 1, enriched: partitions, counts: 1 },
  topology: ({ caching }) =>
    topologyOf(
      [
        { kind: 'global-table', id: 'regions', topic: 'regions', key: text, value: text, store: 'regions' },
        { kind: 'source', id: 'orders', topics: ['orders'], key: text, value: text },
        {
          kind: 'global-join',
          id: 'join',
          input: 'orders',
          table: 'regions',
          type: 'left',
          mapper: js('regionOf', 'keyValueMapper', 'value.split(":")[1]'),
          joiner: js('both', 'valueJoiner', 'value1 + "/" + value2'),
        },
        sink('join', 'enriched'),
        { kind: 'aggregate', id: 'count', input: 'join', fold: { kind: 'count' }, store: 'counts' },
        { kind: 'to-stream', id: 'counted', input: 'count' },
        sink('counted', 'counts', long),
      ],
      [
        keyValueStore('regions', { logging: 'source', persistent: false }),
        keyValueStore('counts', { value: long, caching }),
      ],
    ),
  first: (draw) => regions.map((region) => row(region, draw)),
  draw: (draw) =>
    draw.random.next() < 0.8 ? order(pick(draw.random, keys), draw) : row(pick(draw.random, regions), draw),
  last: (draw) => keys.map((key) => order(key, draw)),
  audit: (evidence) => [
    ...auditJournal(evidence, {
      wanted: evidence.read('orders'),
      found: evidence.read('enriched'),
      by: ({ key }) => String(key),
      valueIn: ({ value }) => String(value).split('/')[0] ?? '',
    }),
    ...auditVersions(evidence),
    ...auditCounts(evidence, {
      expected: copiesOf(evidence.read('orders'), ({ key }) => String(key)),
      found: recordsBy(evidence.read('counts'), ({ key }) => String(key)),
    }),
  ],
}

function order(key: string, draw: Draw): InputRecord {
  return { topic: 'orders', key, value: `${draw.next('orders')}:${pick(draw.random, regions)}` }
}

function row(region: string, draw: Draw): InputRecord {
  return { topic: 'regions', key: region, value: `v${draw.next('regions')}` }
}

/** Each found a row that was there, and the last orders, sent when all was at rest, the newest. */
function auditVersions(evidence: Evidence): string[] {
  const rows = recordsBy(evidence.read('regions'), ({ key }) => String(key))
  const wrong: string[] = []
  const lastOf = new Map<string, ReadRecord>()
  for (const record of evidence.read('enriched')) {
    const [region, seen] = joinedOf(record)
    if (rows.get(region)?.some(({ value }) => String(value) === seen) !== true)
      wrong.push(`"${region}" was joined as ${seen}, which it never was`)
    lastOf.set(String(record.key), record)
  }
  for (const [key, record] of lastOf) {
    const [region, seen] = joinedOf(record)
    const newest = String(rows.get(region)?.at(-1)?.value)
    if (seen !== newest) wrong.push(`the last order of "${key}" found ${region} as ${seen}, not as ${newest}`)
  }
  return wrong
}

function joinedOf({ value }: ReadRecord): [region: string, seen: string] {
  const [left = '', seen = ''] = String(value).split('/')
  return [left.split(':')[1] ?? '', seen]
}

import { auditJournal, recordsBy } from '../audit/lists.ts'
import type { Evidence } from '../audit/evidence.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { TableSourceNode } from '../../../src/topology/topology.ts'
import { bytes, js, keyValueStore, pick, sink, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const orders = ['o1', 'o2', 'o3', 'o4', 'o5']
const products = ['ax', 'bow', 'cup']
/**
 * Tables `orders` (values `number:product`) and `products`, otherwise partitioned, joined on the product into `joined`: over a topic to the
 * products' tasks and one back. Optimised, a left join. The orders' changes go to `journal`.
 */
export const foreignKeyJoinCase: SimulationCase = {
  name: 'foreign-key join',
  topics: { orders: 2, products: 3, joined: 2, journal: 2 },
  topology: ({ optimised }) => {
    const type = optimised ? 'left' : 'inner'
    return topologyOf(
      [
        table('orders'),
        { kind: 'to-stream', id: 'changes', input: 'orders' },
        sink('changes', 'journal'),
        {
          kind: 'foreign-key-subscribe',
          id: 'ask',
          input: 'orders',
          type,
          extractor: js('productOf', 'foreignKeyExtractor', 'value.split(":")[1]'),
          foreignKey: text,
          value: text,
        },
        { ...repartition('asked', 'ask'), partitions: 3, carries: 'subscriptions' },
        table('products'),
        {
          kind: 'foreign-key-answer',
          id: 'answer',
          input: 'asked',
          table: 'products',
          store: 'subscriptions',
          foreignKey: text,
          key: text,
        },
        { ...repartition('answers', 'answer'), partitions: 2, carries: 'answers' },
        {
          kind: 'foreign-key-resolve',
          id: 'resolve',
          input: 'answers',
          table: 'orders',
          type,
          joiner: js('both', 'valueJoiner', 'value1 + "/" + value2'),
          value: text,
        },
        { kind: 'to-table', id: 'result', input: 'resolve' },
        { kind: 'to-stream', id: 'results', input: 'result' },
        sink('results', 'joined'),
      ],
      [
        keyValueStore('orders'),
        keyValueStore('products'),
        keyValueStore('subscriptions', { key: bytes, value: bytes }),
      ],
    )
  },
  draw: (draw) =>
    draw.random.next() < 0.6
      ? order(pick(draw.random, orders), draw)
      : product(pick(draw.random, products), draw),
  last: (draw) => products.map((name) => product(name, draw)),
  audit: (evidence) => [
    ...auditJournal(evidence, {
      wanted: evidence.read('orders'),
      found: evidence.read('journal'),
      by: ({ key }) => String(key),
    }),
    ...(evidence.strict ? auditJoined(evidence) : []),
  ],
}

function table(topic: string): TableSourceNode {
  return { kind: 'table-source', id: topic, topic, key: text, value: text, store: topic }
}

function repartition(topic: string, input: string) {
  return { kind: 'repartition', id: topic, topic: `${topic}-topic`, input, key: text, value: text } as const
}

function order(key: string, draw: Draw): InputRecord {
  const value = draw.random.next() < 0.1 ? null : `${draw.next('orders')}:${pick(draw.random, products)}`
  return { topic: 'orders', key, value }
}

function product(key: string, draw: Draw): InputRecord {
  const isGone = draw.random.next() < 0.1
  return { topic: 'products', key, value: isGone ? null : `${key}${draw.next('products')}` }
}

/** Per order, its versions and those of each product come in their order, and the last result is that of both tables at the end. */
function auditJoined(evidence: Evidence): string[] {
  const rows = recordsBy(evidence.read('products'), ({ key }) => String(key))
  const results = recordsBy(evidence.read('joined'), ({ key }) => String(key))
  return [...recordsBy(evidence.read('orders'), ({ key }) => String(key))].flatMap(([key, versions]) => {
    const given = (results.get(key) ?? []).map(({ value }) => String(value))
    const last = resultOf(versions.at(-1), rows, evidence.variant.optimised)
    return [
      ...auditOrder(
        key,
        given,
        versions.map(({ value }) => String(value)),
      ),
      ...((given.at(-1) ?? 'null') === last ? [] : [`"${key}" is ${given.at(-1)} in the end, not ${last}`]),
    ]
  })
}

function resultOf(
  order: ReadRecord | undefined,
  rows: ReadonlyMap<string, readonly ReadRecord[]>,
  left: boolean,
): string {
  const value = String(order?.value)
  if (value === 'null') return 'null'
  const product = String(rows.get(value.split(':')[1] ?? '')?.at(-1)?.value ?? null)
  return product === 'null' && !left ? 'null' : `${value}/${product}`
}

function auditOrder(key: string, given: readonly string[], versions: readonly string[]): string[] {
  const newest = new Map<string, number>()
  let at = 0
  for (const result of given.filter((text) => text !== 'null')) {
    const [order = '', product = ''] = result.split('/')
    const version = versions.indexOf(order, at)
    if (version < 0) return [`"${key}" was joined as ${order} after ${versions[at]}`]
    at = version
    const number = Number(/\d+/.exec(product)?.[0] ?? 0)
    const name = product.replace(/\d+/, '')
    if (number > 0 && number < (newest.get(name) ?? 0))
      return [`"${key}" was joined with ${product} after ${name}${newest.get(name)}`]
    if (number > 0) newest.set(name, number)
  }
  return []
}

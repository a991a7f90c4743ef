import { auditJournal } from '../audit/lists.ts'
import { auditReplay, type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import { bytes, fast, js, keyValueStore, pick, sink, source, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'

const customers = ['ann', 'bob', 'cid', 'dee']
const partitions = 2
const graceMs = 15_000
const historyMs = 60_000

/**
 * `orders` and `rows` to `out` as they are; the rows become a versioned table, with whose row of its time each order is joined. Unless
 * optimised, orders wait for rows that come late.
 */
export const versionedJoinCase: SimulationCase = {
  name: 'versioned join',
  topics: { orders: partitions, rows: partitions, out: partitions },
  time: fast,
  topology: ({ optimised }) =>
    topologyOf(
      [
        source('orders'),
        source('rows'),
        { kind: 'merge', id: 'both', inputs: ['orders', 'rows'] },
        sink('both', 'out'),
        { kind: 'to-table', id: 'table', input: 'rows', store: 'versions', versioned: true },
        {
          kind: 'stream-table-join',
          id: 'join',
          input: 'orders',
          table: 'table',
          type: 'left',
          joiner: js('both', 'valueJoiner', 'value1 + "/" + value2'),
          ...(optimised ? {} : { grace: { ms: graceMs, store: 'waiting', key: text, value: text } }),
        },
        sink('join', 'out'),
      ],
      [
        {
          name: 'versions',
          kind: 'versioned',
          key: text,
          value: text,
          persistent: true,
          caching: false,
          logging: 'own',
          historyRetentionMs: historyMs,
        },
        ...(optimised ? [] : [keyValueStore('waiting', { key: bytes, value: bytes, timestamped: false })]),
      ],
    ),
  draw: (draw) => {
    const customer = pick(draw.random, customers)
    return draw.random.next() < 0.6 ? order(customer, draw) : row(customer, draw)
  },
  last: (draw) => [...customers, ...customers].map((customer) => order(customer, draw)),
  audit: (evidence) => {
    const found = evidence.read('out')
    return [
      ...auditJournal(evidence, {
        wanted: [...evidence.read('orders'), ...evidence.read('rows')],
        found: found.filter(isInput),
        by: ({ key, value }) => `${key} ${String(value).startsWith('o')}`,
      }),
      ...auditReplay(evidence, {
        found,
        isInput,
        begin: () => new NaiveVersions(evidence.variant.optimised),
      }),
    ]
  },
}

function order(customer: string, draw: Draw): InputRecord {
  return { topic: 'orders', key: customer, value: `o${draw.next('orders')}` }
}

function row(customer: string, draw: Draw): InputRecord {
  const value = draw.random.next() < 0.1 ? null : `r${draw.next('rows')}`
  return { topic: 'rows', key: customer, value }
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).includes('/')
}

class NaiveVersions implements NaiveTask {
  readonly #waits: boolean
  readonly #versions: NaiveInput[] = []
  #waiting: NaiveInput[] = []
  #tableMs = -Infinity
  #ordersMs = -Infinity

  constructor(optimised: boolean) {
    this.#waits = !optimised
  }

  take(input: NaiveInput): readonly string[] {
    if (!input.value.startsWith('o')) return this.#put(input)
    if (!this.#waits || input.timestampMs < this.#ordersMs - graceMs) return [this.#join(input)]
    this.#ordersMs = Math.max(this.#ordersMs, input.timestampMs)
    this.#waiting.push(input)
    const isDue = ({ timestampMs }: NaiveInput): boolean => timestampMs <= this.#ordersMs - graceMs
    const due = this.#waiting.filter(isDue)
    this.#waiting = this.#waiting.filter((one) => !isDue(one))
    return due
      .toSorted((a, b) => a.timestampMs - b.timestampMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map((one) => this.#join(one))
  }

  #put(input: NaiveInput): readonly string[] {
    this.#tableMs = Math.max(this.#tableMs, input.timestampMs)
    if (input.timestampMs >= this.#tableMs - historyMs) this.#versions.push(input)
    return []
  }

  /** The newest version is there for ever, one that was superseded for as long as the history goes. */
  #join({ key, value, timestampMs }: NaiveInput): string {
    const versions = this.#versions.filter((one) => one.key === key)
    const newestMs = Math.max(...versions.map((one) => one.timestampMs))
    const then = versions.filter((one) => one.timestampMs <= timestampMs)
    const isThere = newestMs <= timestampMs || timestampMs >= this.#tableMs - historyMs
    const startMs = Math.max(...then.map((one) => one.timestampMs))
    const found = isThere ? then.findLast((one) => one.timestampMs === startMs)?.value : undefined
    return `${key} ${value}/${found ?? 'null'}`
  }
}

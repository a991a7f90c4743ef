/** What is compared: the same work as a definition of Weft's and as a workload of the Java application. */
export interface Workload {
  /** In `definitions/`. */
  readonly definition: string
  /** What the generator makes; the first one is the stream whose records are counted. */
  readonly topics: readonly string[]
  /** Records that are read while the clock runs; absent: all that are in the topics. */
  readonly input?: number
  /** How many come out, where that does not depend on commits; otherwise the end is told by the offsets that are committed. */
  readonly output?: number
  /** Options of the Java application. */
  readonly streams: readonly string[]
  /** Of `weft run`. */
  readonly weft?: readonly string[]
}

const transactions = 2_000_000
const largeBudgetMib = 64

export const workloads: Readonly<Record<string, Workload>> = {
  filter: {
    definition: 'filter.yaml',
    topics: ['transactions'],
    input: transactions,
    output: 1_000_000,
    streams: ['workload=filter'],
  },
  enrich: {
    definition: 'enrich.yaml',
    topics: ['transactions', 'users'],
    input: transactions,
    output: transactions,
    streams: ['workload=enrich', 'store=memory'],
  },
  /** One minute, 100,000 keys, ten minutes of event time. */
  count: { definition: 'count.yaml', topics: ['transactions'], streams: ['workload=count'] },
  /** The first ones of it, for a smoke. */
  'count-10k': {
    definition: 'count.yaml',
    topics: ['transactions10k'],
    streams: ['workload=count', 'in=transactions10k'],
  },
  /** One minute, 10 million keys, all of it in one window: far more state than memory for it. */
  'count-large': {
    definition: 'count.yaml',
    topics: ['transactions10m'],
    streams: ['workload=count', 'in=transactions10m', `rocksMiB=${largeBudgetMib}`],
    weft: ['--state-memory', `${largeBudgetMib}MiB`],
  },
  hopping: { definition: 'hopping.yaml', topics: ['transactions'], streams: ['workload=hopping'] },
  session: { definition: 'session.yaml', topics: ['transactions'], streams: ['workload=session'] },
  /** A quarter of them, to try things out. */
  'hopping-500k': {
    definition: 'hopping.yaml',
    topics: ['transactions500k'],
    streams: ['workload=hopping', 'in=transactions500k'],
  },
  'session-500k': {
    definition: 'session.yaml',
    topics: ['transactions500k'],
    streams: ['workload=session', 'in=transactions500k'],
  },
  /** 500,000 changes of 100,000 left rows, nearly each to another one of 5,000 right rows. */
  foreign: {
    definition: 'foreign.yaml',
    topics: ['transactions500k', 'merchants'],
    input: 500_000,
    streams: ['workload=foreign', 'in=transactions500k'],
  },
  /** Ten seconds, stream and stream. */
  left: {
    definition: 'left.yaml',
    topics: ['transactions', 'confirmations'],
    streams: ['workload=left'],
  },
  /** The first quarter of it: Kafka Streams takes minutes for the whole. */
  'left-500k': {
    definition: 'left.yaml',
    topics: ['transactions500k', 'confirmations500k'],
    streams: ['workload=left', 'in=transactions500k', 'with=confirmations500k'],
  },
}

export const oddWorkloads = (records: number): Readonly<Record<string, Workload>> => ({
  filter: {
    definition: 'filter-odd.yaml',
    topics: ['odd_transactions'],
    input: records,
    output: Math.floor(records / 2),
    streams: [],
  },
  enrich: {
    definition: 'enrich-odd.yaml',
    topics: ['odd_transactions', 'odd_users'],
    input: records,
    output: Math.floor((records * 19) / 20),
    streams: [],
  },
})

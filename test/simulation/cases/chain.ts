import { auditChains, auditCounts, auditJournal, copiesOf, recordsBy } from '../audit/lists.ts'
import { js, keyValueStore, long, pairOfText, pick, sink, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const keys = ['a', 'b', 'c', 'd', 'e']
const partitions = 2

/**
 * `events`, keyed, to `journal` as they are and folded by key into a chain in which every record leaves its mark, in order; the
 * chains, by their last letter, over a repartition topic into `steps` and counted into `totals`. Three stages of tasks, two stores.
 */
export const chainCase: SimulationCase = {
  name: 'chain',
  topics: { events: partitions, journal: partitions, steps: 3, totals: 1 },
  topology: ({ caching }) =>
    topologyOf(
      [
        { kind: 'source', id: 'events', topics: ['events'], key: text, value: text },
        sink('events', 'journal'),
        {
          kind: 'aggregate',
          id: 'fold',
          input: 'events',
          fold: { kind: 'reduce', reducer: js('link', 'reducer', '(value1 + "," + value2).slice(-24)') },
          store: 'chains',
        },
        { kind: 'to-stream', id: 'chains', input: 'fold' },
        {
          kind: 'transform',
          id: 'rekey',
          input: 'chains',
          result: 'key-value',
          mapper: js('byDigit', 'keyValueTransformer', '[value.slice(-1), key + "=" + value]', {
            resultType: pairOfText,
          }),
          table: false,
        },
        {
          kind: 'repartition',
          id: 'by-digit',
          input: 'rekey',
          topic: 'by-digit-repartition',
          key: text,
          value: text,
          partitions: 3,
        },
        sink('by-digit', 'steps'),
        { kind: 'aggregate', id: 'count', input: 'by-digit', fold: { kind: 'count' }, store: 'totals' },
        { kind: 'to-stream', id: 'totals', input: 'count' },
        sink('totals', 'totals', long),
      ],
      [keyValueStore('chains', { caching }), keyValueStore('totals', { value: long, caching })],
    ),
  draw: (draw) => record(pick(draw.random, keys), draw),
  last: (draw) => keys.map((key) => record(key, draw)),
  audit: (evidence) => {
    const steps = evidence.read('steps')
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('events'),
        found: evidence.read('journal'),
        by: ({ key }) => String(key),
      }),
      ...auditChains(evidence, {
        input: recordsBy(evidence.read('events'), ({ key }) => String(key)),
        // A key's chains are spread over last letters, so only those of one letter are in order.
        found: recordsBy(steps, ({ key, value }) => `${String(value).split('=')[0]} ${key}`),
        link: (chain, value) => (chain === undefined ? value : `${chain},${value}`.slice(-24)),
        nameOf: (key, chain) => `${key} ${chain.slice(-1)}`,
        valueIn: ({ value }) => String(value).split('=')[1] ?? '',
      }),
      ...auditCounts(evidence, {
        // Done again, a step counts once where its chain was lost with the count.
        expected: copiesOf(evidence.strict ? steps : [], ({ key }) => String(key)),
        found: recordsBy(evidence.read('totals'), ({ key }) => String(key)),
      }),
    ]
  },
}

function record(key: string, draw: Draw): InputRecord {
  return { topic: 'events', key, value: `${key}${draw.next(`events-${key}`)}` }
}

import { auditJournal } from '../audit/lists.ts'
import { auditReplay, type NaiveTask } from '../audit/replay.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { FunctionRef } from '../../../src/topology/functions.ts'
import type { Node } from '../../../src/topology/topology.ts'
import { js, keyValueStore, long, mapped, pick, sink, source, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const keys = ['a', 'b', 'c', 'd']
const partitions = 2

/**
 * `events` to `out` as they are, and split there: those that end with 0 to 4 are made two; of the others, those that end with 9 are left out
 * and the rest numbered, by a function that counts in a store of its own. What comes of both goes out again, behind a slash.
 */
export const functionsCase: SimulationCase = {
  name: 'functions',
  topics: { events: partitions, out: partitions },
  topology: ({ caching }) =>
    topologyOf(
      [
        source('events'),
        sink('events', 'out'),
        {
          kind: 'split',
          id: 'split',
          input: 'events',
          predicates: [js('isSmall', 'predicate', '"01234".includes(value.slice(-1))'), null],
        },
        ...twice,
        ...numbered,
        { kind: 'merge', id: 'both', inputs: ['twice', 'numbered'] },
        { kind: 'peek', id: 'seen', input: 'both', action: js('see', 'forEach', 'value.length') },
        sink('seen', 'out'),
      ],
      [keyValueStore('numbers', { value: long, timestamped: false, caching })],
    ),
  draw: (draw) => record(pick(draw.random, keys), draw),
  last: (draw) => [...keys, ...keys].map((key) => record(key, draw)),
  audit: (evidence) => {
    const found = evidence.read('out')
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('events'),
        found: found.filter(isInput),
        by: ({ key }) => String(key),
      }),
      ...auditReplay(evidence, { found, isInput, begin }),
    ]
  },
}

const twice: readonly Node[] = [
  { kind: 'branch', id: 'small', input: 'split', index: 0 },
  {
    kind: 'transform',
    id: 'twice',
    input: 'small',
    result: 'values',
    mapper: js('twice', 'keyValueToValueListTransformer', '[value + "/x", value + "/y"]', {
      resultType: { kind: 'list', of: { kind: 'string' } },
    }),
    table: false,
  },
]

const numbered: readonly Node[] = [
  { kind: 'branch', id: 'large', input: 'split', index: 1 },
  {
    kind: 'filter',
    id: 'no nines',
    input: 'large',
    predicate: js('isNine', 'predicate', 'value.endsWith("9")'),
    negate: true,
    table: false,
  },
  {
    kind: 'transform',
    id: 'number',
    input: 'no nines',
    result: 'value',
    mapper: numbering(),
    table: false,
  },
  { kind: 'convert', id: 'as text', input: 'number', value: { from: long, to: text } },
  mapped('numbered', 'as text', '"/" + value'),
]

function numbering(): FunctionRef {
  const text = 'const number = (numbers.get(key) ?? 0) + 1\nnumbers.put(key, number)'
  const code = { text, span: { file: 'simulation.yaml', line: 2, column: 1, length: text.length } }
  const plain = js('number', 'valueTransformer', 'number', { stores: ['numbers'], resultType: long.type })
  return { ...plain, body: { ...plain.body, code } as FunctionRef['body'] }
}

function record(key: string, draw: Draw): InputRecord {
  return { topic: 'events', key, value: `e${draw.next('events')}` }
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).includes('/')
}

function begin(): NaiveTask {
  const numbers = new Map<string, number>()
  return {
    take: ({ key, value }) => {
      const digit = Number(value.slice(-1))
      if (digit < 5) return [`${key} ${value}/x`, `${key} ${value}/y`]
      if (digit === 9) return []
      numbers.set(key, (numbers.get(key) ?? 0) + 1)
      return [`${key} /${numbers.get(key)}`]
    },
  }
}

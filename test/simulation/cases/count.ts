import { auditCounts, auditJournal, copiesOf, recordsBy } from '../audit/lists.ts'
import type { Evidence } from '../audit/evidence.ts'
import { deadLetters, js, keyValueStore, long, pick, sink, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const words = ['ash', 'birch', 'cedar', 'dogwood', 'elm', 'fir', 'ginkgo']
const partitions = 2

/**
 * `words` (values `word:partition-number`) by word over a repartition topic; from there each record to `journal` as it is, and a
 * running count per word to `counts`. A word that begins with `!` makes the function fail and becomes a dead letter.
 */
export const countCase: SimulationCase = {
  name: 'count',
  topics: { words: partitions, journal: 3, counts: 2 },
  topology: ({ caching }) =>
    topologyOf(
      [
        { kind: 'source', id: 'words', topics: ['words'], key: text, value: text },
        {
          kind: 'transform',
          id: 'rekey',
          input: 'words',
          result: 'key',
          mapper: js('byWord', 'keyTransformer', 'value[0] === "!" ? nothing.here : value.split(":")[0]'),
          table: false,
        },
        {
          kind: 'repartition',
          id: 'by-word',
          input: 'rekey',
          topic: 'by-word-repartition',
          key: text,
          value: text,
          partitions: 3,
        },
        sink('by-word', 'journal'),
        { kind: 'aggregate', id: 'count', input: 'by-word', fold: { kind: 'count' }, store: 'counts' },
        { kind: 'to-stream', id: 'stream', input: 'count' },
        sink('stream', 'counts', long),
      ],
      [keyValueStore('counts', { value: long, caching })],
    ),
  draw: (draw) => {
    const partition = draw.random.below(partitions)
    return record(draw.random.next() < 0.03 ? '!bad' : pick(draw.random, words), partition, draw)
  },
  last: (draw) =>
    words.flatMap((word) =>
      Array.from({ length: partitions }, (_, partition) => record(word, partition, draw)),
    ),
  audit: (evidence) => [
    ...auditJournal(evidence, {
      wanted: goodInput(evidence),
      found: evidence.read('journal'),
      by: wordAndOrigin,
    }),
    ...auditJournal(evidence, {
      wanted: evidence.read('words').filter(({ value }) => isBad(value)),
      found: evidence.read(deadLetters),
      by: wordAndOrigin,
    }),
    ...auditCounts(evidence, {
      expected: copiesOf(goodInput(evidence), ({ value }) => wordOf(value)),
      found: recordsBy(evidence.read('counts'), ({ key }) => String(key)),
    }),
  ],
}

function record(word: string, partition: number, draw: Draw): InputRecord {
  const value = `${word}:${partition}-${draw.next(`words-${partition}`)}`
  return { topic: 'words', key: null, value, partition }
}

function goodInput(evidence: Evidence) {
  return evidence.read('words').filter(({ value }) => !isBad(value))
}

function isBad(value: Buffer | null): boolean {
  return String(value).startsWith('!')
}

function wordOf(value: Buffer | null): string {
  return String(value).split(':')[0] ?? ''
}

/** Only these are in an order that nothing may change: one word's from one input partition. */
function wordAndOrigin({ value }: { readonly value: Buffer | null }): string {
  return String(value).split('-')[0] ?? ''
}

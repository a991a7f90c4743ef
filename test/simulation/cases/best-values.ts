import { auditJournal } from '../audit/lists.ts'
import { auditReplay, type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { changesOf, fast, js, keyValueStore, mapped, pick, sink, source } from './case.ts'
import { topologyOf, windowStore } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const keys = ['a', 'b', 'c', 'd']
const partitions = 2
const withinMs = 3000
const graceMs = 60_000
const best = 3

/** `bids` to `out` as they are; those that are not too near to another of their key go on, and the best of them go out, behind an equals sign. */
export const bestValuesCase: SimulationCase = {
  name: 'best values',
  topics: { bids: partitions, out: partitions },
  time: fast,
  topology: () =>
    topologyOf(
      [
        source('bids'),
        sink('bids', 'out'),
        { kind: 'deduplicate', id: 'some', input: 'bids', withinMs, graceMs, store: 'passed' },
        {
          kind: 'aggregate',
          id: 'best',
          input: 'some',
          fold: {
            kind: 'top',
            count: best,
            by: js('rank', 'valueTransformer', rank, { resultType: { kind: 'long' } }),
            descending: true,
          },
          store: 'best',
        },
        changesOf('best'),
        mapped('list', 'best changes', '"=" + value.join(",")'),
        sink('list', 'out'),
      ],
      [
        windowStore('passed', {
          value: { notation: 'binary', type: { kind: 'boolean' } },
          windowSizeMs: withinMs,
          retentionMs: withinMs + graceMs,
        }),
        keyValueStore('best', {
          value: { notation: 'json', type: { kind: 'list', of: { kind: 'string' } } },
        }),
      ],
    ),
  draw: (draw) => bid(pick(draw.random, keys), draw),
  last: (draw) => keys.map((key) => bid(key, draw)),
  audit: (evidence) => {
    const found = evidence.read('out')
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('bids'),
        found: found.filter(isInput),
        by: ({ key }) => String(key),
      }),
      ...auditReplay(evidence, { found, isInput, begin: () => new NaiveBest() }),
    ]
  },
}

/** `b17` is worth 17 of 50, `b67` as much, and the earlier one is better. */
const rank = 'Number(value.slice(1)) % 50'

function bid(key: string, draw: Draw): InputRecord {
  return { topic: 'bids', key, value: `b${draw.next('bids')}` }
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).startsWith('=')
}

class NaiveBest implements NaiveTask {
  #passed: NaiveInput[] = []
  #timeMs = -Infinity

  take(input: NaiveInput): string[] {
    const { key, timestampMs } = input
    this.#timeMs = Math.max(this.#timeMs, timestampMs)
    const mine = this.#passed.filter((one) => one.key === key)
    const isNear = mine.some((one) => Math.abs(one.timestampMs - timestampMs) < withinMs)
    if (isNear || timestampMs < this.#timeMs - graceMs) return []
    this.#passed.push(input)
    const worth = ({ value }: NaiveInput): number => Number(value.slice(1)) % 50
    const list = [...mine, input].toSorted((a, b) => worth(b) - worth(a)).slice(0, best)
    return [`${key} =${list.map(({ value }) => value).join(',')}`]
  }
}

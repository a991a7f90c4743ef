import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { auditJournal } from '../audit/lists.ts'
import { auditReplay, type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import { fast, js, keyValueStore, long, pick, sink, source, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const keys = ['a', 'b', 'c', 'd']
const partitions = 2
const everyMs = 4000

/** `clicks` to `out` as they are; every four seconds of their time, how many there were of each key, behind an equals sign. */
export const punctuatorsCase: SimulationCase = {
  name: 'punctuators',
  topics: { clicks: partitions, out: partitions },
  time: fast,
  topology: () =>
    topologyOf(
      [
        source('clicks'),
        sink('clicks', 'out'),
        {
          kind: 'peek',
          id: 'count',
          input: 'clicks',
          action: js('count', 'forEach', 'seen.put(key, (seen.get(key) ?? 0) + 1)', { stores: ['seen'] }),
        },
        {
          kind: 'punctuate',
          id: 'report',
          input: 'count',
          everyMs,
          time: 'stream',
          punctuator: js(
            'report',
            'punctuator',
            '[...seen.all()].map(({ key, value }) => [key, "=" + value])',
            {
              parameters: [{ name: 'timestamp' }],
              stores: ['seen'],
              resultType: {
                kind: 'list',
                of: { kind: 'tuple', of: [{ kind: 'string' }, { kind: 'string' }] },
              },
            },
          ),
        },
        sink('report', 'out'),
      ],
      [keyValueStore('seen', { value: long, timestamped: false })],
    ),
  draw: (draw) => click(pick(draw.random, keys), draw),
  last: (draw) => keys.map((key) => click(key, draw)),
  audit: (evidence) => {
    const found = evidence.read('out')
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('clicks'),
        found: found.filter(isInput),
        by: ({ key }) => String(key),
      }),
      ...auditReplay(evidence, { found, isInput, begin: () => new NaiveReport() }),
    ]
  },
}

function click(key: string, draw: Draw): InputRecord {
  return { topic: 'clicks', key, value: `c${draw.next('clicks')}` }
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).startsWith('=')
}

class NaiveReport implements NaiveTask {
  readonly #counts = new Map<string, number>()
  #timeMs = -1
  #told = -1

  take({ key, timestampMs }: NaiveInput): string[] {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    this.#timeMs = Math.max(this.#timeMs, timestampMs)
    const now = Math.floor(this.#timeMs / everyMs)
    if (now === this.#told) return []
    this.#told = now
    return [...this.#counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} =${count}`)
  }
}

import { auditJournal } from '../audit/lists.ts'
import { auditReplay, type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { changesOf, fast, js, keyValueStore, mapped, sink, source, topologyOf } from './case.ts'
import { pick } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const partitions = 2
const timeToLiveMs = 40_000

/** `steps` to `out` as they are, and folded there by key into chains, behind an equals sign; a chain that is not added to for a while is forgotten. */
export const expiringCase: SimulationCase = {
  name: 'expiring',
  topics: { steps: partitions, out: partitions },
  time: fast,
  topology: () =>
    topologyOf(
      [
        source('steps'),
        sink('steps', 'out'),
        {
          kind: 'aggregate',
          id: 'fold',
          input: 'steps',
          fold: { kind: 'reduce', reducer: js('link', 'reducer', 'value1 + "," + value2') },
          store: 'chains',
        },
        changesOf('fold'),
        mapped('shown', 'fold changes', '"=" + value'),
        sink('shown', 'out'),
      ],
      [keyValueStore('chains', { timeToLiveMs })],
    ),
  draw: (draw) => step(pick(draw.random, keys), draw),
  last: (draw) => keys.map((key) => step(key, draw)),
  audit: (evidence) => {
    const found = evidence.read('out')
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('steps'),
        found: found.filter(isInput),
        by: ({ key }) => String(key),
      }),
      ...auditReplay(evidence, { found, isInput, begin: () => new NaiveChains() }),
    ]
  },
}

function step(key: string, draw: Draw): InputRecord {
  return { topic: 'steps', key, value: `s${draw.next('steps')}` }
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).startsWith('=')
}

/** A chain is as old as its newest step. */
class NaiveChains implements NaiveTask {
  readonly #chains = new Map<string, { readonly chain: string; readonly timestampMs: number }>()
  #timeMs = -Infinity

  take({ key, value, timestampMs }: NaiveInput): string[] {
    const found = this.#chains.get(key)
    const known = found !== undefined && this.#isAlive(found.timestampMs) ? found : undefined
    const chain = known === undefined ? value : `${known.chain},${value}`
    const newestMs = Math.max(timestampMs, known?.timestampMs ?? 0)
    this.#timeMs = Math.max(this.#timeMs, newestMs)
    if (this.#isAlive(newestMs)) this.#chains.set(key, { chain, timestampMs: newestMs })
    return [`${key} =${chain}`]
  }

  #isAlive(timestampMs: number): boolean {
    return timestampMs > this.#timeMs - timeToLiveMs
  }
}

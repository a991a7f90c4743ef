import { auditJournal } from '../audit/lists.ts'
import { auditReplay, type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { bytes, changesOf, fast, keyValueStore, mapped, pick, sink, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const keys = ['a', 'b', 'c', 'd', 'e', 'f']
const partitions = 2
const waitMs = 15_000
const roomFor = 3

/**
 * Table `rows`, whose changes go to `out` as they are, and there once more, behind an equals sign, when they have been held back for a while:
 * of each key the last. Optimised, there is room for few, and the first go early.
 */
export const heldBackCase: SimulationCase = {
  name: 'held back',
  topics: { rows: partitions, out: partitions },
  time: fast,
  topology: ({ optimised }) =>
    topologyOf(
      [
        { kind: 'table-source', id: 'rows', topic: 'rows', key: text, value: text, store: 'rows' },
        changesOf('rows'),
        sink('rows changes', 'out'),
        {
          kind: 'suppress',
          id: 'last',
          input: 'rows',
          until: { kind: 'time-limit', durationMs: waitMs },
          ...(optimised ? { maxRecords: roomFor } : {}),
          whenFull: 'emit',
          key: text,
          value: text,
          store: 'held',
        },
        changesOf('last'),
        mapped('shown', 'last changes', '"=" + value'),
        sink('shown', 'out'),
      ],
      [keyValueStore('rows'), keyValueStore('held', { key: bytes, value: bytes, timestamped: false })],
    ),
  draw: (draw) => row(pick(draw.random, keys), draw),
  last: (draw) => keys.map((key) => row(key, draw)),
  audit: (evidence) => {
    const found = evidence.read('out')
    const begin = (): NaiveTask => new NaiveBuffer(evidence.variant.optimised ? roomFor : Infinity)
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('rows'),
        found: found.filter(isInput),
        by: ({ key }) => String(key),
      }),
      ...auditReplay(evidence, { found, isInput, begin }),
    ]
  },
}

function row(key: string, draw: Draw): InputRecord {
  const isGone = draw.random.next() < 0.1
  return { topic: 'rows', key, value: isGone ? null : `r${draw.next('rows')}` }
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).startsWith('=')
}

class NaiveBuffer implements NaiveTask {
  readonly #room: number
  #held: NaiveInput[] = []
  #timeMs = -Infinity

  constructor(room: number) {
    this.#room = room
  }

  take(input: NaiveInput): string[] {
    this.#timeMs = Math.max(this.#timeMs, input.timestampMs)
    const known = this.#held.find(({ key }) => key === input.key)
    const since = known === undefined ? input : { ...input, timestampMs: known.timestampMs }
    this.#held = [...this.#held.filter(({ key }) => key !== input.key), since].toSorted(
      (a, b) => a.timestampMs - b.timestampMs || (a.key < b.key ? -1 : 1),
    )
    const due = this.#held.filter(({ timestampMs }) => timestampMs <= this.#timeMs - waitMs).length
    const go = Math.max(due, this.#held.length - this.#room)
    return this.#held.splice(0, go).map(({ key, value }) => `${key} =${value}`)
  }
}

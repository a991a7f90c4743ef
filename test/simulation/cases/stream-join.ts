import { auditJournal } from '../audit/lists.ts'
import { auditReplay, type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import { bytes, fast, js, keyValueStore, pick, sink, source, text, topologyOf, windowStore } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import type { Evidence } from '../audit/evidence.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { StreamJoinNode } from '../../../src/topology/stream-join-nodes.ts'

const keys = ['a', 'b', 'c', 'd', 'e']
const partitions = 2
const join = { beforeMs: 3000, afterMs: 6000, graceMs: 20_000 }
const retentionMs = join.beforeMs + join.afterMs + join.graceMs
/** After this, no one waits for a partner any more. */
const longAfterMs = 300_000

/**
 * `lefts` and `rights` to `out` as they are, and there joined where their times are near. Optimised, an inner join; else a left one, whose
 * lonely records go out when their time is over.
 */
export const streamJoinCase: SimulationCase = {
  name: 'stream join',
  topics: { lefts: partitions, rights: partitions, out: partitions },
  time: fast,
  topology: ({ optimised }) =>
    topologyOf(
      [
        source('lefts'),
        source('rights'),
        { kind: 'merge', id: 'both', inputs: ['lefts', 'rights'] },
        sink('both', 'out'),
        joinNode(optimised),
        sink('join', 'out'),
      ],
      [
        ...['left', 'right'].map((name) =>
          windowStore(name, {
            windowSizeMs: join.beforeMs + join.afterMs,
            retentionMs,
            retainDuplicates: true,
            timestamped: false,
          }),
        ),
        ...(optimised ? [] : [keyValueStore('alone', { key: bytes, value: bytes, timestamped: false })]),
      ],
    ),
  draw: (draw) => record(draw.random.next() < 0.5 ? 'lefts' : 'rights', pick(draw.random, keys), draw),
  last: (draw) => [
    ...keys.flatMap((key) => [record('lefts', key, draw), record('rights', key, draw)]),
    ...keys.map((key) => ({ ...record('lefts', key, draw), aheadMs: longAfterMs })),
  ],
  audit: (evidence) => {
    const found = evidence.read('out')
    return [
      ...auditJournal(evidence, {
        wanted: [...evidence.read('lefts'), ...evidence.read('rights')],
        found: found.filter(isInput),
        by: ({ key, value }) => `${key} ${String(value).slice(0, 1)}`,
      }),
      ...auditReplay(evidence, {
        found: found.filter((one) => !isAlone(one)),
        isInput,
        begin: () => new NaiveJoin(),
      }),
      ...(evidence.variant.optimised ? [] : auditAlone(evidence, found)),
    ]
  },
}

function joinNode(inner: boolean): StreamJoinNode {
  return {
    kind: 'stream-join',
    id: 'join',
    left: 'lefts',
    right: 'rights',
    type: inner ? 'inner' : 'left',
    joiner: js('both', 'valueJoiner', 'value1 + "/" + value2'),
    ...join,
    key: text,
    leftValue: text,
    rightValue: text,
    leftStore: 'left',
    rightStore: 'right',
    ...(inner ? {} : { unmatchedStore: 'alone' }),
  }
}

function record(topic: 'lefts' | 'rights', key: string, draw: Draw): InputRecord {
  return { topic, key, value: `${topic[0]}${draw.next(topic)}` }
}

function isInput({ value }: Pick<ReadRecord, 'value'>): boolean {
  return !String(value).includes('/')
}

function isAlone({ value }: ReadRecord): boolean {
  return String(value).endsWith('/null')
}

/** Both sides, as long as they are kept. */
class NaiveJoin implements NaiveTask {
  readonly #sides = { l: new NaiveSide(), r: new NaiveSide() }

  take(input: NaiveInput): readonly string[] {
    return this.partners(input).map((partner) =>
      isLeft(input) ? `${input.key} ${input.value}/${partner}` : `${input.key} ${partner}/${input.value}`,
    )
  }

  /** Keeps a record. @returns those of the other side that it meets */
  partners(input: NaiveInput): readonly string[] {
    const [own, other] = isLeft(input) ? [this.#sides.l, this.#sides.r] : [this.#sides.r, this.#sides.l]
    const [before, after] = isLeft(input) ? [join.beforeMs, join.afterMs] : [join.afterMs, join.beforeMs]
    own.keep(input)
    return other.within(input.key, input.timestampMs - before, input.timestampMs + after)
  }
}

class NaiveSide {
  #timeMs = -Infinity
  #kept: NaiveInput[] = []

  keep(input: NaiveInput): void {
    this.#timeMs = Math.max(this.#timeMs, input.timestampMs)
    this.#kept = [...this.#kept, input].filter(({ timestampMs }) => timestampMs > this.#timeMs - retentionMs)
  }

  within(key: string, fromMs: number, toMs: number): string[] {
    return this.#kept
      .filter((one) => one.key === key && one.timestampMs >= fromMs && one.timestampMs <= toMs)
      .toSorted((a, b) => a.timestampMs - b.timestampMs)
      .map(({ value }) => value)
  }
}

function isLeft({ value }: NaiveInput): boolean {
  return value.startsWith('l')
}

/** A left record goes out alone once, when its time is over, if it has not met anyone until then; in the end, no such one is missing. */
function auditAlone(evidence: Evidence, found: readonly ReadRecord[]): string[] {
  if (!evidence.strict) return []
  return [...Map.groupBy(found, ({ partition }) => partition).values()].flatMap(auditAloneIn)
}

function auditAloneIn(records: readonly ReadRecord[]): string[] {
  const waiting = new Map<string, number>()
  const wrong: string[] = []
  let timeMs = -Infinity
  for (const [index, { value, timestampMs }] of records.entries()) {
    const said = String(value)
    const [left = '', right] = said.split('/')
    if (right === undefined) {
      timeMs = Math.max(timeMs, timestampMs)
      if (said.startsWith('l')) waiting.set(said, timestampMs)
      continue
    }
    const sinceMs = waiting.get(left)
    if (right !== 'null') waiting.delete(left)
    else if (sinceMs === undefined) wrong.push(`${left} went out alone, and was not alone or had gone out`)
    else if (sinceMs + join.afterMs >= timeMs) wrong.push(`${left} went out alone before its time was over`)
    else waiting.delete(left)
    if (index === records.length - 1) break
  }
  const over = [...waiting].filter(
    ([, sinceMs]) => sinceMs + join.afterMs + join.graceMs < timeMs - longAfterMs / 2,
  )
  return [...wrong, ...over.map(([left]) => `${left} is still alone, and never went out`)]
}

import { auditJournal } from '../audit/lists.ts'
import { auditReplay, type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import { fast, js, listStore, pick, sink, source, text, topologyOf, windowStore } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import type { Evidence } from '../audit/evidence.ts'
import type { Variant } from '../variant.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { StreamJoinNode } from '../../../src/topology/stream-join-nodes.ts'

const keys = ['a', 'b', 'c', 'd', 'e']
const partitions = 2
const join = { beforeMs: 3000, afterMs: 6000, graceMs: 20_000 }
const retentionMs = join.beforeMs + join.afterMs + join.graceMs
/** After this, no one waits for a partner any more. */
const longAfterMs = 300_000

/**
 * `lefts` and `rights` to `out` as they are, and there joined where their times are near. Optimised, an inner join; else a left one, or with
 * caching, which makes no difference to its stores, an outer one: lonely records go out when their time is over.
 */
export const streamJoinCase: SimulationCase = {
  name: 'stream join',
  topics: { lefts: partitions, rights: partitions, out: partitions },
  time: fast,
  topology: (variant) =>
    topologyOf(
      [
        source('lefts'),
        source('rights'),
        { kind: 'merge', id: 'both', inputs: ['lefts', 'rights'] },
        sink('both', 'out'),
        joinNode(typeOf(variant)),
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
        ...(typeOf(variant) === 'inner' ? [] : [listStore('alone')]),
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
      ...auditAlone(evidence, found),
    ]
  },
}

function typeOf({ caching, optimised }: Variant): StreamJoinNode['type'] {
  if (optimised) return 'inner'
  return caching ? 'outer' : 'left'
}

function joinNode(type: StreamJoinNode['type']): StreamJoinNode {
  return {
    kind: 'stream-join',
    id: 'join',
    left: 'lefts',
    right: 'rights',
    type,
    joiner: js('both', 'valueJoiner', 'value1 + "/" + value2'),
    ...join,
    key: text,
    leftValue: text,
    rightValue: text,
    leftStore: 'left',
    rightStore: 'right',
    ...(type === 'inner' ? {} : { unmatchedStore: 'alone' }),
  }
}

function record(topic: 'lefts' | 'rights', key: string, draw: Draw): InputRecord {
  return { topic, key, value: `${topic[0]}${draw.next(topic)}` }
}

function isInput({ value }: Pick<ReadRecord, 'value'>): boolean {
  return !String(value).includes('/')
}

function isAlone({ value }: ReadRecord): boolean {
  return String(value).split('/').includes('null')
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

/** How long a record may find a partner after its own time, if it may go out alone at all. */
function waitsMs(type: StreamJoinNode['type']): Readonly<Record<string, number | undefined>> {
  return {
    ...(type === 'inner' ? {} : { l: join.afterMs }),
    ...(type === 'outer' ? { r: join.beforeMs } : {}),
  }
}

/** A record goes out alone once, when its time is over, if it has not met anyone until then; in the end, no such one is missing. */
function auditAlone(evidence: Evidence, found: readonly ReadRecord[]): string[] {
  if (!evidence.strict) return []
  const waits = waitsMs(typeOf(evidence.variant))
  return [...Map.groupBy(found, ({ partition }) => partition).values()].flatMap((records) =>
    auditAloneIn(records, waits),
  )
}

function auditAloneIn(records: readonly ReadRecord[], waits: ReturnType<typeof waitsMs>): string[] {
  /** When nobody can be met any more, by record. */
  const waiting = new Map<string, number>()
  const wrong: string[] = []
  let timeMs = -Infinity
  for (const { value, timestampMs } of records) {
    const parts = String(value).split('/')
    const [first = ''] = parts.filter((part) => part !== 'null')
    if (parts.length === 1) {
      timeMs = Math.max(timeMs, timestampMs)
      const waitMs = waits[first.slice(0, 1)]
      if (waitMs !== undefined) waiting.set(first, timestampMs + waitMs)
      continue
    }
    const untilMs = waiting.get(first)
    if (parts.includes('null') && untilMs === undefined)
      wrong.push(`${first} went out alone, and was not alone or had gone out`)
    else if (parts.includes('null') && Number(untilMs) >= timeMs)
      wrong.push(`${first} went out alone before its time was over`)
    for (const part of parts) waiting.delete(part)
  }
  const over = [...waiting].filter(([, untilMs]) => untilMs + join.graceMs < timeMs - longAfterMs / 2)
  return [...wrong, ...over.map(([name]) => `${name} is still alone, and never went out`)]
}

import { type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import { js, sink, source, topologyOf, windowStore } from './case.ts'
import type { SimulationCase } from './case.ts'
import { auditWindows, ticksCase } from './windows.ts'

const join = { beforeMs: 3000, afterMs: 6000 }
/** Longer than any record is late. */
const graceMs = 200_000

/** `ticks` to `out` as they are, and joined there with themselves out of one store. */
export const selfJoinCase: SimulationCase = {
  ...ticksCase('self-join'),
  topology: () =>
    topologyOf(
      [
        source('ticks'),
        sink('ticks', 'out'),
        {
          kind: 'self-join',
          id: 'join',
          input: 'ticks',
          joiner: js('both', 'valueJoiner', 'value1 + "=" + value2'),
          givesKey: true,
          ...join,
          store: 'ticks',
        },
        sink('join', 'out'),
      ],
      [
        windowStore('ticks', {
          windowSizeMs: join.beforeMs + join.afterMs,
          retentionMs: join.beforeMs + join.afterMs + graceMs,
          retainDuplicates: true,
          timestamped: false,
        }),
      ],
    ),
  audit: (evidence) => auditWindows(evidence, { begin: () => new NaiveSelfJoin(), caching: false }),
}

/** Each record as the left one with those before it, then as the right one, and among these with itself. */
class NaiveSelfJoin implements NaiveTask {
  readonly #records: NaiveInput[] = []

  take(input: NaiveInput): string[] {
    const { key, value } = input
    const lefts = this.#near(input, join.beforeMs, join.afterMs).map((one) => `${value}=${one.value}`)
    this.#records.push(input)
    const rights = this.#near(input, join.afterMs, join.beforeMs).map((one) => `${one.value}=${value}`)
    return [...lefts, ...rights].map((line) => `${key} ${line}`)
  }

  /** By time, and where that is equal as they came. */
  #near({ key, timestampMs }: NaiveInput, beforeMs: number, afterMs: number): NaiveInput[] {
    return this.#records
      .filter((one) => one.key === key)
      .filter((one) => one.timestampMs >= timestampMs - beforeMs && one.timestampMs <= timestampMs + afterMs)
      .toSorted((a, b) => a.timestampMs - b.timestampMs)
  }
}

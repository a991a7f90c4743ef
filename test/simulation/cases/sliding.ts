import { type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import { js, sink, source, text, topologyOf, unwindowed, windowStore } from './case.ts'
import type { SimulationCase } from './case.ts'
import { auditWindows, ticksCase } from './windows.ts'

const differenceMs = 20_000
/** Longer than any record is late: which windows hold what can then be said from the records alone. */
const graceMs = 200_000

/**
 * `ticks` to `out` as they are, and folded there by key and sliding windows into what each window holds, in the order of its letters: with a
 * record that comes late, windows are made of what others have. Optimised, a window comes out once, when it has closed.
 */
export const slidingCase: SimulationCase = {
  ...ticksCase('sliding windows'),
  topology: ({ caching, optimised }) =>
    topologyOf(
      [
        source('ticks'),
        sink('ticks', 'out'),
        {
          kind: 'window-aggregate',
          id: 'fold',
          input: 'ticks',
          windows: { kind: 'sliding', differenceMs, graceMs },
          fold: {
            kind: 'reduce',
            reducer: js('link', 'reducer', '(value1 + "," + value2).split(",").sort().join(",")'),
          },
          store: 'windows',
          emit: optimised ? 'close' : 'update',
        },
        ...unwindowed('fold'),
        sink('fold unwindowed', 'out', text),
      ],
      [
        windowStore('windows', {
          windowSizeMs: differenceMs,
          retentionMs: 4 * (differenceMs + graceMs),
          caching,
        }),
      ],
    ),
  audit: (evidence) => {
    const { caching, optimised } = evidence.variant
    return auditWindows(evidence, {
      begin: () => new NaiveSliding(optimised),
      caching: caching && !optimised,
    })
  },
}

interface Place {
  readonly key: string
  readonly startMs: number
}

/** A window ends with each record, and one begins just after it where that holds anything. */
class NaiveSliding implements NaiveTask {
  readonly #onClose: boolean
  readonly #records = new Map<string, NaiveInput[]>()
  /** Windows that may be there, and have not closed. */
  #open: Place[] = []
  #timeMs = -Infinity

  constructor(onClose: boolean) {
    this.#onClose = onClose
  }

  take(input: NaiveInput): string[] {
    this.#timeMs = Math.max(this.#timeMs, input.timestampMs)
    if (this.#onClose) return this.#closed(input)
    const before = this.#startsNear(input)
    this.#keep(input)
    return this.#changed(input, before)
  }

  #keep(input: NaiveInput): void {
    this.#records.set(input.key, [...(this.#records.get(input.key) ?? []), input])
  }

  /** Those that were there, the latest first; then what begins after the record before, ends with this one, begins after it. */
  #changed(input: NaiveInput, before: readonly number[]): string[] {
    const { key, timestampMs } = input
    const holds = (startMs: number): boolean =>
      startMs <= timestampMs && startMs + differenceMs >= timestampMs
    const known = before.filter(holds).toSorted((a, b) => b - a)
    const made = this.#startsNear(input).filter((startMs) => !before.includes(startMs))
    const ends = timestampMs - differenceMs
    const after = timestampMs + 1
    const between = made.filter((startMs) => startMs !== ends && startMs !== after)
    const rest = [ends, after].filter((startMs) => made.includes(startMs))
    return [...known, ...between, ...rest].map((startMs) => this.#lineOf({ key, startMs }))
  }

  #closed(input: NaiveInput): string[] {
    this.#keep(input)
    const { key, timestampMs } = input
    for (const startMs of [timestampMs - differenceMs, timestampMs + 1])
      if (!this.#open.some((one) => one.key === key && one.startMs === startMs))
        this.#open.push({ key, startMs })
    const isOver = ({ startMs }: Place): boolean => startMs + differenceMs < this.#timeMs - graceMs
    const over = this.#open.filter(isOver)
    this.#open = this.#open.filter((one) => !isOver(one))
    return over
      .filter((one) => this.#within(one).length > 0)
      .toSorted((a, b) => a.startMs - b.startMs || (a.key < b.key ? -1 : 1))
      .map((one) => this.#lineOf(one))
  }

  /** Of windows that may hold what is near a record. */
  #startsNear({ key, timestampMs: atMs }: NaiveInput): number[] {
    const near = (this.#records.get(key) ?? []).filter(
      ({ timestampMs }) => Math.abs(timestampMs - atMs) <= 2 * differenceMs,
    )
    const starts = near.flatMap(({ timestampMs }) => [timestampMs - differenceMs, timestampMs + 1])
    return [...new Set(starts)].filter((startMs) => this.#within({ key, startMs }).length > 0)
  }

  #within({ key, startMs }: Place): NaiveInput[] {
    const endMs = startMs + differenceMs
    return (this.#records.get(key) ?? []).filter(
      ({ timestampMs }) => timestampMs >= startMs && timestampMs <= endMs,
    )
  }

  #lineOf({ key, startMs }: Place): string {
    const values = this.#within({ key, startMs }).map(({ value }) => value)
    return `${key} ${startMs}-${startMs + differenceMs}=${values.toSorted().join(',')}`
  }
}

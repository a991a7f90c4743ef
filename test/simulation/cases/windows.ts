import { auditJournal } from '../audit/lists.ts'
import { auditReplay, auditReplayCached, type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import { bytes, fast, js, keyValueStore, pick, sink, source, text, topologyOf } from './case.ts'
import { unwindowed, windowStore } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import type { Evidence } from '../audit/evidence.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { Node } from '../../../src/topology/topology.ts'
import type { Windows } from '../../../src/topology/windows.ts'
import type { Variant } from '../variant.ts'

const keys = ['a', 'b', 'c', 'd']
const partitions = 2
const sizeMs = 40_000
const stepMs = 20_000
const graceMs = 30_000
/** Results wait for their window's end in spite of any leap of time. */
const longMs = 600_000
const hopping: Windows = { kind: 'hopping', sizeMs, advanceMs: stepMs, graceMs }

interface Span {
  readonly startMs: number
  readonly endMs: number
}

/** All windows that hold a time, the earliest first. */
type SpansOf = (timeMs: number) => readonly Span[]

/** Optimised, a window comes out once, when it has closed; else at each change. */
export const hoppingCase = windowsCase('hopping windows', hopping, hoppingSpans)

/** All begin at multiples of the size, and one ends with each step. */
export const cumulatingCase = windowsCase(
  'cumulating windows',
  { kind: 'cumulating', sizeMs, stepMs, graceMs },
  (timeMs) => {
    const startMs = Math.floor(timeMs / sizeMs) * sizeMs
    return [stepMs, sizeMs]
      .map((lengthMs) => ({ startMs, endMs: startMs + lengthMs }))
      .filter(({ endMs }) => endMs > timeMs)
  },
)

/** Hopping windows that tell of each change; a buffer behind them keeps the last one of each until it has closed. */
export const suppressedCase: SimulationCase = {
  ...ticksCase('suppressed windows'),
  topology: () =>
    topologyOf(
      [
        ...foldNodes(hopping, 'update'),
        {
          kind: 'suppress',
          id: 'last',
          input: 'fold',
          until: { kind: 'window-close', graceMs },
          whenFull: 'emit',
          key: { notation: 'binary', type: { kind: 'windowed', of: { kind: 'string' }, sizeMs } },
          value: text,
          store: 'held',
        },
        ...unwindowed('last'),
        sink('last unwindowed', 'out', text),
      ],
      [
        windowStore('windows', { windowSizeMs: sizeMs, retentionMs: longMs }),
        keyValueStore('held', { key: bytes, value: bytes, timestamped: false }),
      ],
    ),
  audit: (evidence) => auditTicks(evidence, { caching: false, optimised: true }, hoppingSpans),
}

function hoppingSpans(timeMs: number): Span[] {
  const lastMs = Math.floor(timeMs / stepMs) * stepMs
  return [lastMs - stepMs, lastMs].map((startMs) => ({ startMs, endMs: startMs + sizeMs }))
}

/** `ticks` to `out` as they are, and folded there by key and windows into chains in which every tick leaves its mark. */
function windowsCase(name: string, windows: Windows, spansOf: SpansOf): SimulationCase {
  return {
    ...ticksCase(name),
    topology: ({ caching, optimised }) =>
      topologyOf(
        [
          ...foldNodes(windows, optimised ? 'close' : 'update'),
          ...unwindowed('fold'),
          sink('fold unwindowed', 'out', text),
        ],
        [
          windowStore('windows', {
            windowSizeMs: windows.kind === 'cumulating' ? stepMs : sizeMs,
            retentionMs: optimised ? longMs : sizeMs + graceMs,
            caching,
          }),
        ],
      ),
    audit: (evidence) => auditTicks(evidence, evidence.variant, spansOf),
  }
}

export function ticksCase(name: string): Omit<SimulationCase, 'topology' | 'audit'> {
  return {
    name,
    topics: { ticks: partitions, out: partitions },
    time: fast,
    draw: (draw) => record(pick(draw.random, keys), draw),
    last: (draw) => [...keys, ...keys].map((key) => record(key, draw)),
  }
}

function record(key: string, draw: Draw): InputRecord {
  return { topic: 'ticks', key, value: `t${draw.next('ticks')}` }
}

function foldNodes(windows: Windows, emit: 'update' | 'close'): Node[] {
  const reducer = js('link', 'reducer', 'value1 + "," + value2')
  return [
    source('ticks'),
    sink('ticks', 'out'),
    {
      kind: 'window-aggregate',
      id: 'fold',
      input: 'ticks',
      windows,
      fold: { kind: 'reduce', reducer },
      store: 'windows',
      emit,
    },
  ]
}

function auditTicks(evidence: Evidence, { caching, optimised }: Variant, spansOf: SpansOf): string[] {
  const replay = { begin: () => new NaiveWindows(spansOf, optimised) }
  return auditWindows(evidence, { ...replay, caching: caching && !optimised })
}

interface WindowAudit {
  readonly begin: () => NaiveTask
  /** Whether only what stands at a commit comes out. */
  readonly caching: boolean
}

/** Ticks come out as they are; what comes of them is in lines with `=`. */
export function auditWindows(evidence: Evidence, { begin, caching }: WindowAudit): string[] {
  const found = evidence.read('out')
  const replay = { found, isInput, begin }
  return [
    ...auditJournal(evidence, {
      wanted: evidence.read('ticks'),
      found: found.filter(isInput),
      by: ({ key }) => String(key),
    }),
    ...(caching
      ? auditReplayCached(evidence, replay, (line) => line.split('=')[0] ?? '')
      : auditReplay(evidence, replay)),
  ]
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).includes('=')
}

interface NaiveWindow extends Span {
  readonly key: string
  readonly chain: string
}

/** Each window of each key, and what it came to. */
class NaiveWindows implements NaiveTask {
  readonly #spansOf: SpansOf
  readonly #onClose: boolean
  readonly #windows = new Map<string, NaiveWindow>()
  #closedMs = -Infinity

  constructor(spansOf: SpansOf, onClose: boolean) {
    this.#spansOf = spansOf
    this.#onClose = onClose
  }

  take({ key, value, timestampMs }: NaiveInput): string[] {
    this.#closedMs = Math.max(this.#closedMs, timestampMs - graceMs)
    const changed = this.#spansOf(timestampMs)
      .filter(({ endMs }) => endMs > this.#closedMs)
      .map((span) => {
        const name = `${key} ${span.startMs}-${span.endMs}`
        const before = this.#windows.get(name)
        const chain = before === undefined ? value : `${before.chain},${value}`
        const window = { ...span, key, chain }
        this.#windows.set(name, window)
        return window
      })
    return (this.#onClose ? this.#takeClosed() : changed).map(lineOf)
  }

  #takeClosed(): NaiveWindow[] {
    const over = [...this.#windows].filter(([, { endMs }]) => endMs <= this.#closedMs)
    for (const [name] of over) this.#windows.delete(name)
    return over
      .map(([, window]) => window)
      .toSorted((a, b) => a.endMs - b.endMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  }
}

function lineOf({ key, startMs, endMs, chain }: NaiveWindow): string {
  return `${key} ${startMs}-${endMs}=${chain}`
}

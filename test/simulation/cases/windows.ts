import { auditJournal } from '../audit/lists.ts'
import { auditReplay, auditReplayCached, type NaiveTask } from '../audit/replay.ts'
import { fast, js, pick, sink, source, text, topologyOf, unwindowed, windowStore } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'

const keys = ['a', 'b', 'c', 'd']
const partitions = 2
const windows = { sizeMs: 40_000, advanceMs: 20_000, graceMs: 30_000 }
/** Results wait for their window's end in spite of any leap of time. */
const longMs = 600_000

/**
 * `ticks` to `out` as they are, and folded there by key and hopping windows into chains in which every tick leaves its mark. Optimised, a
 * window comes out once, when it has closed; else at each change.
 */
export const windowsCase: SimulationCase = {
  name: 'windows',
  topics: { ticks: partitions, out: partitions },
  time: fast,
  topology: ({ caching, optimised }) =>
    topologyOf(
      [
        source('ticks'),
        sink('ticks', 'out'),
        {
          kind: 'window-aggregate',
          id: 'fold',
          input: 'ticks',
          windows: { kind: 'hopping', ...windows },
          fold: { kind: 'reduce', reducer: js('link', 'reducer', 'value1 + "," + value2') },
          store: 'windows',
          emit: optimised ? 'close' : 'update',
        },
        ...unwindowed('fold'),
        sink('fold unwindowed', 'out', text),
      ],
      [
        windowStore('windows', {
          windowSizeMs: windows.sizeMs,
          retentionMs: optimised ? longMs : windows.sizeMs + windows.graceMs,
          caching,
        }),
      ],
    ),
  draw: (draw) => record(pick(draw.random, keys), draw),
  last: (draw) => [...keys, ...keys].map((key) => record(key, draw)),
  audit: (evidence) => {
    const found = evidence.read('out')
    const { caching, optimised } = evidence.variant
    const replay = { found, isInput, begin: optimised ? closing : updating }
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('ticks'),
        found: found.filter(isInput),
        by: ({ key }) => String(key),
      }),
      ...(caching && !optimised
        ? auditReplayCached(evidence, replay, (line) => line.split('=')[0] ?? '')
        : auditReplay(evidence, replay)),
    ]
  },
}

function record(key: string, draw: Draw): InputRecord {
  return { topic: 'ticks', key, value: `t${draw.next('ticks')}` }
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).includes('=')
}

/** Each window of each key, and what it came to. */
class NaiveWindows {
  readonly chains = new Map<string, { key: string; startMs: number; chain: string }>()
  closedMs = -Infinity

  /** @returns the windows that took the record */
  add(key: string, value: string, timestampMs: number) {
    const { sizeMs, advanceMs, graceMs } = windows
    this.closedMs = Math.max(this.closedMs, timestampMs - graceMs)
    const changed = []
    const before = Math.floor(timestampMs / advanceMs) * advanceMs - sizeMs
    for (let startMs = before; startMs <= timestampMs; startMs += advanceMs) {
      if (startMs + sizeMs <= Math.max(timestampMs, this.closedMs)) continue
      const name = `${key} ${startMs}`
      const chain = [...(this.chains.has(name) ? [this.chains.get(name)?.chain] : []), value].join(',')
      const window = { key, startMs, chain }
      this.chains.set(name, window)
      changed.push(window)
    }
    return changed
  }
}

function updating(): NaiveTask {
  const naive = new NaiveWindows()
  return { take: ({ key, value, timestampMs }) => naive.add(key, value, timestampMs).map(lineOf) }
}

function closing(): NaiveTask {
  const naive = new NaiveWindows()
  return {
    take: ({ key, value, timestampMs }) => {
      naive.add(key, value, timestampMs)
      const over = [...naive.chains].filter(([, { startMs }]) => startMs + windows.sizeMs <= naive.closedMs)
      for (const [name] of over) naive.chains.delete(name)
      return over
        .map(([, window]) => window)
        .toSorted((a, b) => a.startMs - b.startMs || (a.key < b.key ? -1 : 1))
        .map(lineOf)
    },
  }
}

function lineOf({
  key,
  startMs,
  chain,
}: {
  readonly key: string
  readonly startMs: number
  readonly chain: string
}) {
  return `${key} ${startMs}-${startMs + windows.sizeMs}=${chain}`
}

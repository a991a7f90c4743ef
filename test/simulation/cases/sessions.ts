import { auditJournal } from '../audit/lists.ts'
import { auditReplay, auditReplayCached, type NaiveTask } from '../audit/replay.ts'
import { fast, js, pick, sink, source, text, topologyOf, unwindowed } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'

const keys = ['a', 'b', 'c', 'd']
const partitions = 2
const windows = { gapMs: 4000, graceMs: 40_000 }
const retentionMs = windows.gapMs + windows.graceMs
/** Results wait for their session's end in spite of any leap of time. */
const longMs = 600_000

/**
 * `clicks` to `out` as they are, and folded there by key into sessions, which grow, meet and become one. Optimised, a session comes out once,
 * when it has closed; else at each change.
 */
export const sessionsCase: SimulationCase = {
  name: 'sessions',
  topics: { clicks: partitions, out: partitions },
  time: fast,
  topology: ({ caching, optimised }) =>
    topologyOf(
      [
        source('clicks'),
        sink('clicks', 'out'),
        {
          kind: 'window-aggregate',
          id: 'fold',
          input: 'clicks',
          windows: { kind: 'session', ...windows },
          fold: { kind: 'reduce', reducer: js('link', 'reducer', 'value1 + "," + value2') },
          store: 'sessions',
          emit: optimised ? 'close' : 'update',
        },
        ...unwindowed('fold'),
        sink('fold unwindowed', 'out', text),
      ],
      [
        {
          name: 'sessions',
          kind: 'session',
          key: text,
          value: text,
          persistent: true,
          caching,
          logging: 'own',
          retentionMs: optimised ? longMs : retentionMs,
        },
      ],
    ),
  draw: (draw) => record(pick(draw.random, keys), draw),
  last: (draw) => [...keys, ...keys, ...keys].map((key) => record(key, draw)),
  audit: (evidence) => {
    const found = evidence.read('out')
    const { caching, optimised } = evidence.variant
    const replay = { found, isInput, begin: () => begin(optimised) }
    return [
      ...auditJournal(evidence, {
        wanted: evidence.read('clicks'),
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
  return { topic: 'clicks', key, value: `c${draw.next('clicks')}` }
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).includes('=')
}

interface Session {
  readonly key: string
  readonly startMs: number
  readonly endMs: number
  readonly chain: string
}

function begin(onClose: boolean): NaiveTask {
  const keptMs = onClose ? longMs : retentionMs
  let sessions: Session[] = []
  let [timeMs, latestEndMs, closedMs] = [-Infinity, -Infinity, -Infinity]
  return {
    take: ({ key, value, timestampMs }) => {
      timeMs = Math.max(timeMs, timestampMs)
      sessions = sessions.filter(({ endMs }) => endMs > latestEndMs - keptMs)
      const touched = sessions
        .filter((one) => one.key === key && near(one, timestampMs))
        .toSorted((a, b) => a.endMs - b.endMs || a.startMs - b.startMs)
      const startMs = Math.min(timestampMs, ...touched.map((one) => one.startMs))
      const endMs = Math.max(timestampMs, ...touched.map((one) => one.endMs))
      const changes =
        endMs < timeMs - retentionMs ? [] : merge(touched, { key, startMs, endMs, chain: value })
      return onClose ? close() : changes
    },
  }

  function merge(touched: readonly Session[], session: Session): string[] {
    const { startMs, endMs } = session
    sessions = sessions.filter((one) => !touched.includes(one))
    const merged = { ...session, chain: [...touched.map((one) => one.chain), session.chain].join(',') }
    latestEndMs = Math.max(latestEndMs, endMs)
    sessions.push(merged)
    const gone = touched.filter((one) => startMs !== endMs || one.startMs !== startMs)
    return [...gone.map((one) => lineOf({ ...one, chain: 'null' })), lineOf(merged)]
  }

  /** Those that take nothing any more. */
  function close(): string[] {
    const fromMs = closedMs
    closedMs = Math.max(closedMs, timeMs - retentionMs)
    return sessions
      .filter(({ endMs }) => endMs >= fromMs && endMs < closedMs)
      .toSorted((a, b) => a.endMs - b.endMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map(lineOf)
  }
}

function near({ startMs, endMs }: Session, timeMs: number): boolean {
  return endMs >= timeMs - windows.gapMs && startMs <= timeMs + windows.gapMs
}

function lineOf({ key, startMs, endMs, chain }: Session): string {
  return `${key} ${startMs}-${endMs}=${chain}`
}

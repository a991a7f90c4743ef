import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { MetricRegistry } from '../../base/metrics.ts'
import { serdeFor } from '../../serde/plain-serde.ts'
import { openStore } from '../../store/open-store.ts'
import { storeOfKind } from '../../store/store-of-kind.ts'
import type { StoreSpec } from '../../topology/topology.ts'
import { storeSpec, text } from '../fixture.ts'
import { closingSessions, closingWindows, type ClosedWindow, type ClosingWindows } from './closing-windows.ts'

const retentionMs = 1_000_000

function opened(spec: StoreSpec) {
  const { managed, store } = openStore({
    spec,
    keySerde: serdeFor(text),
    valueSerde: serdeFor(text),
    changeLog: undefined,
    metrics: new MetricRegistry(),
  })
  return { store, commit: () => managed.committed(managed.seal(), undefined) }
}

interface Place {
  readonly key: string
  readonly timeMs: number
  readonly startMs: number
}

interface Subject {
  readonly fresh: (heldMax: number) => ClosingWindows
  readonly put: (place: Place, value: string | null) => void
  readonly commit: () => void
}

/** Windows have no start beside their time. */
function windowSubject(): Subject {
  const { store, commit } = opened({
    ...storeSpec('w', { value: text }),
    kind: 'window',
    windowSizeMs: 10,
    retentionMs,
    retainDuplicates: false,
  })
  const windows = storeOfKind(store, 'window')
  return {
    fresh: (heldMax) => closingWindows(windows, heldMax),
    put: ({ key, timeMs }, value) => windows.put(key, value, timeMs, timeMs),
    commit,
  }
}

function sessionSubject(): Subject {
  const { store, commit } = opened({ ...storeSpec('s', { value: text }), kind: 'session', retentionMs })
  const sessions = storeOfKind(store, 'session')
  return {
    fresh: (heldMax) => closingSessions(sessions, heldMax),
    put: ({ key, timeMs, startMs }, value) => sessions.put({ key, startMs, endMs: timeMs }, value, timeMs),
    commit,
  }
}

const put = fc.record({
  op: fc.constant('put' as const),
  key: fc.nat(5),
  aheadMs: fc.nat(30),
  gone: fc.boolean(),
})
const close = fc.record({ op: fc.constant('close' as const), byMs: fc.nat(12) })
const other = fc.record({ op: fc.constantFrom('commit' as const, 'restart' as const) })
const ops = fc.array(fc.oneof({ arbitrary: put, weight: 6 }, { arbitrary: close, weight: 2 }, other), {
  maxLength: 120,
})
// Their order as text and as bytes is not the same.
const keys = ['a', 'b', 'c', 'é', '\u{ff5e}', '\u{1f600}']

const subjects = { windows: windowSubject, sessions: sessionSubject }

property.prop({ kind: fc.constantFrom('windows', 'sessions'), ops, heldMax: fc.nat(12) }, { numRuns: 400 })(
  'tell each that has closed once, in order, however few are held and whenever the task starts again',
  ({ kind, ops: steps, heldMax }) => {
    const subject = subjects[kind]()
    const model = new Map<string, Place & { readonly value: string }>()
    let [closing, closedMs] = [subject.fresh(heldMax), -1]
    for (const [number, step] of steps.entries()) {
      if (step.op === 'put') {
        const timeMs = closedMs + 1 + step.aheadMs
        const startMs = kind === 'windows' ? timeMs : Math.max(0, timeMs - (number % 3))
        const place = { key: keys[step.key] as string, timeMs, startMs }
        const value = step.gone ? null : String(number)
        subject.put(place, value)
        if (value === null) {
          closing.remove(place)
          model.delete(JSON.stringify(place))
        } else {
          closing.add(place)
          model.set(JSON.stringify(place), { ...place, value })
        }
      } else if (step.op === 'close') {
        const fromMs = closedMs + 1
        closedMs += step.byMs
        expect(closing.take(fromMs, closedMs).map(plain)).toEqual(takeClosed(model, closedMs))
      } else {
        subject.commit()
        if (step.op === 'restart') closing = subject.fresh(heldMax)
      }
    }
  },
)

function plain({ key, timeMs, startMs, value }: ClosedWindow) {
  return { key, timeMs, startMs, value }
}

function takeClosed(model: Map<string, Place & { readonly value: string }>, toMs: number) {
  const closed = [...model].filter(([, { timeMs }]) => timeMs <= toMs)
  for (const [place] of closed) model.delete(place)
  return closed.map(([, window]) => window).sort(inOrder)
}

function inOrder(a: Place, b: Place): number {
  return a.timeMs - b.timeMs || Buffer.from(a.key).compare(Buffer.from(b.key)) || a.startMs - b.startMs
}

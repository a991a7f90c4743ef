import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { MetricRegistry } from '../base/metrics.ts'
import type { Format } from '../data/types.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import { CleanBudget } from './clean-budget.ts'
import { versionNotPut, type ManagedStore, type RestoredRecord } from './contracts.ts'
import { keptChange } from './fixtures.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { openStore, type OpenStoreOptions } from './open-store.ts'
import type { StoreDescription } from './store-description.ts'

// Stores by key and time against naive models: a list of entries and stream time, copied at every seal.

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const retentionMs = 100
const cleanEntries = fc.constantFrom(0, 3, 1000)
const keys = fc.constantFrom('', 'a', 'aa', 'b')
const times = fc.nat(260)
const values = fc.option(fc.string({ minLength: 1, maxLength: 3 }), { freq: 4 })

type Records = RestoredRecord[]

/** Drives a store through generations beside a model that is copied with them. */
class Generations<Model> {
  managed: ManagedStore
  readonly committedLog: Records = []
  readonly log: Records
  model: Model
  readonly #copy: (model: Model) => Model
  #committed: Model
  #sealed: { number: number; model: Model; log: Records }[] = []

  constructor(managed: ManagedStore, log: Records, start: { model: Model; copy: (model: Model) => Model }) {
    this.managed = managed
    this.log = log
    this.model = start.model
    this.#copy = start.copy
    this.#committed = start.copy(start.model)
  }

  apply(step: 'seal' | 'commit' | 'fail' | 'fail open'): void {
    if (step === 'seal') {
      const number = this.managed.seal()
      this.#sealed.push({ number, model: this.#copy(this.model), log: this.log.splice(0) })
    } else if (step === 'commit') {
      const oldest = this.#sealed.shift()
      if (oldest === undefined) return
      this.committedLog.push(...oldest.log)
      this.managed.committed(oldest.number, positionAt(this.committedLog.length))
      this.#committed = oldest.model
    } else {
      if (step === 'fail') this.#sealed.length = 0
      this.managed.failed(step === 'fail' ? 0 : (this.#sealed.at(-1)?.number ?? 0) + 1)
      this.log.length = 0
      this.model = this.#copy(this.#sealed.at(-1)?.model ?? this.#committed)
    }
  }
}

/** A store's life goes on in another process, after this one was killed. */
function restarted<Spec extends StoreDescription>(
  spec: Spec,
  run: Generations<TimedModel>,
  { engine, clean }: { readonly engine: MemoryStore; readonly clean: number },
) {
  run.apply('fail')
  const { managed, store } = openStore({ ...options(spec, run.log, clean), engine })
  const tail = run.committedLog.slice(managed.position()?.offset ?? 0)
  if (tail.length > 0) managed.restore({ entries: tail, position: positionAt(run.committedLog.length) })
  run.managed = managed
  return store
}

const positionAt = (offset: number) => ({ topicId: 't', offset, leaderEpoch: 0, committedAtMs: offset })

/** A store as it is after its process was killed: what its engine has, and the change log from there on. */
function afterKill<Spec extends StoreDescription>(
  spec: Spec,
  { engine, committedLog }: { readonly engine: MemoryStore; readonly committedLog: Records },
  cleanEntriesMax: number,
) {
  const { managed, store } = openStore({ ...options(spec, [], cleanEntriesMax), engine })
  const tail = committedLog.slice(managed.position()?.offset ?? 0)
  if (tail.length > 0) managed.restore({ entries: tail, position: positionAt(committedLog.length) })
  return store
}

const steps = fc.constantFrom('seal', 'commit', 'fail', 'fail open', 'seal', 'commit')

function options<Spec extends StoreDescription>(
  spec: Spec,
  log: Records,
  cleanEntriesMax: number,
): OpenStoreOptions<Spec> {
  return {
    spec,
    keySerde: serdeFor(text),
    valueSerde: serdeFor(text),
    changeLog: { append: (change) => log.push(keptChange(change)) },
    cleanEntriesMax,
    // Two entries or three.
    ...(cleanEntriesMax === 3 ? { cleanBudget: new CleanBudget(500) } : {}),
    metrics: new MetricRegistry(),
  }
}

const base = { name: 's', key: text, persistent: false, logging: 'own' } as const

interface Entry {
  readonly key: string
  readonly startMs: number
  readonly endMs: number
  readonly order: number
  readonly value: string
  readonly timestampMs: number
}
interface TimedModel {
  entries: Entry[]
  timeMs: number
}

const copyTimed = ({ entries, timeMs }: TimedModel): TimedModel => ({ entries: [...entries], timeMs })
const byTime = (left: Entry, right: Entry): number =>
  left.endMs - right.endMs || left.startMs - right.startMs || left.order - right.order

/** What a store keeps, by key then time within each of its buckets: their length is the one minute that they have at least. */
function kept({ entries, timeMs }: TimedModel): Entry[] {
  const live = entries.filter(({ endMs }) => endMs > timeMs - retentionMs)
  return live.sort((left, right) =>
    left.key < right.key ? -1 : left.key > right.key ? 1 : byTime(left, right),
  )
}

const timedOps = <Step extends string>(step: fc.Arbitrary<Step>) =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant('put' as const), keys, times, values) },
      { weight: 3, arbitrary: fc.tuple(fc.constant('read' as const), keys, times, fc.nat(80)) },
      { weight: 2, arbitrary: fc.tuple(step) },
    ),
    { maxLength: 120, size: 'max' },
  )

property.prop(
  {
    ops: timedOps(fc.oneof(steps, fc.constant('kill' as const))),
    retainDuplicates: fc.boolean(),
    timestamped: fc.boolean(),
    caching: fc.boolean(),
    clean: cleanEntries,
  },
  { numRuns: 150 },
)('a window store holds what a list holds, across generations, and equals its replay', (shape) => {
  const { ops, retainDuplicates, timestamped, caching, clean } = shape
  const spec = {
    ...base,
    kind: 'window',
    caching,
    timestamped,
    windowSizeMs: 10,
    retentionMs,
    retainDuplicates,
  } as const
  const log: Records = []
  const engine = new MemoryStore()
  const opened = openStore({ ...options(spec, log, clean), engine })
  let { store } = opened
  const model: TimedModel = { entries: [], timeMs: -1 }
  const run = new Generations(opened.managed, log, { model, copy: copyTimed })
  const shown = (entry: Entry) => ({
    key: entry.key,
    startMs: entry.startMs,
    value: entry.value,
    timestampMs: timestamped ? entry.timestampMs : undefined,
  })
  let order = 0
  for (const op of ops) {
    if (op[0] === 'put') {
      const [, key, startMs, value] = op
      if (retainDuplicates && value === null) continue
      const now = run.model
      now.timeMs = Math.max(now.timeMs, startMs)
      const isKept = startMs > now.timeMs - retentionMs
      expect(store.put(key, value, startMs, startMs + 1) !== undefined).toBe(isKept)
      if (!isKept) continue
      if (!retainDuplicates)
        now.entries = now.entries.filter((entry) => entry.key !== key || entry.startMs !== startMs)
      if (value !== null) {
        const entry = { key, startMs, endMs: startMs, order: order++, value, timestampMs: startMs + 1 }
        now.entries.push(entry)
      }
    } else if (op[0] === 'read') {
      const [, key, fromMs, length] = op
      const expected = kept(run.model).filter((entry) => entry.key === key)
      const range = { fromMs, toMs: fromMs + length }
      const inRange = expected.filter(({ startMs }) => startMs >= fromMs && startMs <= range.toMs)
      expect([...store.fetchTimes(key, range)]).toEqual(inRange.map(shown))
      expect([...store.fetchTimes(key, range, { reverse: true })]).toEqual(inRange.map(shown).toReversed())
      const one = expected.find(({ startMs }) => startMs === fromMs)
      expect(store.fetch(key, fromMs)).toBe(one?.value)
      expect(store.timestampMs(key, fromMs)).toBe(timestamped ? one?.timestampMs : undefined)
    } else if (op[0] === 'kill') store = restarted(spec, run, { engine, clean })
    else run.apply(op[0])
    expect(store.streamTimeMs).toBe(run.model.timeMs)
  }
  const all = { fromMs: 0, toMs: 1000 }
  const expected = kept(run.model).map(shown)
  expect([...store.fetchAll(all)]).toEqual(expected)
  expect([...store.fetchAll(all, { reverse: true })]).toEqual(expected.toReversed())
  expect([...store.fetchKeys({ from: 'a', to: 'aa' }, all)]).toEqual(
    expected.filter(({ key }) => key >= 'a' && key <= 'aa'),
  )
  run.apply('fail')
  const replayed = openStore(options(spec, [], clean))
  replayed.managed.restore({ entries: run.committedLog, position: undefined })
  expect([...replayed.store.fetchAll(all)]).toEqual([...store.fetchAll(all)])
  const killed = afterKill(spec, { engine, committedLog: run.committedLog }, clean)
  expect([...killed.fetchAll(all)]).toEqual([...store.fetchAll(all)])
})

const sessionOps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('put' as const), keys, times, fc.nat(60), values) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('read' as const), keys, times, fc.nat(80)) },
    { weight: 2, arbitrary: fc.tuple(steps) },
  ),
  { maxLength: 120, size: 'max' },
)

property.prop({ ops: sessionOps, caching: fc.boolean(), clean: cleanEntries }, { numRuns: 150 })(
  'a session store holds what a list holds, across generations, and equals its replay',
  ({ ops, caching, clean }) => {
    const spec = { ...base, kind: 'session', caching, retentionMs } as const
    const log: Records = []
    const engine = new MemoryStore()
    const { managed, store } = openStore({ ...options(spec, log, clean), engine })
    const model: TimedModel = { entries: [], timeMs: -1 }
    const run = new Generations(managed, log, { model, copy: copyTimed })
    const shown = ({ key, startMs, endMs, value }: Entry) => ({ key, startMs, endMs, value })
    for (const op of ops) {
      if (op[0] === 'put') {
        const [, key, startMs, length, value] = op
        const endMs = startMs + length
        const now = run.model
        now.timeMs = Math.max(now.timeMs, endMs)
        const isKept = endMs > now.timeMs - retentionMs
        expect(store.put({ key, startMs, endMs }, value, endMs) !== undefined).toBe(isKept)
        if (!isKept) continue
        now.entries = now.entries.filter(
          (entry) => entry.key !== key || entry.startMs !== startMs || entry.endMs !== endMs,
        )
        if (value !== null) now.entries.push({ key, startMs, endMs, order: 0, value, timestampMs: endMs })
      } else if (op[0] === 'read') {
        const [, key, earliestEndMs, length] = op
        const latestStartMs = earliestEndMs + length
        const expected = kept(run.model).filter(
          (entry) => entry.key === key && entry.endMs >= earliestEndMs && entry.startMs <= latestStartMs,
        )
        expect([...store.findSessions(key, { earliestEndMs, latestStartMs })]).toEqual(expected.map(shown))
        const [first] = expected
        if (first !== undefined) expect(store.fetchSession(first)).toBe(first.value)
      } else run.apply(op[0])
    }
    const everything = { earliestEndMs: 0, latestStartMs: 1000 }
    const open = { from: undefined, to: undefined }
    expect([...store.findSessionsOfKeys(open, everything)]).toEqual(kept(run.model).map(shown))
    run.apply('fail')
    const replayed = openStore(options(spec, [], clean))
    replayed.managed.restore({ entries: run.committedLog, position: undefined })
    expect([...replayed.store.findSessionsOfKeys(open, everything)]).toEqual([
      ...store.findSessionsOfKeys(open, everything),
    ])
    const killed = afterKill(spec, { engine, committedLog: run.committedLog }, clean)
    expect([...killed.findSessionsOfKeys(open, everything)]).toEqual([
      ...store.findSessionsOfKeys(open, everything),
    ])
  },
)

interface VersionModel {
  /** By key and time: the last put for each. */
  versions: { readonly key: string; readonly timeMs: number; readonly value: string | null }[]
  timeMs: number
}

function versionsOf({ versions }: VersionModel, key: string) {
  const own = versions.filter((version) => version.key === key)
  return own.sort((left, right) => left.timeMs - right.timeMs)
}

property.prop({ ops: timedOps(steps), clean: cleanEntries }, { numRuns: 150 })(
  'a versioned store gives what was valid at a time, in whatever order it was put, and equals its replay',
  ({ ops, clean }) => {
    const spec = { ...base, kind: 'versioned', caching: false, historyRetentionMs: retentionMs } as const
    const log: Records = []
    const { managed, store } = openStore(options(spec, log, clean))
    const copy = ({ versions, timeMs }: VersionModel): VersionModel => ({ versions: [...versions], timeMs })
    const run = new Generations<VersionModel>(managed, log, { model: { versions: [], timeMs: -1 }, copy })
    const asOf = (key: string, timeMs: number) => {
      const own = versionsOf(run.model, key)
      const at = own.findLastIndex((version) => version.timeMs <= timeMs)
      const isNewest = at === own.length - 1
      const found = own[at]
      if (found === undefined || found.value === null) return undefined
      if (!isNewest && timeMs < run.model.timeMs - retentionMs) return undefined
      return { value: found.value, timestampMs: found.timeMs, validToMs: own[at + 1]?.timeMs }
    }
    const check = (key: string, timeMs: number): void => {
      expect(store.getAsOf(key, timeMs)).toEqual(asOf(key, timeMs))
      expect(store.get(key)).toEqual(asOf(key, 1000))
    }
    for (const op of ops) {
      if (op[0] === 'put') {
        const [, key, timeMs, value] = op
        const now = run.model
        now.timeMs = Math.max(now.timeMs, timeMs)
        const result = store.put(key, value, timeMs)
        if (timeMs < now.timeMs - retentionMs) {
          expect(result).toBe(versionNotPut)
          continue
        }
        now.versions = now.versions.filter((version) => version.key !== key || version.timeMs !== timeMs)
        now.versions.push({ key, timeMs, value })
        const next = versionsOf(now, key).find((version) => version.timeMs > timeMs)
        expect(result).toBe(next?.timeMs ?? -1)
      } else if (op[0] === 'read') check(op[1], op[2])
      else run.apply(op[0])
    }
    run.apply('fail')
    const replayed = openStore(options(spec, [], clean))
    replayed.managed.restore({ entries: run.committedLog, position: undefined })
    for (const key of ['', 'a', 'aa', 'b']) {
      for (let timeMs = 0; timeMs < 270; timeMs += 17) {
        check(key, timeMs)
        expect(replayed.store.getAsOf(key, timeMs)).toEqual(store.getAsOf(key, timeMs))
      }
    }
  },
)

const ttlOps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('put' as const), keys, fc.nat(9000), values) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('read' as const), keys) },
    { weight: 2, arbitrary: fc.tuple(steps) },
  ),
  { maxLength: 120, size: 'max' },
)

property.prop({ ops: ttlOps, caching: fc.boolean(), clean: cleanEntries }, { numRuns: 150 })(
  'a store with a time-to-live never gives what is past it, and equals its replay',
  ({ ops, caching, clean }) => {
    const timeToLiveMs = 4000
    const spec = { ...base, kind: 'key-value', caching, timestamped: true, timeToLiveMs } as const
    const log: Records = []
    const { managed, store } = openStore(options(spec, log, clean))
    const copy = ({ entries, timeMs }: { entries: Entry[]; timeMs: number }) => ({
      entries: [...entries],
      timeMs,
    })
    const run = new Generations(managed, log, { model: { entries: [] as Entry[], timeMs: -1 }, copy })
    const live = (): Entry[] => {
      const { entries, timeMs } = run.model
      const kept = entries.filter(({ timestampMs }) => timestampMs > timeMs - timeToLiveMs)
      return kept.sort((left, right) => (left.key < right.key ? -1 : 1))
    }
    for (const op of ops) {
      if (op[0] === 'put') {
        const [, key, timestampMs, value] = op
        store.put(key, value, timestampMs)
        const now = run.model
        now.timeMs = Math.max(now.timeMs, timestampMs)
        if (value !== null && timestampMs <= now.timeMs - timeToLiveMs) continue
        now.entries = now.entries.filter((entry) => entry.key !== key)
        if (value !== null) now.entries.push({ key, startMs: 0, endMs: 0, order: 0, value, timestampMs })
      } else if (op[0] === 'read') {
        const expected = live().find(({ key }) => key === op[1])
        expect(store.get(op[1])).toBe(expected?.value)
        expect(store.timestampMs(op[1])).toBe(expected?.timestampMs)
      } else run.apply(op[0])
    }
    const pairs = () => live().map(({ key, value }) => [key, value])
    expect([...store.all()]).toEqual(pairs())
    expect([...store.range('a', 'aa')]).toEqual(pairs().filter(([key]) => key === 'a' || key === 'aa'))
    run.apply('fail')
    const replayed = openStore(options(spec, [], clean))
    replayed.managed.restore({ entries: run.committedLog, position: undefined })
    // With caching the newest time may not be in the change log: an older write of the same commit stands for it.
    for (const each of [store, replayed.store]) each.put('last', 'x', Math.max(0, run.model.timeMs))
    expect([...replayed.store.all()]).toEqual([...store.all()])
  },
)

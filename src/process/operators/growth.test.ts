import { expect, test } from 'vitest'
import { assert } from '../../base/assert.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import type { Format } from '../../data/types.ts'
import { serdeFor } from '../../serde/plain-serde.ts'
import type { FacadeOfKind, OrderedStore } from '../../store/contracts.ts'
import { memoryEngine, openStore } from '../../store/open-store.ts'
import { storeOfKind } from '../../store/store-of-kind.ts'
import type { JoinedTable } from '../../topology/ttl-join-nodes.ts'
import type { Node, StoreSpec } from '../../topology/topology.ts'
import type { Windows } from '../../topology/windows.ts'
import { json, storeSpec, TestFunctions, TestTask, text } from '../fixture.ts'
import { StreamRecord } from '../processor.ts'
import { Lifetimes, type Combination } from './combination.ts'
import { CombinationStore } from './combination-store.ts'
import { WaitingRecords } from './waiting-records.ts'

// Records of one key and one time: what each costs must not grow with how many there are. Counted is what goes into stores and comes out.

const bytes: Format = { notation: 'binary', type: { kind: 'bytes' } }

/** Bytes and entries that pass through a store's methods. */
class Traffic {
  amount = 0

  through<S extends object>(store: S): S {
    return new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          for (const arg of args) this.#count(arg)
          return this.#result(member.apply(target, args))
        }
      },
    })
  }

  #result(result: unknown): unknown {
    this.#count(result)
    const isScan = typeof result === 'object' && result !== null && Symbol.iterator in result
    return isScan && !(result instanceof Uint8Array) ? this.#scan(result as Iterable<unknown>) : result
  }

  *#scan(entries: Iterable<unknown>): Generator {
    for (const entry of entries) {
      this.amount++
      yield entry
    }
  }

  #count(passed: unknown): void {
    this.amount += passed instanceof Uint8Array ? passed.length : 1
  }
}

function opened<K extends 'key-value' | 'session'>(spec: StoreSpec & { kind: K }): FacadeOfKind[K] {
  const { store } = openStore({
    spec,
    keySerde: serdeFor(spec.key),
    valueSerde: serdeFor(spec.value),
    changeLog: undefined,
    metrics: new MetricRegistry(),
  })
  return storeOfKind(store, spec.kind)
}

const tables: readonly JoinedTable[] = [{ role: 'event', timeToLiveMs: 100, value: json, columns: [] }]

function combinationOf(offset: number): Combination {
  return [{ partition: 0, offset, timestampMs: 5, value: Buffer.from('{}') }]
}

function combinationTraffic(count: number): number {
  const traffic = new Traffic()
  const spec = { ...storeSpec('waiting', { value: bytes }), kind: 'session', retentionMs: 100 } as const
  const store = traffic.through(opened(spec))
  const context = { topic: '', partition: 0, offset: 0, streamTimeMs: 5, clock: new ManualClock() }
  const combinations = new CombinationStore({
    stores: { expiring: 'waiting' },
    env: { sessionStore: () => store },
    scopes: 1,
    identity: [0],
    lifetimes: new Lifetimes(tables, context),
  })
  const each = Array.from({ length: count }, (_, offset) => combinationOf(offset))
  for (const combination of each) combinations.put('k', { combination, matched: false })
  expect(combinations.of('k').map(({ combination }) => combination[0]?.offset)).toEqual([...each.keys()])
  for (const combination of each) {
    expect(combinations.find('k', combination)?.matched).toBe(false)
    combinations.remove('k', combination)
  }
  expect(combinations.of('k')).toEqual([])
  return traffic.amount
}

function waitingTraffic(count: number): number {
  const traffic = new Traffic()
  const store = traffic.through(opened(storeSpec('grace', { key: bytes, value: bytes, timestamped: false })))
  const waiting = new WaitingRecords({ store, keys: serdeFor(text), values: serdeFor(text) })
  const record = new StreamRecord()
  const taken: unknown[] = []
  for (let index = 0; index < count; index++) {
    record.key = 'k'
    record.value = String(index).padStart(8)
    record.timestampMs = 5
    waiting.add(record)
    taken.push(...waiting.take(4))
  }
  expect(taken).toEqual([])
  const values = waiting.take(5).map(({ value }) => Number(value))
  expect(values).toEqual(Array.from({ length: count }, (_, index) => index))
  return traffic.amount
}

test.each([
  ['combinations at a join that waits', combinationTraffic],
  ['records that wait for rows of a versioned table', waitingTraffic],
])('%s cost as much each, however many have the same key and time', (_, trafficOf) => {
  const [some, many] = [trafficOf(100), trafficOf(1600)]
  assert(some > 100, 'nothing was counted')
  expect(many / some).toBeLessThan(17)
})

const closingBase = { name: 'agg', key: text, value: json, persistent: false, caching: false } as const

/** Counts by key and window, and tells of what has closed. */
class ClosingCount {
  readonly #shape: ConstructorParameters<typeof TestTask>[0]
  readonly #keys: number
  task: TestTask

  constructor(windows: Windows, { keys, engine }: { readonly keys: number; readonly engine: OrderedStore }) {
    const retentionMs = 4 * keys
    const spec: StoreSpec =
      windows.kind === 'session'
        ? { ...closingBase, logging: 'none', kind: 'session', retentionMs }
        : { ...storeSpec('agg'), kind: 'window', windowSizeMs: keys, retentionMs, retainDuplicates: false }
    const functions = new TestFunctions()
    const mapper = functions.add('keyTransformer', ({ key }: { key: string }) => key)
    const fold = { kind: 'count' } as const
    const to = { kind: 'topic', name: 'o' } as const
    const nodes: Node[] = [
      { kind: 'source', id: 'in', topics: ['in'], key: text, value: text },
      { kind: 'window-aggregate', id: 'agg', input: 'in', windows, fold, store: 'agg', emit: 'close' },
      { kind: 'to-stream', id: 'stream', input: 'agg', mapper },
      { kind: 'sink', id: 'out', input: 'stream', topic: to, key: text, value: json },
    ]
    this.#shape = { nodes, stores: [spec], functions, engine }
    this.#keys = keys
    this.task = new TestTask(this.#shape)
  }

  push(from: number, to: number): void {
    const keys = this.#keys
    for (let index = from; index < to; index++) {
      this.task.push('in', `k${index % keys}`, 'v', { timestampMs: 2 * keys + 2 * index })
      if (index % 20 === 0) this.task.commit()
    }
    this.task.commit()
  }

  restart(): void {
    const { times } = this.task
    this.task = new TestTask(this.#shape)
    for (const [name, ms] of times.entries()) this.task.times.of(name).ms = ms
  }
}

/** Windows of so many keys are open, and each record closes one. Counted is what a task that has just started reads of its engine. */
function closingTraffic(windows: Windows, keys: number): number {
  const traffic = new Traffic()
  const count = new ClosingCount(windows, { keys, engine: traffic.through(memoryEngine()) })
  count.push(0, 3 * keys)
  count.restart()
  const before = traffic.amount
  count.push(3 * keys, 4 * keys)
  expect(count.task.takeSent().length).toBeGreaterThan(keys / 2)
  return traffic.amount - before
}

test.each<[string, (count: number) => Windows]>([
  ['sliding windows', (count) => ({ kind: 'sliding', differenceMs: count, graceMs: count })],
  ['sessions', (count) => ({ kind: 'session', gapMs: count >> 1, graceMs: count })],
])('%s that have closed cost as much each, however many are open', (_, windowsOf) => {
  const [some, many] = [100, 1600].map((count) => closingTraffic(windowsOf(count), count))
  assert(some !== undefined && many !== undefined && some > 100, 'nothing was counted')
  expect(many / some).toBeLessThan(24)
})

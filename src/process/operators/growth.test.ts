import { expect, test } from 'vitest'
import { assert } from '../../base/assert.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import type { Format } from '../../data/types.ts'
import { serdeFor } from '../../serde/plain-serde.ts'
import type { FacadeOfKind } from '../../store/contracts.ts'
import { openStore } from '../../store/open-store.ts'
import { storeOfKind } from '../../store/store-of-kind.ts'
import type { JoinedTable } from '../../topology/ttl-join-nodes.ts'
import type { StoreSpec } from '../../topology/topology.ts'
import { json, storeSpec, text } from '../fixture.ts'
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

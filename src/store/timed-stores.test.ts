import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test, vi } from 'vitest'
import { MetricRegistry } from '../base/metrics.ts'
import type { Format } from '../data/types.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import { CleanBudget } from './clean-budget.ts'
import type { StoreBatch } from './contracts.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { keptChange } from './fixtures.ts'
import { openStore } from './open-store.ts'
import type { StoreDescription } from './store-description.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const minuteMs = 60_000
const base = { name: 's', key: text, persistent: false, caching: false, logging: 'own' } as const
const windows = {
  ...base,
  kind: 'window',
  timestamped: false,
  windowSizeMs: minuteMs,
  retentionMs: 10 * minuteMs,
  retainDuplicates: false,
} as const

function open<Spec extends StoreDescription>(
  spec: Spec,
  engine = new MemoryStore(),
  cleanBudget = new CleanBudget(),
) {
  const metrics = new MetricRegistry()
  const log: { key: string; value: string | null; timestampMs: number }[] = []
  const opened = openStore({
    spec,
    keySerde: serdeFor(text),
    valueSerde: serdeFor(text),
    engine,
    changeLog: {
      append: (change) => {
        const { key, value, timestampMs } = keptChange(change)
        log.push({ key: key.toString('hex'), value: value?.toString('latin1') ?? null, timestampMs })
      },
    },
    metrics,
    cleanBudget,
  })
  const count = (name: string) => metrics.samples().find(({ facts }) => facts.name === name)?.value
  const commit = () => opened.managed.committed(opened.managed.seal(), undefined)
  return { ...opened, engine, log, count, commit }
}

/** Of the heap, when what nobody holds has been collected. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

const hex = (key: string, ...numbers: readonly (readonly [value: number, bytes: number])[]): string =>
  Buffer.from(key).toString('hex') +
  numbers.map(([value, bytes]) => value.toString(16).padStart(bytes * 2, '0')).join('')

describe('the change log has Kafka Streams’ bytes', () => {
  test('of a window store: key, eight bytes of start, four of sequence', () => {
    const { store, log } = open({ ...windows, timestamped: true })
    store.put('k', 'v', 120_000, 125_000)
    expect(log).toEqual([{ key: hex('k', [120_000, 8], [0, 4]), value: 'v', timestampMs: 125_000 }])
  })

  test('of duplicates: numbered from 1 on', () => {
    const { store, log } = open({ ...windows, retainDuplicates: true, caching: true })
    store.put('k', 'v', 5, 5)
    store.put('k', 'v', 5, 5)
    expect(log.map(({ key }) => key)).toEqual([hex('k', [5, 8], [1, 4]), hex('k', [5, 8], [2, 4])])
  })

  test('of a session store: key, eight bytes of end, eight of start', () => {
    const { store, log } = open({ ...base, kind: 'session', retentionMs: minuteMs })
    store.put({ key: 'k', startMs: 7, endMs: 9 }, 'v', 9)
    store.put({ key: 'k', startMs: 7, endMs: 9 }, null, 11)
    expect(log).toEqual([
      { key: hex('k', [9, 8], [7, 8]), value: 'v', timestampMs: 9 },
      { key: hex('k', [9, 8], [7, 8]), value: null, timestampMs: 11 },
    ])
  })

  test('of a versioned store: the plain key and value, the version’s time as the record’s', () => {
    const { store, log } = open({ ...base, kind: 'versioned', historyRetentionMs: minuteMs })
    store.put('k', 'new', 20)
    store.put('k', 'late', 10)
    expect(store.delete('k', 30)).toEqual({ value: 'new', timestampMs: 20, validToMs: undefined })
    expect(log).toEqual([
      { key: hex('k'), value: 'new', timestampMs: 20 },
      { key: hex('k'), value: 'late', timestampMs: 10 },
      { key: hex('k'), value: null, timestampMs: 30 },
    ])
  })
})

describe('a live window', () => {
  test('is served without reading the engine, record by record and commit by commit', () => {
    const { store, count, commit } = open(windows)
    for (let record = 0; record < 3000; record++) {
      const key = `k${record % 100}`
      const startMs = Math.floor(record / 500) * minuteMs
      store.put(key, String(Number(store.fetch(key, startMs) ?? 0) + 1), startMs, startMs)
      if (record % 50 === 49) commit()
    }
    expect(store.fetch('k7', 5 * minuteMs)).toBe('5')
    // Not even for keys that are new in a window which others have committed already.
    store.visit('absent', { fromMs: 0, toMs: 5 * minuteMs }, () => expect.unreachable())
    expect(count('weft_store_engine_reads_total')).toBe(0)
  })

  test('is not written to the engine while it is young, and never where it has expired', () => {
    const { store, engine, managed } = open({ ...windows, retentionMs: 2 * minuteMs })
    const commit = (committedAtMs: number): number => {
      managed.committed(managed.seal(), { topicId: '', offset: 0, leaderEpoch: 0, committedAtMs })
      return engine.entryCount
    }
    for (let record = 0; record < 10_000; record++) {
      const startMs = Math.floor(record / 100) * minuteMs
      store.put(`k${record % 100}`, 'v', startMs, startMs)
      // Only stream time is written.
      if (record % 10 === 9) expect(commit(1)).toBeLessThanOrEqual(1)
    }
    expect(managed.entryCount).toBeLessThanOrEqual(400)
    expect(commit(1 + minuteMs)).toBe(1)
    // A position that has grown old is brought forward, and with it what was written up to there.
    expect(commit(2 + minuteMs)).toBe(201)
  })

  test('that lives for long is written once a minute, however often it changes', () => {
    const written: number[] = []
    class Counting extends MemoryStore {
      override write(batch: StoreBatch): void {
        written.push(batch.entries.length)
        super.write(batch)
      }
    }
    const { store, managed, engine } = open(windows, new Counting())
    for (let second = 0; second < 600; second++) {
      for (let key = 0; key < 10; key++) store.put(`k${key}`, String(second), minuteMs, minuteMs)
      const position = { topicId: '', offset: second, leaderEpoch: 0, committedAtMs: second * 1000 }
      managed.committed(managed.seal(), position)
    }
    // Ten keys, and once the stream time.
    expect(written).toEqual([11, ...Array.from({ length: 8 }, () => 10)])
    expect(engine.position()?.offset).toBeGreaterThan(500)
  })

  test('that is put again and again is written with its last value alone, and a restart has it from the change log', () => {
    const written: number[] = []
    class Counting extends MemoryStore {
      override write(batch: StoreBatch): void {
        written.push(batch.entries.length)
        super.write(batch)
      }
    }
    const first = open(windows, new Counting())
    const [keys, rounds] = [5000, 96]
    const position = (offset: number) => ({ topicId: '', offset, leaderEpoch: 0, committedAtMs: 0 })
    for (let round = 1; round <= rounds; round++) {
      for (let key = 0; key < keys; key++) first.store.put(`k${key}`, `${round}`, minuteMs, minuteMs)
      if (round === 1) first.store.put('once', 'v', minuteMs, minuteMs)
      first.managed.committed(first.managed.seal(), position(first.log.length))
    }
    // Written generation by generation, and nothing of them but this and the stream time.
    expect(Math.max(...written)).toBe(2)
    const at = first.engine.position()?.offset ?? 0
    expect(at).toBeGreaterThan(keys * 5)
    const again = open(windows, first.engine)
    const entries = first.log.slice(at).map(({ key, value, timestampMs }) => ({
      key: Buffer.from(key, 'hex'),
      value: Buffer.from(value ?? ''),
      timestampMs,
    }))
    again.managed.restore({ entries, position: position(first.log.length) })
    const values = Array.from({ length: keys }, (_, key) => again.store.fetch(`k${key}`, minuteMs))
    expect([new Set(values), again.store.fetch('once', minuteMs)]).toEqual([new Set([`${rounds}`]), 'v'])
  })

  test('falls back to what was committed when a generation fails, and what waited for that one is forgotten', () => {
    const { store, managed, commit } = open(windows)
    store.put('k', 'old', minuteMs, minuteMs)
    commit()
    const kept = store.put('k', 'new', minuteMs, minuteMs)
    if (kept !== undefined) kept.waiting = 'for a flush'
    managed.failed(0)
    expect(store.fetch('k', minuteMs)).toBe('old')
    expect(store.put('k', 'again', minuteMs, minuteMs)?.waiting).toBeUndefined()
  })

  test('is counted although the engine does not have it', () => {
    const { store, managed, count, commit } = open(windows)
    for (let key = 0; key < 20; key++) store.put(`k${key}`, 'v', minuteMs, minuteMs)
    commit()
    expect([managed.entryCount, count('weft_store_entries')]).toEqual([20, 20])
  })

  test('is read from the engine once after a restart, absent partners too', () => {
    const first = open({ ...windows, retainDuplicates: true })
    for (let key = 0; key < 20; key++) first.store.put(`k${key}`, 'v', minuteMs, minuteMs)
    first.commit()
    first.engine.close = () => {}
    first.managed.close()
    const { store, count } = open({ ...windows, retainDuplicates: true }, first.engine)
    let seen = 0
    for (let round = 0; round < 50; round++) {
      for (let key = 0; key < 40; key++) {
        store.visit(`k${key}`, { fromMs: minuteMs - 10 + round, toMs: 2 * minuteMs }, () => seen++)
      }
    }
    expect(seen).toBe(20 * 11)
    expect(count('weft_store_engine_reads_total')).toBe(1)
  })
})

test('a write that fails takes its stream time along when it is tried again', () => {
  const { store, managed, engine } = open({ ...windows, logging: 'none' })
  store.put('k', '41', minuteMs, minuteMs)
  vi.spyOn(engine, 'write').mockImplementationOnce(() => {
    throw new Error('disk full')
  })
  const generation = managed.seal()
  expect(() => managed.committed(generation, undefined)).toThrow('disk full')
  engine.close = () => {}
  managed.close()
  const again = open({ ...windows, logging: 'none' }, engine)
  expect([again.store.streamTimeMs, again.store.fetch('k', minuteMs)]).toEqual([minuteMs, '41'])
})

test('what waits to be written is within the budget of all stores, and counts in it', () => {
  const budgetBytes = 8 * 1_048_576
  const budget = new CleanBudget(budgetBytes)
  const stores = Array.from({ length: 8 }, () => open(windows, new MemoryStore(), budget))
  const value = 'v'.repeat(1000)
  let most = 0
  for (let start = 0; start < 2000; start++) {
    for (const { store, commit } of stores) {
      store.put('k', value, start, start)
      commit()
    }
    const waiting = stores.map(({ managed, engine }) => managed.entryCount - engine.entryCount)
    most = Math.max(most, ...waiting)
  }
  const shareBytes = budgetBytes / 2 / stores.length
  expect(most * value.length).toBeLessThan(shareBytes)
  expect(most * value.length).toBeGreaterThan(shareBytes / 2)
  expect(budget.usedBytes).toBeGreaterThan(budgetBytes / 4)
  for (const { managed } of stores) managed.close()
  expect(budget.usedBytes).toBe(0)
})

test('stores of a thread have as many records waiting together as a restart should read, however few of them are written', () => {
  const budget = new CleanBudget()
  const stores = Array.from({ length: 8 }, () => open(windows, new MemoryStore(), budget))
  const ends = stores.map(() => 0)
  const waiting = (): number[] =>
    stores.map(({ engine }, index) => (ends[index] as number) - (engine.position()?.offset ?? 0))
  // The same entry, a thousand times between two commits: a restart reads them all.
  const writeTo = (index: number, rounds: number): void => {
    const { store, managed } = stores[index] as (typeof stores)[number]
    for (let round = 0; round < rounds; round++) {
      store.put('k', String(round), minuteMs, minuteMs)
      const offset = (ends[index] = (ends[index] as number) + 1000)
      managed.committed(managed.seal(), { topicId: '', offset, leaderEpoch: 0, committedAtMs: 0 })
    }
  }
  writeTo(0, 500)
  // The others leave it all the room there is.
  expect(Math.max(...waiting())).toBeGreaterThan(380_000)
  for (const index of stores.keys()) writeTo(index, 200)
  writeTo(0, 1)
  const together = waiting().reduce((sum, records) => sum + records)
  expect(together).toBeGreaterThan(300_000)
  expect(together).toBeLessThan(420_000)
})

test('of a bucket with more entries than are kept, the newest are read from the engine once after a restart', () => {
  const first = open({ ...windows, retainDuplicates: true })
  const count = 100_000
  const startMs = (entry: number): number => minuteMs + Math.floor(entry / 2)
  for (let entry = 0; entry < count; entry++) {
    first.store.put(`k${entry % 1000}`, String(entry), startMs(entry), startMs(entry))
    if (entry % 10_000 === 9999) first.commit()
  }
  first.engine.close = () => {}
  first.managed.close()
  const { store, count: counted } = open({ ...windows, retainDuplicates: true }, first.engine)
  const lastMs = startMs(count - 1)
  const seen = (fromMs: number, toMs: number): number => {
    let found = 0
    for (let key = 0; key < 1000; key++) store.visit(`k${key}`, { fromMs, toMs }, () => found++)
    return found
  }
  expect(seen(lastMs - 32_000, lastMs)).toBe(64_002)
  expect(counted('weft_store_engine_reads_total')).toBe(1)
  expect(seen(minuteMs, lastMs)).toBe(count)
  expect(counted('weft_store_engine_reads_total')).toBe(1001)
})

test('what was read while a commit was under way that holds none of it stays when a later one fails', () => {
  const first = open({ ...windows, retainDuplicates: true })
  first.store.put('k', 'old', minuteMs, minuteMs)
  first.commit()
  first.engine.close = () => {}
  first.managed.close()
  const { store, managed } = open({ ...windows, retainDuplicates: true }, first.engine)
  const values = () => [...store.fetchTimes('k', { fromMs: 0, toMs: 2 * minuteMs })].map(({ value }) => value)
  const underWay = managed.seal()
  store.put('k', 'new', minuteMs, minuteMs)
  managed.committed(underWay, undefined)
  managed.failed(0)
  expect(values()).toEqual(['old'])
  expect([managed.dirtyCount, managed.entryCount]).toEqual([0, first.engine.entryCount])
})

test.each([false, true])(
  'large values are not kept from the engine for long (with duplicates: %s)',
  (retainDuplicates) => {
    const { store, engine, commit } = open({ ...windows, retainDuplicates })
    for (let key = 0; key < 80; key++) {
      store.put(`k${key}`, '.'.repeat(1_000_000), minuteMs, minuteMs)
      commit()
    }
    expect(engine.sizeBytes).toBeGreaterThan(80_000_000 - 34_000_000)
    expect(engine.entryCount).toBeLessThan(80)
  },
)

test.each<{ readonly what: string; readonly spec: StoreDescription }>([
  { what: 'a window store', spec: windows },
  { what: 'a window store that keeps duplicates', spec: { ...windows, retainDuplicates: true } },
  { what: 'a list', spec: { ...base, kind: 'list' } },
])('$what remembers nothing of commits in which it was not written', ({ spec }) => {
  const { store, commit } = open(spec)
  if (store.kind === 'window') store.put('k', 'v', minuteMs, minuteMs)
  for (let warm = 0; warm < 1000; warm++) commit()
  const before = usedBytes()
  for (let round = 0; round < 20_000; round++) commit()
  expect(usedBytes() - before).toBeLessThan(1_000_000)
})

describe('what has expired', () => {
  test('goes by whole buckets when stream time passes, and is counted when it comes late', () => {
    const { store, engine, count, commit } = open(windows)
    for (let minute = 0; minute < 40; minute++) {
      for (let key = 0; key < 10; key++) store.put(`k${key}`, 'v', minute * minuteMs, 0)
      commit()
      // Ten live minutes, those of a bucket of five that is not over yet, and stream time.
      expect(engine.entryCount).toBeLessThanOrEqual(10 * 15 + 1)
    }
    expect(store.put('k1', 'late', 29 * minuteMs, 0)).toBeUndefined()
    expect(store.put('k1', 'in time', 30 * minuteMs, 0)?.value).toBe('in time')
    expect(count('weft_store_expired_total')).toBe(1)
  })

  test('stays expired after a restart, before anything is put', () => {
    const spec = { ...base, kind: 'key-value', timestamped: true, timeToLiveMs: 10 * minuteMs } as const
    const first = open(spec)
    first.store.put('old', 'v', minuteMs)
    first.store.put('new', 'v', 11 * minuteMs)
    first.commit()
    const again = open(spec, first.engine)
    expect(again.store.get('old')).toBeUndefined()
    expect(again.store.get('new')).toBe('v')
    again.store.put('later', 'v', 40 * minuteMs)
    again.commit()
    expect(first.engine.entryCount).toBe(2)
  })

  test('needs timestamps', () => {
    const spec = { ...base, kind: 'key-value', timestamped: false, timeToLiveMs: minuteMs } as const
    expect(() => open(spec)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

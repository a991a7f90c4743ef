import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { fc, test as property } from '@fast-check/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import type { OrderedStore, StateEngines, StoreBatch } from './contracts.ts'
import { CleanBudget } from './clean-budget.ts'
import { FilteredStore } from './filtered-store.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { RocksDatabase } from './rocksdb/rocks-database.ts'
import { rocksFailure } from './rocksdb/rocks-errors.ts'
import { sqliteFailure } from './sqlite/sqlite-errors.ts'
import { ProcessEngines, type EngineKind } from './state-engines.ts'

// What every engine keeps: one suite, run on each of them.

const folders: string[] = []
const opened: ProcessEngines[] = []
afterAll(async () => {
  for (const engines of opened) await engines.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weft-engines-'))
  folders.push(folder)
  return folder
}

async function openEngines(kind: EngineKind, folder: string): Promise<ProcessEngines> {
  const engines = await ProcessEngines.open({ kind, folder, budgetBytes: 16 * 1_048_576 })
  opened.push(engines)
  return engines
}

/** Engines in memory have nothing to drop: whoever opens one has an empty one. */
const inMemory = (bucketBytes: number): StateEngines => ({
  open: () => new MemoryStore({ bucketBytes }),
  drop: () => {},
})

const disks = await Promise.all(
  (['rocksdb', 'sqlite'] as const).map(async (kind) => ({
    kind,
    engines: (await openEngines(kind, newFolder())).forThread(0),
  })),
)
/** A filter stands before an engine and keeps what the engine keeps. */
const filtered = (isBucketed: boolean): StateEngines => ({
  open: () => new FilteredStore(new MemoryStore(), { isBucketed, budget: new CleanBudget() }),
  drop: () => {},
})
const all = [
  { kind: 'filtered', engines: filtered(false) },
  { kind: 'filtered by buckets', engines: filtered(true) },
  { kind: 'memory', engines: inMemory(0) },
  { kind: 'memory by buckets', engines: inMemory(8) },
  ...disks,
]

const bucket = (number: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(number))
  return bytes
}
const keys = fc
  .tuple(
    fc.nat(3),
    fc.oneof(
      fc.integer({ min: 0, max: 40 }).map((number) => Buffer.from(String(number))),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    ),
  )
  .map(([number, key]) => Buffer.concat([bucket(number), key]))
const bounds = fc.option(keys, { nil: undefined, freq: 5 })
const values = fc.option(fc.nat(600).map((length) => Buffer.alloc(length, length % 251)))
const batches = fc.array(fc.array(fc.record({ key: keys, value: values }), { maxLength: 60, size: 'max' }), {
  maxLength: 12,
  size: 'max',
})

type Model = Map<string, Buffer>

function inRange(model: Model, from: Buffer | undefined, to: Buffer | undefined): string[] {
  const [low, high] = [from?.toString('latin1'), to?.toString('latin1')]
  const isWithin = (key: string): boolean =>
    (low === undefined || key >= low) && (high === undefined || key < high)
  return [...model.keys()].filter(isWithin).sort()
}

function applyTo(model: Model, { entries }: Pick<StoreBatch, 'entries'>): void {
  for (const { key, value } of entries) {
    if (value === null) model.delete(key.toString('latin1'))
    else model.set(key.toString('latin1'), value)
  }
}

function expectEqual(store: OrderedStore, model: Model): void {
  for (const [key, value] of model) expect(store.get(Buffer.from(key, 'latin1'))?.equals(value)).toBe(true)
  const listed = [...store.range(undefined, undefined)].map(({ key, value }) => [
    key.toString('latin1'),
    Buffer.from(value).toString('latin1'),
  ])
  const expected = [...model].map(([key, value]) => [key, value.toString('latin1')])
  expect(listed).toEqual(expected.sort(([left], [right]) => ((left as string) < (right as string) ? -1 : 1)))
}

let serial = 0
const freshPlace = () => ({ task: `0_${serial++}`, store: 'contents' })

describe.each(all)('an engine ($kind)', ({ kind, engines }) => {
  property.prop({ batches, from: bounds, to: bounds }, { numRuns: kind.startsWith('memory') ? 40 : 12 })(
    'holds what a Map holds, in the byte order of its keys, both ways, and loses what is dropped',
    ({ batches, from, to }) => {
      const store = engines.open(freshPlace())
      const model: Model = new Map()
      const listed = (reverse: boolean): string[] =>
        [...store.range(from, to, { reverse })].map(({ key }) => key.toString('latin1'))
      for (const entries of batches) {
        store.write({ entries, position: undefined })
        applyTo(model, { entries })
        expect(listed(false)).toEqual(inRange(model, from, to))
        expect(listed(true)).toEqual(inRange(model, from, to).toReversed())
      }
      expectEqual(store, model)
      if (to !== undefined) {
        store.drop(from, to)
        for (const key of inRange(model, from, to)) model.delete(key)
        expectEqual(store, model)
      }
      store.drop(undefined, bucket(2))
      for (const key of inRange(model, undefined, bucket(2))) model.delete(key)
      expectEqual(store, model)
      store.close()
    },
  )

  test('copies keys and values before a write returns, and keeps the last position', () => {
    const store = engines.open(freshPlace())
    const [key, value] = [Buffer.from('12345678key'), Buffer.from('value')]
    const position = { topicId: 't', offset: 7, leaderEpoch: 1, committedAtMs: 5 }
    expect(store.position()).toBeUndefined()
    store.write({ entries: [{ key, value }], position })
    store.write({ entries: [], position: undefined })
    key.fill(0)
    value.fill(0)
    expect(store.get(Buffer.from('12345678key'))?.toString()).toBe('value')
    expect(store.position()).toEqual(position)
    store.close()
  })

  test('walks a range that is longer than what it reads at once', () => {
    const store = engines.open(freshPlace())
    const entries = Array.from({ length: 1300 }, (_, index) => ({
      key: Buffer.concat([bucket(1), bucket(index)]),
      value: Buffer.from(String(index)),
    }))
    store.write({ entries, position: undefined })
    const numbers = [...store.range(undefined, undefined)].map(({ value }) => Number(value.toString()))
    expect(numbers).toEqual(entries.map((_, index) => index))
    const back = [...store.range(undefined, undefined, { reverse: true })].map(({ value }) =>
      value.toString(),
    )
    expect(back.map(Number)).toEqual(numbers.toReversed())
    store.close()
  })
})

/** A thread that opens a store and has it until it is ended. */
const opener = `
const { workerData, parentPort } = require('node:worker_threads')
import(workerData.module).then(({ ProcessEngines }) => {
  globalThis.store = ProcessEngines.attach(workerData.engines).forThread(0).open(workerData.place)
  parentPort.postMessage('open')
  setInterval(() => {}, 1000)
})`

describe.each(disks)('an engine on disk ($kind)', ({ kind, engines }) => {
  test('has entries and position again when it is opened again, and nothing when it was dropped', () => {
    const place = freshPlace()
    const position = { topicId: 't', offset: 42, leaderEpoch: 3, committedAtMs: 5 }
    const first = engines.open(place)
    first.write({ entries: [{ key: Buffer.from('k'), value: Buffer.from('v') }], position })
    first.close()
    const again = engines.open(place)
    expect(again.get(Buffer.from('k'))?.toString()).toBe('v')
    expect(again.position()).toEqual(position)
    expect(again.entryCount).toBe(1)
    again.close()
    engines.drop(place)
    const fresh = engines.open(place)
    expect([...fresh.range(undefined, undefined)]).toEqual([])
    expect(fresh.position()).toBeUndefined()
    fresh.close()
  })

  test('keeps stores apart, and names those that are there', async () => {
    const own = await openEngines(kind, newFolder())
    const thread = own.forThread(0)
    const places = [
      { task: '0_1', store: 'a' },
      { task: '0_2', store: 'a' },
      { task: '0_1', store: 'b/c' },
    ]
    const stores = places.map((place) => thread.open(place))
    stores.forEach((store, index) =>
      store.write({
        entries: [{ key: Buffer.from('k'), value: Buffer.from(String(index)) }],
        position: undefined,
      }),
    )
    expect(stores.map((store) => store.get(Buffer.from('k'))?.toString())).toEqual(['0', '1', '2'])
    const sorted = (some: readonly { task: string; store: string }[]): string[] =>
      some.map(({ task, store }) => `${task}/${store}`).sort()
    expect(sorted(own.places())).toEqual(sorted(places))
    for (const store of stores) store.close()
  })

  test('counts entries about right', () => {
    const store = engines.open(freshPlace())
    for (let batch = 0; batch < 20; batch++) {
      const entries = Array.from({ length: 500 }, (_, index) => ({
        key: Buffer.from(`key-${(batch % 10) * 500 + index}`),
        value: Buffer.alloc(100),
      }))
      store.write({ entries, position: undefined })
    }
    expect(store.entryCount).toBeGreaterThan(4500)
    expect(store.entryCount).toBeLessThan(5500)
    expect(store.sizeBytes).toBeGreaterThan(450_000)
    store.close()
  })

  test('is open in one thread of a process at a time, and in the next life of that thread at once', async () => {
    const own = await openEngines(kind, newFolder())
    const [first, second] = [own.forThread(0), ProcessEngines.attach(own.shared).forThread(1)]
    const place = freshPlace()
    const store = first.open(place)
    expect(() => second.open(place)).toThrow(expect.objectContaining({ code: 'STORE_IN_USE' }))
    store.write({ entries: [{ key: Buffer.from('k'), value: Buffer.from('v') }], position: undefined })
    store.close()
    const moved = second.open(place)
    expect(moved.get(Buffer.from('k'))?.toString()).toBe('v')
    moved.close()
    expect(() => moved.get(Buffer.from('k'))).toThrow(/after it was closed/)
  })

  test('that was open in a thread that died is opened by another one, when the next life of the first has begun', async () => {
    const own = await openEngines(kind, newFolder())
    const place = freshPlace()
    const module = new URL('./state-engines.ts', import.meta.url).href
    const worker = new Worker(opener, { eval: true, workerData: { module, engines: own.shared, place } })
    await once(worker, 'message')
    await worker.terminate()
    const second = own.forThread(1)
    expect(() => second.open(place)).toThrow(expect.objectContaining({ code: 'STORE_IN_USE' }))
    own.forThread(0)
    second.open(place).close()
  })

  test('is deleted only while no thread has it open', async () => {
    const own = await openEngines(kind, newFolder())
    const thread = ProcessEngines.attach(own.shared).forThread(0)
    const place = freshPlace()
    const store = thread.open(place)
    store.write({ entries: [{ key: Buffer.from('k'), value: Buffer.from('v') }], position: undefined })
    expect([own.isOpen(place), own.dropUnused(place, 1)]).toEqual([true, false])
    expect(store.get(Buffer.from('k'))?.toString()).toBe('v')
    store.close()
    expect([own.isOpen(place), own.dropUnused(place, 1)]).toEqual([false, true])
    expect(own.places()).toEqual([])
    const again = thread.open(place)
    expect([again.get(Buffer.from('k')), own.places()]).toEqual([undefined, [place]])
    again.close()
  })
})

describe.each(['rocksdb', 'sqlite'] as const)('state that cannot be read (%s)', (kind) => {
  test('is named with what to do about it', async () => {
    const folder = newFolder()
    const place = { task: '0_0', store: 's' }
    const first = await openEngines(kind, folder)
    const store = first.forThread(0).open(place)
    store.write({ entries: [{ key: Buffer.from('k'), value: Buffer.from('v') }], position: undefined })
    store.close()
    await first.close()
    for (const file of readdirSync(join(folder, kind), { recursive: true, encoding: 'utf8' })) {
      if (/CURRENT$|MANIFEST|\.sqlite$/.test(file)) writeFileSync(join(folder, kind, file), 'x'.repeat(8192))
    }
    const again = async () => (await openEngines(kind, folder)).forThread(0).open(place)
    await expect(again()).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      hint: expect.stringContaining('is rebuilt from there'),
    })
  })

  test('where its folder cannot be made is named too', async () => {
    const occupied = join(newFolder(), 'file')
    writeFileSync(occupied, 'a file, no folder')
    const open = async () =>
      (await openEngines(kind, occupied)).forThread(0).open({ task: '0_0', store: 's' })
    await expect(open()).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' })
  })
})

test('a folder that is deleted under an open database is the trouble of its disk', async () => {
  const folder = newFolder()
  const engines = await ProcessEngines.open({ kind: 'rocksdb', folder, budgetBytes: 1_048_576 })
  const store = engines.forThread(0).open({ task: '0_0', store: 's' })
  store.write({ entries: [{ key: Buffer.from('k'), value: Buffer.from('v') }], position: undefined })
  store.close()
  rmSync(join(folder, 'rocksdb'), { recursive: true })
  await expect(engines.close()).rejects.toMatchObject({
    code: 'STORE_UNWRITABLE',
    message: expect.stringContaining(join(folder, 'rocksdb')),
  })
})

describe('state of a version that is not known', () => {
  const place = { task: '0_0', store: 's' }
  const entry = { key: Buffer.from('k'), value: Buffer.from('v') }

  /** What the engine's next version would write. */
  const raise = {
    rocksdb: async (folder: string) => {
      const database = await RocksDatabase.open({ folder, budgetBytes: 1_048_576 })
      const key = Buffer.concat([Buffer.alloc(8), Buffer.from('0_0/s')])
      expect(database.get(key)).toEqual(Buffer.from([1]))
      database.write(1, () => ({ key, value: Buffer.from([2]) }))
      await database.close()
    },
    sqlite: async (folder: string) => {
      const database = new DatabaseSync(join(folder, '0_0', 's.sqlite'))
      database.exec('PRAGMA user_version = 2')
      database.close()
    },
  }

  test.each(['rocksdb', 'sqlite'] as const)('is named, and left as it is: %s', async (kind) => {
    const folder = newFolder()
    const first = await openEngines(kind, folder)
    const store = first.forThread(0).open(place)
    store.write({ entries: [entry], position: undefined })
    store.close()
    await first.close()
    await raise[kind](join(folder, kind))
    const again = await openEngines(kind, folder)
    for (let time = 0; time < 2; time++)
      expect(() => again.forThread(0).open(place)).toThrow(
        expect.objectContaining({
          code: 'STATE_VERSION',
          message: expect.stringContaining('has format 2'),
          detail: expect.stringContaining('reads and writes format 1'),
        }),
      )
    const other = again.forThread(0).open({ task: '0_1', store: 's' })
    other.write({ entries: [entry], position: undefined })
    expect(other.get(entry.key)).toEqual(entry.value)
    expect(again.places()).toHaveLength(2)
    other.close()
  })
})

test('SQLite counts what goes with its whole bucket', async () => {
  const engines = await openEngines('sqlite', newFolder())
  const store = engines.forThread(0).open({ task: '0_0', store: 's' })
  const entries = Array.from({ length: 300 }, (_, index) => {
    const key = Buffer.alloc(16)
    key.writeBigInt64BE(BigInt(index % 3))
    key.writeInt32BE(index, 8)
    return { key, value: Buffer.alloc(10) }
  })
  store.write({ entries, position: undefined })
  const end = Buffer.alloc(8)
  end.writeBigInt64BE(2n)
  store.drop(undefined, end)
  expect(store.entryCount).toBe(100)
  store.close()
  await engines.close()
})

test.each([
  ['No space left on device', 'STORE_FULL'],
  ['IO error: lock hold by current process', 'STATE_LOCKED'],
  ['IO error: While lock file: f/LOCK: Resource temporarily unavailable', 'STATE_LOCKED'],
  ['IO error: While open a file for lock: f/LOCK: Read-only file system', 'STORE_UNWRITABLE'],
  ['IO error: While open a file for lock: f/LOCK: No space left on device', 'STORE_FULL'],
  ['Corruption: block checksum mismatch', 'STORE_CORRUPT'],
  ['IO error: Permission denied', 'STORE_UNWRITABLE'],
])('what RocksDB says is understood: %s', (message, code) => {
  expect(rocksFailure(new Error(message), 'write', 'folder')).toMatchObject({ code })
})

test.each([
  [13, 'STORE_FULL'],
  [5, 'STATE_LOCKED'],
  [11, 'STORE_CORRUPT'],
  [1032, 'STORE_UNWRITABLE'],
])('what SQLite says is understood: code %i', (errcode, code) => {
  expect(sqliteFailure(Object.assign(new Error('x'), { errcode }), 'write', 'file')).toMatchObject({ code })
})

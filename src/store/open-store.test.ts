import { describe, expect, test } from 'vitest'
import { MetricRegistry } from '../base/metrics.ts'
import { materialize } from '../data/lazy.ts'
import { Row } from '../data/row.ts'
import type { Format } from '../data/types.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { keptChange } from './fixtures.ts'
import { openStore } from './open-store.ts'
import type { StoreDescription } from './store-description.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const long: Format = { notation: 'binary', type: { kind: 'long' } }
const json: Format = { notation: 'json', type: { kind: 'any' } }

type KeyValueDescription = Extract<StoreDescription, { readonly kind: 'key-value' }>

interface Shape extends Partial<KeyValueDescription> {
  readonly value?: Format
  readonly cleanEntriesMax?: number
  readonly checksWrites?: boolean
}

function open(shape: Shape = {}) {
  const { value = text, cleanEntriesMax, checksWrites = false, ...spec } = shape
  const engine = new MemoryStore()
  const log: string[] = []
  const metrics = new MetricRegistry()
  const key = shape.key ?? text
  const opened = openStore({
    spec: {
      name: 's',
      kind: 'key-value',
      key,
      timestamped: false,
      caching: false,
      persistent: false,
      logging: 'own',
      ...spec,
    },
    keySerde: serdeFor(key),
    valueSerde: serdeFor(value),
    engine,
    changeLog: {
      append: (change) => {
        const { key, value, timestampMs } = keptChange(change)
        log.push(`${key.toString()}=${value?.toString() ?? 'null'}@${timestampMs}`)
      },
    },
    metrics,
    checksWrites,
    ...(cleanEntriesMax === undefined ? {} : { cleanEntriesMax }),
  })
  return { ...opened, engine, log, metrics }
}

const lazyJson = (source: string): unknown => {
  const bytes = Buffer.from(source)
  return serdeFor(json).decode(bytes, 0, bytes.length, undefined)
}

describe('openStore', () => {
  test('writes nothing to the engine before the commit, and exactly the sealed bytes then', () => {
    const { store, managed, engine } = open()
    store.put('a', 'one', 1)
    const generation = managed.seal()
    store.put('a', 'two', 2)
    expect(engine.entryCount).toBe(0)
    managed.committed(generation, undefined)
    expect(engine.get(Buffer.from('a'))?.toString()).toBe('one')
    expect(store.get('a')).toBe('two')
  })

  test('logs every write in order without caching, each key once a commit with it', () => {
    const plain = open({ caching: false })
    const cached = open({ caching: true })
    for (const { store, managed } of [plain, cached]) {
      store.put('a', '1', 1)
      store.put('b', '2', 2)
      store.put('a', '3', 3)
      store.put('b', null, 4)
      managed.seal()
    }
    expect(plain.log).toEqual(['a=1@1', 'b=2@2', 'a=3@3', 'b=null@4'])
    expect(cached.log).toEqual(['a=3@3', 'b=null@4'])
  })

  test.each(['none', 'source'] as const)('logs nothing where logging is %s', (logging) => {
    const { store, managed, log } = open({ logging })
    store.put('a', '1', 1)
    managed.seal()
    expect(log).toEqual([])
  })

  test('keeps the timestamp in eight bytes before the value, and the plain value in the change log', () => {
    const { store, managed, engine, log } = open({ timestamped: true })
    store.put('a', 'v', 1_700_000_000_123)
    managed.committed(managed.seal(), undefined)
    const bytes = engine.get(Buffer.from('a'))
    expect(bytes?.readBigInt64BE()).toBe(1_700_000_000_123n)
    expect(bytes?.subarray(8).toString()).toBe('v')
    expect(log).toEqual(['a=v@1700000000123'])
  })

  test('falls back to the sealed value when the open generation fails', () => {
    const { store, managed } = open()
    store.put('a', '1', 1)
    const first = managed.seal()
    store.put('a', '2', 2)
    const second = managed.seal()
    store.put('a', '3', 3)
    managed.failed(second)
    expect(store.get('a')).toBe('1')
    managed.failed(first)
    expect(store.get('a')).toBeUndefined()
    expect(managed.dirtyCount).toBe(0)
  })

  test('reads the engine once for a key that stays hot', () => {
    const { store, managed, metrics } = open()
    managed.restore({
      entries: [{ key: Buffer.from('a'), value: Buffer.from('1'), timestampMs: 0 }],
      position: undefined,
    })
    for (let read = 0; read < 5; read++) expect(store.get('a')).toBe('1')
    const reads = metrics.samples().find(({ facts }) => facts.name === 'weft_store_engine_reads_total')
    expect(reads?.value).toBe(1)
  })

  test('keeps what is hot, whatever is asked for once, and lets in what is asked for again', () => {
    const { store, managed, metrics } = open({ cleanEntriesMax: 100 })
    const entries = Array.from({ length: 1000 }, (_, key) => ({
      key: Buffer.from(`k${key}`),
      value: Buffer.from('v'),
      timestampMs: 0,
    }))
    managed.restore({ entries, position: undefined })
    const readsOf = (from: number, to: number): number => {
      const reads = () =>
        metrics.samples().find(({ facts }) => facts.name === 'weft_store_engine_reads_total')?.value ?? 0
      const before = reads()
      for (let key = from; key < to; key++) expect(store.get(`k${key}`)).toBe('v')
      return reads() - before
    }
    expect(readsOf(0, 100)).toBe(100)
    expect(readsOf(200, 1000)).toBe(800)
    expect(readsOf(0, 100)).toBeLessThan(30)
    readsOf(150, 160)
    readsOf(150, 160)
    expect(readsOf(150, 160)).toBe(0)
  })

  test('reads once what is asked for some times in a row, though it is not let in', () => {
    const { store, managed, metrics } = open({ cleanEntriesMax: 0, timestamped: true })
    managed.restore({
      entries: [{ key: Buffer.from('a'), value: Buffer.from('1'), timestampMs: 7 }],
      position: undefined,
    })
    expect([store.get('a'), store.timestampMs('a'), store.get('a')]).toEqual(['1', 7, '1'])
    const reads = metrics.samples().find(({ facts }) => facts.name === 'weft_store_engine_reads_total')
    expect(reads?.value).toBe(1)
  })

  test.each([0, 100])('gives what was restored, not what it remembers (of %i)', (cleanEntriesMax) => {
    const { store, managed } = open({ cleanEntriesMax })
    const restore = (value: string | null): void =>
      managed.restore({
        entries: [
          { key: Buffer.from('a'), value: value === null ? null : Buffer.from(value), timestampMs: 0 },
        ],
        position: undefined,
      })
    restore('1')
    expect(store.get('a')).toBe('1')
    restore('2')
    expect(store.get('a')).toBe('2')
    restore(null)
    expect(store.get('a')).toBeUndefined()
  })

  test('restores each key once, with the last of its values', () => {
    const { managed, engine } = open()
    const batches: (string | undefined)[][] = []
    const write = engine.write.bind(engine)
    engine.write = (batch) => {
      batches.push(Array.from(batch.entries, ({ key, value }) => `${key.toString()}=${value?.toString()}`))
      write(batch)
    }
    const entries = ['a1', 'b1', 'a2', 'b', 'a3'].map((text) => ({
      key: Buffer.from(text.slice(0, 1)),
      value: text.length === 1 ? null : Buffer.from(text.slice(1)),
      timestampMs: 0,
    }))
    managed.restore({ entries, position: undefined })
    expect(batches).toEqual([['a=3', 'b=undefined']])
  })

  test('keeps a lazy value beyond the bytes it came in', () => {
    const { store } = open({ value: json })
    const bytes = Buffer.from('{"a":1}')
    store.put('k', serdeFor(json).decode(bytes, 0, bytes.length, undefined), 0)
    bytes.fill(0)
    expect(materialize(store.get('k'))).toEqual({ a: 1 })
  })

  test('takes a lazy key and a plain one for the same', () => {
    const { store } = open({ key: json })
    store.put(lazyJson('{"a":1}'), 'v', 0)
    expect(store.get({ a: 1 })).toBe('v')
    expect([...store.all()].map(([key]) => materialize(key))).toEqual([{ a: 1 }])
  })

  test('takes a bigint that a number can hold for that number, and refuses text for a number', () => {
    const { store } = open({ key: long })
    store.put(5n, 'five', 0)
    expect(store.get(5)).toBe('five')
    expect(() => store.get('5')).toThrow(
      expect.objectContaining({ code: 'VALUE_TYPE_MISMATCH', detail: 'It is a key of store "s".' }),
    )
    expect(() => store.get(null)).toThrow(expect.objectContaining({ code: 'VALUE_TYPE_MISMATCH' }))
  })

  test('reads rows back by their columns', () => {
    const columns = [{ name: 'b', type: { kind: 'any' } }] as const
    const { store, managed } = open({ value: json, columns, cleanEntriesMax: 0 })
    store.put('k', lazyJson('{"a":1,"b":"x"}'), 0)
    managed.committed(managed.seal(), undefined)
    const row = store.get('k')
    expect(row).toBeInstanceOf(Row)
    expect((row as Row).get(0)).toBe('x')
  })

  test('leaves everything as it was when a value does not fit at the seal', () => {
    const { store, managed, engine } = open({ value: long, caching: true })
    store.put('a', 1, 0)
    store.put('b', 'no number', 0)
    expect(() => managed.seal()).toThrow(
      expect.objectContaining({
        code: 'VALUE_TYPE_MISMATCH',
        detail: expect.stringContaining('It was written to store "s".'),
      }),
    )
    expect(managed.dirtyCount).toBe(2)
    managed.failed(0)
    expect(managed.dirtyCount).toBe(0)
    expect(engine.entryCount).toBe(0)
  })

  test.each([
    ['logged as it is written', { caching: false }],
    ['checked as it is written', { caching: true, checksWrites: true }],
  ])('keeps what a key had when a value does not fit and is %s', (_, shape) => {
    const { store, managed } = open({ value: long, ...shape })
    store.put('a', 1, 0)
    managed.committed(managed.seal(), undefined)
    const misfit = { code: 'VALUE_TYPE_MISMATCH', detail: expect.stringContaining('store "s"') }
    for (const key of ['a', 'b'])
      expect(() => store.put(key, 'no number', 1)).toThrow(expect.objectContaining(misfit))
    expect(store.get('a')).toBe(1)
    expect(store.get('b')).toBeUndefined()
    expect(managed.dirtyCount).toBe(0)
    expect(() => managed.seal()).not.toThrow()
  })

  test('refuses to commit generations out of order', () => {
    const { store, managed } = open()
    store.put('a', '1', 0)
    managed.seal()
    const second = managed.seal()
    expect(() => managed.committed(second, undefined)).toThrow(/not the oldest/)
  })
})

describe('a store keyed by column values', () => {
  const indexed = () =>
    openStore({
      spec: {
        name: 'i',
        kind: 'key-value',
        key: text,
        timestamped: false,
        caching: false,
        persistent: false,
        logging: 'none',
      },
      keySerde: serdeFor(text),
      valueSerde: serdeFor(text),
      changeLog: undefined,
      metrics: new MetricRegistry(),
      keyedBy: 'index',
      cleanEntriesMax: 0,
    })

  test('tells text from numbers and parts from each other', () => {
    const { store, managed } = indexed()
    const keys = ['1', 1, 2n ** 60n, true, 'true', ['a', 'b'], ['ab', ''], ['1', 1], [1, '1'], [['a'], 'b']]
    keys.forEach((key, index) => store.put(key, `v${index}`, 0))
    managed.committed(managed.seal(), undefined)
    expect(keys.map((key) => store.get(key))).toEqual(keys.map((_, index) => `v${index}`))
    expect(store.get(1n)).toBe('v1')
    expect(managed.entryCount).toBe(keys.length)
  })
})

describe('a value of the engine that is not what was written', () => {
  const broken = { key: Buffer.from('k'), value: Buffer.from('{"a":') }
  const read = (shape: Shape) => {
    const { store, engine } = open({ value: json, ...shape })
    engine.write({ entries: [broken], position: undefined })
    return () => store.get('k')
  }

  test.each(['own', 'none'] as const)("is the store's trouble, by name (logging: %s)", (logging) => {
    expect(read({ logging })).toThrow(
      expect.objectContaining({
        code: 'STORE_CORRUPT',
        message: 'could not read what store "s" holds',
        hint: expect.stringContaining('Delete the state folder'),
      }),
    )
  })

  test('is so as a row of columns, too', () => {
    const columns = [{ name: 'a', type: { kind: 'long' } }] as const
    expect(read({ columns })).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })

  test("stays a record's where others have written it: a table over its own topic", () => {
    expect(read({ logging: 'source' })).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }))
  })
})

import { beforeEach, describe, expect, test, vi } from 'vitest'
import { bucketPrefix, newestPrefix } from './buckets.ts'
import { CleanBudget } from './clean-budget.ts'
import type { StoreEntry } from './contracts.ts'
import { FilteredStore } from './filtered-store.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { streamTimeKey } from './stream-time.ts'

const inBucket = (bucket: number, key: string): Buffer =>
  Buffer.concat([bucketPrefix(bucket), Buffer.from(key)])
const engine = new MemoryStore()
const asked = vi.spyOn(engine, 'get')
const over = (isBucketed: boolean, budget = new CleanBudget()): FilteredStore =>
  new FilteredStore(engine, { isBucketed, budget })
const put = (store: Pick<FilteredStore, 'write'>, ...keys: readonly Buffer[]): void =>
  store.write({ entries: keys.map((key) => ({ key, value: Buffer.from('v') })), position: undefined })
const found = (store: FilteredStore, ...keys: readonly Buffer[]): (string | undefined)[] =>
  keys.map((key) => store.get(key)?.toString())

beforeEach(() => {
  engine.drop(undefined, Buffer.alloc(9, 0xff))
  asked.mockClear()
})

describe('the engine is not asked', () => {
  test('for a key that never came', () => {
    const store = over(false)
    put(store, Buffer.from('a'))
    expect(found(store, Buffer.from('a'), Buffer.from('b'))).toEqual(['v', undefined])
    expect(asked).toHaveBeenCalledTimes(1)
  })

  test('for a bucket in which nothing was, also beside one of an earlier process', () => {
    put(engine, inBucket(1, 'old'))
    const store = over(true)
    put(store, inBucket(2, 'a'))
    expect(found(store, inBucket(2, 'b'), inBucket(3, 'a'))).toEqual([undefined, undefined])
    expect(asked).not.toHaveBeenCalled()
    expect(found(store, inBucket(1, 'old'), inBucket(1, 'other'))).toEqual(['v', undefined])
    expect(asked).toHaveBeenCalledTimes(2)
  })

  test('for a bucket that comes again after it was dropped', () => {
    put(engine, inBucket(1, 'old'))
    const budget = new CleanBudget()
    const store = over(true, budget)
    put(store, inBucket(2, 'a'))
    expect(found(store, inBucket(1, 'old'))).toEqual(['v'])
    store.drop(undefined, bucketPrefix(3))
    expect(budget.usedBytes).toBe(0)
    asked.mockClear()
    expect(found(store, inBucket(1, 'old'), inBucket(2, 'a'))).toEqual([undefined, undefined])
    expect(asked).not.toHaveBeenCalled()
  })
})

test('what stands behind all times is known apart', () => {
  const newest = Buffer.concat([newestPrefix, Buffer.from('key')])
  put(engine, newest)
  const store = over(true)
  expect(found(store, inBucket(-1, 'key'), streamTimeKey, newest)).toEqual([undefined, undefined, 'v'])
})

test('what a failed write had deleted is still there', () => {
  put(engine, Buffer.from('old'))
  const store = over(false)
  // Entry by entry, as SQLite takes them, until one cannot be written.
  const write = vi.spyOn(engine, 'write').mockImplementationOnce(({ entries }) => {
    const [deleted] = entries
    engine.write({ entries: [deleted as StoreEntry], position: undefined })
    for (const entry of entries) if (entry.value !== null) break
    put(engine, Buffer.from('old'))
    throw new Error('disk full')
  })
  const entries = [
    { key: Buffer.from('old'), value: null },
    { key: Buffer.from('new'), value: Buffer.from('v') },
  ]
  expect(() => store.write({ entries, position: undefined })).toThrow('disk full')
  write.mockRestore()
  expect(found(store, Buffer.from('old'))).toEqual(['v'])
})

test('where there is no room for a filter the engine is asked', () => {
  const store = over(false, new CleanBudget(0))
  put(store, Buffer.from('a'))
  expect(found(store, Buffer.from('a'), Buffer.from('b'))).toEqual(['v', undefined])
  expect(asked).toHaveBeenCalledTimes(2)
})

test('a closed store gives its memory back', () => {
  const budget = new CleanBudget()
  const store = new FilteredStore(new MemoryStore(), { isBucketed: false, budget })
  put(store, Buffer.from('a'))
  expect(budget.usedBytes).toBeGreaterThan(0)
  store.close()
  expect(budget.usedBytes).toBe(0)
})

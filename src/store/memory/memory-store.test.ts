import { describe, expect, test } from 'vitest'
import { MemoryStore } from './memory-store.ts'

const bytes = (text: string): Buffer => Buffer.from(text)
const optional = (text: string | undefined): Buffer | undefined =>
  text === undefined ? undefined : bytes(text)
const put = (store: MemoryStore, key: string, value: string | null): void =>
  store.write({
    entries: [{ key: bytes(key), value: value === null ? null : bytes(value) }],
    position: undefined,
  })
const list = (store: MemoryStore, from?: string, to?: string, reverse = false): string[] =>
  [...store.range(optional(from), optional(to), { reverse })].map(
    ({ key, value }) => `${key.toString()}=${value.toString()}`,
  )

describe('MemoryStore', () => {
  test('gives the last value written for a key, longer or shorter than the one before', () => {
    const store = new MemoryStore()
    for (const value of ['one', 'a much longer value than before', '', 'x']) {
      put(store, 'key', value)
      expect(store.get(bytes('key'))?.toString()).toBe(value)
    }
    expect(store.entryCount).toBe(1)
  })

  test('copies keys and values before the write returns', () => {
    const store = new MemoryStore()
    const key = bytes('key')
    const value = bytes('value')
    store.write({ entries: [{ key, value }], position: undefined })
    key.fill(0)
    value.fill(0)
    expect(store.get(bytes('key'))?.toString()).toBe('value')
  })

  test('lists a range from its first key up to but without its last, both ways', () => {
    const store = new MemoryStore()
    for (const key of ['d', 'a', 'c', 'b', 'aa']) put(store, key, key)
    expect(list(store)).toEqual(['a=a', 'aa=aa', 'b=b', 'c=c', 'd=d'])
    expect(list(store, 'aa', 'c')).toEqual(['aa=aa', 'b=b'])
    expect(list(store, 'b', undefined, true)).toEqual(['d=d', 'c=c', 'b=b'])
    put(store, 'b', null)
    put(store, 'e', 'e')
    expect(list(store, 'b')).toEqual(['c=c', 'd=d', 'e=e'])
  })

  test('keeps the position of the last batch that had one', () => {
    const store = new MemoryStore()
    const position = { topicId: 't', offset: 7, leaderEpoch: 1, committedAtMs: 5 }
    store.write({ entries: [], position })
    put(store, 'a', 'b')
    expect(store.position()).toEqual(position)
  })

  test('keeps garbage below half of what lives, or one chunk, when values change their size', () => {
    const store = new MemoryStore()
    const keys = 2_000
    for (let round = 0; round < 30; round++) {
      for (let key = 0; key < keys; key++) {
        put(store, `key-${key}`, 'v'.repeat(1 + ((key * 7 + round * 131) % 300)))
      }
    }
    expect(store.entryCount).toBe(keys)
    for (let key = 0; key < keys; key++) {
      expect(store.get(bytes(`key-${key}`))?.length).toBe(1 + ((key * 7 + 29 * 131) % 300))
    }
    expect(store.sizeBytes).toBeLessThan(2_500_000)
  })

  test('gives memory back when everything is deleted', () => {
    const store = new MemoryStore()
    for (let key = 0; key < 5_000; key++) put(store, `key-${key}`, 'v'.repeat(500))
    const full = store.sizeBytes
    for (let key = 0; key < 5_000; key++) put(store, `key-${key}`, null)
    expect(store.entryCount).toBe(0)
    expect(store.sizeBytes).toBeLessThan(full)
    expect(list(store)).toEqual([])
  })

  test('holds a value larger than a chunk', () => {
    const store = new MemoryStore()
    put(store, 'small', 's')
    const large = Buffer.alloc(5 * 1024 * 1024, 7)
    store.write({ entries: [{ key: bytes('large'), value: large }], position: undefined })
    expect(store.get(bytes('large'))?.equals(large)).toBe(true)
    put(store, 'large', 'l')
    expect(list(store)).toEqual(['large=l', 'small=s'])
    expect(store.sizeBytes).toBeLessThan(1024 * 1024)
  })
})

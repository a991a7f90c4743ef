import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { MemoryStore } from './memory-store.ts'

const keys = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((number) => Buffer.from(String(number))),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
)
const values = fc.option(fc.nat(3_000).map((length) => Buffer.alloc(length, length % 251)))
const batches = fc.array(fc.array(fc.record({ key: keys, value: values }), { maxLength: 60, size: 'max' }), {
  maxLength: 25,
  size: 'max',
})

property.prop({ batches, from: keys, to: keys }, { numRuns: 40 })(
  'a memory store holds what a Map holds, in the byte order of its keys',
  ({ batches, from, to }) => {
    const store = new MemoryStore()
    const model = new Map<string, Buffer>()
    for (const entries of batches) {
      store.write({ entries, position: undefined })
      for (const { key, value } of entries) {
        if (value === null) model.delete(key.toString('latin1'))
        else model.set(key.toString('latin1'), value)
      }
    }
    for (const [key, value] of model) {
      expect(store.get(Buffer.from(key, 'latin1'))?.equals(value)).toBe(true)
    }
    expect(store.entryCount).toBe(model.size)
    const inOrder = [...model.keys()].sort()
    const listed = (range: Iterable<{ readonly key: Buffer }>): string[] =>
      [...range].map(({ key }) => key.toString('latin1'))
    expect(listed(store.range(undefined, undefined))).toEqual(inOrder)
    const [low, high] = [from.toString('latin1'), to.toString('latin1')]
    expect(listed(store.range(from, to))).toEqual(inOrder.filter((key) => key >= low && key < high))
  },
)

import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { keyOrder } from './key-order.ts'

function orderOf(keys: readonly Buffer[]): number[] | undefined {
  const ends = keys.map((_, index) => keys.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0))
  const buffer = Buffer.concat(keys)
  const order = keyOrder({
    length: keys.length,
    buffer: () => buffer,
    start: (index) => ends[index - 1] ?? 0,
    end: (index) => ends[index] as number,
  })
  return order === undefined ? undefined : [...order]
}

const some = fc.uint8Array({ maxLength: 7 }).map((bytes) => Buffer.from(bytes))
const prefix = fc.constantFrom('', 'a', 'a longer one')

property.prop([prefix, fc.array(some, { minLength: 2, maxLength: 40 })])(
  'each key has one place, keys stand by their first bytes, and those of the same key as they came',
  (begin, endings) => {
    const keys = endings.map((ending) => Buffer.concat([Buffer.from(begin), ending]))
    const order = orderOf(keys) ?? []
    expect(order.toSorted((one, other) => one - other)).toEqual([...keys.keys()])
    const leading = (place: number) => keys[place]?.subarray(0, begin.length + 4) as Buffer
    for (const [place, index] of order.entries()) {
      if (place === 0) continue
      const before = order[place - 1] as number
      const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(begin.length + 4 - bytes.length)])
      expect(padded(leading(before)).compare(padded(leading(index)))).toBeLessThanOrEqual(0)
      if (keys[before]?.equals(keys[index] as Buffer) === true) expect(before).toBeLessThan(index)
    }
  },
)

test('a hundred thousand keys that differ behind a long prefix are in order, one alone needs none', () => {
  const keys = Array.from(
    { length: 100_000 },
    (_, index) => `user-${String((index * 7919) % 100_000).padStart(5, '0')}`,
  )
  const buffer = Buffer.from(keys.join(''))
  const order = keyOrder({
    length: keys.length,
    buffer: () => buffer,
    start: (index) => index * 10,
    end: (index) => index * 10 + 10,
  })
  const inOrder = Array.from(order ?? [], (index) => keys[index])
  // Fewer bits are left for more keys: neighbours may change places.
  const far = inOrder.filter((key, place) => Math.abs(Number(key?.slice(5)) - place) > 9)
  expect(far).toEqual([])
  expect(orderOf([Buffer.from('k')])).toBeUndefined()
})

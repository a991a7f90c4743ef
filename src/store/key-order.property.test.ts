import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { keyOrder } from './key-order.ts'

function orderOf(keys: readonly string[]): number[] {
  let end = 0
  const bytes = Buffer.from(keys.join(''), 'latin1')
  const order = keyOrder(
    bytes,
    keys.map(({ length }) => (end += length)),
  )
  return Array.from(order ?? [])
}

const some = fc.string({ unit: fc.constantFrom('a', 'b', '\u{0}', '\u{ff}'), maxLength: 4 })
const lists = fc.tuple(fc.constantFrom('', 'same '), fc.array(some, { maxLength: 60 }))

property.prop([lists])(
  'short keys behind what all share are in order, equal ones in their own',
  ([shared, ends]) => {
    const keys = ends.map((end) => shared + end)
    // A key that ends is like one that goes on with zeros.
    const padded = (place: number): string => (keys[place] as string).padEnd(20, '\u{0}')
    const expected = [...keys.keys()].sort((one, other) =>
      padded(one) === padded(other) ? one - other : padded(one) < padded(other) ? -1 : 1,
    )
    expect(orderOf(keys)).toEqual(expected)
  },
)

test('what is alike in the bytes that are compared stays as it was', () => {
  expect(orderOf(['id-12349', 'id-12341', 'id-12239', 'id-12349'])).toEqual([2, 1, 0, 3])
  expect(orderOf(['xx0001zz', 'x00001bb', 'xx0001aa', 'x00001aa'])).toEqual([1, 3, 0, 2])
})

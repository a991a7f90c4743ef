import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import type { StoreKeyIdentity } from './contracts.ts'
import { KeyTable } from './key-table.ts'

/** Few enough to come again, and with neighbours in the table. */
const keys: fc.Arbitrary<StoreKeyIdentity> = fc.oneof(
  fc.nat(400).map((number) => `k${number}`),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.integer({ min: -3, max: 3 }),
  fc.bigInt({ min: 0n, max: 3n }),
)
const steps = fc.array(fc.tuple(fc.constantFrom('set', 'set', 'delete', 'get'), keys), {
  maxLength: 2000,
  size: 'max',
})

property.prop([steps], { numRuns: 50 })('has what was set and not deleted since', (ops) => {
  const table = new KeyTable<number>()
  const model = new Map<StoreKeyIdentity, number>()
  for (const [at, [op, key]] of ops.entries()) {
    if (op === 'get') expect(table.get(key)).toBe(model.get(key))
    else if (op === 'set') {
      table.set(key, at)
      model.set(key, at)
    } else {
      table.delete(key)
      model.delete(key)
    }
    expect(table.size).toBe(model.size)
  }
  for (const [, key] of ops) expect(table.get(key)).toBe(model.get(key))
})

test('grows, shrinks when keys leave in the order in which they came, and is empty when it is cleared', () => {
  const table = new KeyTable<number>()
  for (let number = 0; number < 20_000; number++) {
    table.set(`key ${number}`, number)
    if (number >= 5000) table.delete(`key ${number - 5000}`)
  }
  expect(table.size).toBe(5000)
  for (let number = 15_000; number < 19_990; number++) table.delete(`key ${number}`)
  expect(table.size).toBe(10)
  for (let number = 0; number < 20_000; number++)
    expect(table.get(`key ${number}`)).toBe(number < 19_990 ? undefined : number)
  table.clear()
  expect([table.size, table.get('key 19999')]).toEqual([0, undefined])
})

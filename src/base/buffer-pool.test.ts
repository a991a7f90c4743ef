import { expect, test } from 'vitest'
import { BufferPool } from './buffer-pool.ts'

test('uses the memory of a buffer again that was given back by any part of it', () => {
  const pool = new BufferPool(1_000_000)
  const first = pool.take(100_000)
  expect(first.length).toBe(131_072)
  pool.give(first.subarray(10, 20))
  const second = pool.take(70_000)
  expect(second.buffer).toBe(first.buffer)
  expect(second.length).toBe(131_072)
  expect(pool.take(70_000).buffer).not.toBe(first.buffer)
})

test('keeps no more than its bound', () => {
  const pool = new BufferPool(100_000)
  const [one, two] = [pool.take(65_536), pool.take(65_536)]
  pool.give(one)
  pool.give(two)
  expect(pool.take(65_536).buffer).toBe(one.buffer)
  expect(pool.take(65_536).buffer).not.toBe(two.buffer)
})

test('takes no memory that others may share', () => {
  const pool = new BufferPool(1_000_000)
  const small = Buffer.from('a small buffer lies among others')
  pool.give(small)
  expect(pool.take(small.buffer.byteLength).buffer).not.toBe(small.buffer)
})

import { expect, test } from 'vitest'
import { ByteWriter } from './byte-writer.ts'

test('a byte that makes the buffer grow is in the new one', () => {
  const writer = new ByteWriter(1)
  for (let i = 1; i <= 40; i++) writer.writeInt8(i)
  expect([...writer.view()]).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
})

test.each([
  '',
  'a',
  'u12345',
  'ü',
  'seventeen letters',
  'é at the end é',
  '€'.repeat(9),
  'x'.repeat(24),
  'x'.repeat(25),
  '\u007F\u0080',
])('text %j is as UTF-8 says', (text) => {
  const writer = new ByteWriter(1)
  writer.writeInt8(1)
  writer.writeUtf8(text)
  expect(writer.view()).toEqual(Buffer.concat([Buffer.from([1]), Buffer.from(text)]))
})

test.each([
  0,
  1,
  -1,
  255,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  -(2 ** 32) - 1,
  1_764_000_000_000,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
])('the whole number %d has eight bytes, big-endian', (value) => {
  const writer = new ByteWriter(1)
  writer.writeInt64(value)
  expect(writer.view().readBigInt64BE()).toBe(BigInt(value))
})

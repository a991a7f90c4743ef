import { expect, test } from 'vitest'
import { ByteWriter } from './byte-writer.ts'

test('a byte that makes the buffer grow is in the new one', () => {
  const writer = new ByteWriter(1)
  for (let i = 1; i <= 40; i++) writer.writeInt8(i)
  expect([...writer.view()]).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
})

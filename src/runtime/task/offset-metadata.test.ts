import { expect, test } from 'vitest'
import { decodePartitionTime, encodePartitionTime } from './offset-metadata.ts'

test('writes stream time as Kafka Streams does: base64 of version 1 and eight bytes', () => {
  expect(encodePartitionTime(1_700_000_000_000)).toBe('AQAAAYvP5WgA')
})

test('reads back what it wrote, −1 included', () => {
  expect(decodePartitionTime({ metadata: encodePartitionTime(1_700_000_000_123) })).toBe(1_700_000_000_123)
  expect(decodePartitionTime({ metadata: encodePartitionTime(-1) })).toBe(-1)
})

test('reads the time of version 2, which has more behind it', () => {
  const bytes = Buffer.concat([Buffer.from([2]), Buffer.alloc(8), Buffer.from('more')])
  bytes.writeBigInt64BE(77n, 1)
  expect(decodePartitionTime({ metadata: bytes.toString('base64') })).toBe(77)
})

test('finds no time in metadata that somebody else wrote', () => {
  expect(decodePartitionTime({ metadata: '' })).toBe(-1)
  expect(decodePartitionTime({ metadata: 'by hand' })).toBe(-1)
  expect(decodePartitionTime(undefined)).toBe(-1)
})

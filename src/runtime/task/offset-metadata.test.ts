import { expect, test } from 'vitest'
import {
  checkMetadataSize,
  decodeOperatorTimes,
  decodePartitionTime,
  encodePartitionTime,
} from './offset-metadata.ts'

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

test('puts the times of operators behind it, as version 2', () => {
  const metadata = encodePartitionTime(5, [
    ['counts', 1_700_000_000_000],
    ['größe', 0],
  ])
  expect(metadata).toBe('AgAAAAAAAAAFAAAAAgAAAAZjb3VudHMAAAGLz+VoAAAAAAdncsO2w59lAAAAAAAAAAA=')
  expect(decodePartitionTime({ metadata })).toBe(5)
  expect(decodeOperatorTimes({ metadata })).toEqual([
    ['counts', 1_700_000_000_000],
    ['größe', 0],
  ])
})

test('finds no times of operators where there are none, or where they are cut off', () => {
  expect(decodeOperatorTimes({ metadata: encodePartitionTime(5) })).toEqual([])
  expect(decodeOperatorTimes(undefined)).toEqual([])
  const bytes = Buffer.from(encodePartitionTime(5, [['counts', 7]]), 'base64')
  const lengthAt = 13
  for (const nameLength of [1000, -1, -4, -100]) {
    bytes.writeInt32BE(nameLength, lengthAt)
    expect(decodeOperatorTimes({ metadata: bytes.toString('base64') })).toEqual([])
  }
})

test('times that no commit could hold are refused before anything is processed', () => {
  const names = (count: number) =>
    Array.from({ length: count }, (_, index) => `KSTREAM-AGGREGATE-${1000 + index}`)
  expect(() => checkMetadataSize('0_1', names(89))).not.toThrow()
  expect(
    encodePartitionTime(
      1,
      names(89).map((name) => [name, 1]),
    ).length,
  ).toBeLessThanOrEqual(4096)
  expect(() => checkMetadataSize('0_1', names(100))).toThrow(
    expect.objectContaining({
      code: 'TOPOLOGY_INVALID',
      message: 'task 0_1 keeps more event times than a commit can hold',
      detail:
        `100 of its operators' times take 4,552 characters beside a committed offset; Kafka takes 4,096.`.replaceAll(
          ',',
          '',
        ),
    }),
  )
})

import { expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'
import { isRetriable, kafkaErrorCode, kafkaErrorName } from './error-codes.ts'
import { murmur2, partitionOfKey } from './murmur2.ts'

test('crc32c of the check text is the published one', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3_06_92_83)
  expect(crc32c(Buffer.from('ab123456789c'), 2, 11)).toBe(0xe3_06_92_83)
})

test.each([
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['abc', 479_470_107],
])('murmur2 of %s is what Java has', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash)
  expect(murmur2(Buffer.from(`-${text}-`), 1, text.length + 1)).toBe(hash)
})

test('the partition of a key is never negative', () => {
  expect(partitionOfKey(Buffer.from('21'), 0, 2, 10)).toBe((-973_932_308 & 0x7f_ff_ff_ff) % 10)
})

test('an error has a name, a code and an advice', () => {
  expect(kafkaErrorName(kafkaErrorCode('NOT_COORDINATOR'))).toBe('NOT_COORDINATOR')
  expect(isRetriable(kafkaErrorCode('NOT_COORDINATOR'))).toBe(true)
  expect(isRetriable(kafkaErrorCode('PRODUCER_FENCED'))).toBe(false)
  expect(kafkaErrorName(30_000)).toBe('UNKNOWN_SERVER_ERROR')
})

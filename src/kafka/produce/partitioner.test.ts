import { expect, test } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import type { AppendedRecord } from '../contracts.ts'
import { Partitioner } from './partitioner.ts'

function keyed(key: string | null): AppendedRecord {
  const bytes = Buffer.from(key ?? '')
  return {
    partition: -1,
    timestampMs: 0,
    key: bytes,
    keyStart: 0,
    keyEnd: key === null ? -1 : bytes.length,
    value: bytes,
    valueStart: 0,
    valueEnd: -1,
    headers: undefined,
  }
}

// Hashes from the unit tests of Java's client, for the function that its default partitioner uses.
test.each([
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
])('sends key "%s" where a Java client sends it', (key, hash) => {
  for (const count of [1, 2, 7, 100]) {
    const partitioner = new Partitioner(count, seededRandom(1))
    expect(partitioner.partition(keyed(key))).toBe((hash & 0x7f_ff_ff_ff) % count)
  }
})

test('keeps records without a key together until their batch is sealed, then goes elsewhere', () => {
  const partitioner = new Partitioner(5, seededRandom(7))
  const first = partitioner.partition(keyed(null))
  expect(partitioner.partition(keyed(null))).toBe(first)
  partitioner.sealed((first + 1) % 5)
  expect(partitioner.partition(keyed(null))).toBe(first)
  const seen = new Set<number>()
  for (let i = 0; i < 100; i++) {
    const now = partitioner.partition(keyed(null))
    partitioner.sealed(now)
    expect(partitioner.partition(keyed(null))).not.toBe(now)
    seen.add(now)
  }
  expect(seen.size).toBe(5)
})

import { expect, test } from 'vitest'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { Evidence } from './evidence.ts'
import { auditReplay, auditReplayCached, type Replay } from './replay.ts'

const variant = { caching: false, optimised: false }
const evidence: Evidence = {
  read: () => [],
  strict: true,
  noZombies: true,
  compacted: false,
  deletionsFromMs: -Infinity,
  variant,
  stores: [],
  committed: [],
  openPartitions: [],
}

/** A task that counts: each input gives `k=<count>`. */
function counting(values: readonly string[]): Replay {
  const found = values.map((value, offset): ReadRecord => {
    const bytes = Buffer.from(value)
    return {
      partition: 0,
      offset,
      timestampMs: 0,
      key: 'k',
      keyBytes: Buffer.from('k'),
      value: bytes,
      headers: undefined,
    }
  })
  let count = 0
  return {
    found,
    isInput: ({ value }) => !String(value).startsWith('='),
    begin: () => ({ take: () => [`k =${++count}`] }),
  }
}

test('each result must follow the record that caused it', () => {
  expect(auditReplay(evidence, counting(['a', '=1', 'b', '=2']))).toEqual([])
  expect(auditReplay(evidence, counting(['a', 'b', '=1', '=2'])).join()).toContain('k a did not give k =1')
  expect(auditReplay(evidence, counting(['a', '=1', '=1'])).join()).toContain('k a gave k =1, not nothing')
  expect(auditReplay(evidence, counting(['a', '=2'])).join()).toContain('not k =1')
  expect(auditReplay(evidence, counting(['a'])).join()).toContain('did not give k =1 at the end')
})

test('with caching some may be left out, but not the last, and none may be strange', () => {
  const nameOf = (): string => 'k '
  expect(auditReplayCached(evidence, counting(['a', 'b', '=2']), nameOf)).toEqual([])
  expect(auditReplayCached(evidence, counting(['a', '=1', 'b']), nameOf).join()).toContain('came out')
  expect(auditReplayCached(evidence, counting(['a', '=7', '=1']), nameOf).join()).toContain('came out')
})

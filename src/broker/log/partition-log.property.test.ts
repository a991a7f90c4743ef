import { fc, test as property } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { batchAt, batchesIn } from '../../protocol/record-batch-reader.ts'
import { controlBatch } from '../../protocol/record-batch-writer.ts'
import { batchOf } from '../fixtures/test-broker.ts'
import { openTestLog } from '../fixtures/test-log.ts'
import type { PartitionLog } from './partition-log.ts'

const step = fc.oneof(
  fc.record({ kind: fc.constant('plain' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('write' as const), producerId: fc.nat(2) }),
  fc.record({ kind: fc.constantFrom('commit' as const, 'abort' as const), producerId: fc.nat(2) }),
)

describe('PartitionLog', () => {
  property.prop({ steps: fc.array(step, { maxLength: 40 }), maxBytes: fc.integer({ min: 1, max: 600 }) })(
    'agrees with a list of records about what committed readers see',
    ({ steps, maxBytes }) => {
      const log = openTestLog({ segmentBytes: 300 })
      /** One entry per offset: whose transaction it is of, −1 for none, and how that ended. */
      const oracle: { producerId: number; outcome: 'open' | 'commit' | 'abort'; data: boolean }[] = []
      const sequences = [0, 0, 0]
      for (const action of steps) {
        if (action.kind === 'plain' || action.kind === 'write') {
          const producerId = action.kind === 'plain' ? -1 : action.producerId
          const count = action.kind === 'plain' ? action.count : 1
          const ending =
            action.kind === 'plain'
              ? {}
              : {
                  producerId,
                  producerEpoch: 0,
                  baseSequence: sequences[producerId] ?? 0,
                  transactional: true,
                }
          if (producerId >= 0) sequences[producerId] = (sequences[producerId] ?? 0) + 1
          const bytes = batchOf(
            Array.from({ length: count }, () => 'x'),
            ending,
          )
          const header = batchAt(bytes, 0)
          if (header === undefined) throw new Error('no batch')
          expect(log.append({ bytes, header, logAppendTimeMs: undefined }, 0).kind).toBe('appended')
          const outcome = producerId < 0 ? 'commit' : 'open'
          for (let i = 0; i < count; i++) oracle.push({ producerId, outcome, data: true })
        } else {
          const { producerId, kind } = action
          const facts = { producerId, producerEpoch: 0, coordinatorEpoch: 0 }
          const bytes = controlBatch({ ...facts, kind, timestampMs: 0, baseOffset: 0, leaderEpoch: 0 })
          log.appendMarker({ ...facts, bytes, outcome: kind }, 0)
          const open = oracle.filter((entry) => entry.producerId === producerId && entry.outcome === 'open')
          for (const entry of open) entry.outcome = kind
          oracle.push({ producerId: -1, outcome: 'commit', data: false })
        }
      }
      const firstOpen = oracle.findIndex(({ outcome }) => outcome === 'open')
      const end = firstOpen < 0 ? oracle.length : firstOpen
      expect([log.endOffset, log.lastStableOffset]).toEqual([oracle.length, end])
      expect(readCommitted(log, maxBytes)).toEqual(
        oracle.flatMap(({ outcome, data }, offset) =>
          offset < end && outcome === 'commit' && data ? [offset] : [],
        ),
      )
    },
  )
})

/** What a consumer sees that follows the list of aborted transactions, fetch by fetch. */
function readCommitted(log: PartitionLog, maxBytes: number): number[] {
  const seen: number[] = []
  let offset = 0
  for (;;) {
    const limits = { isolation: 'read_committed', maxBytes, atLeastOne: true } as const
    const { records, aborted } = log.read(offset, limits)
    if (records.length === 0) return seen
    const pending = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
    const aborting = new Set<number>()
    for (const header of batchesIn(records)) {
      while (pending[0] !== undefined && pending[0].firstOffset <= header.lastOffset)
        aborting.add(pending.shift()?.producerId ?? -1)
      if (header.control) aborting.delete(header.producerId)
      else if (!header.transactional || !aborting.has(header.producerId)) seen.push(...offsetsOf(header))
      offset = header.lastOffset + 1
    }
  }
}

function offsetsOf({ baseOffset, lastOffset }: { baseOffset: number; lastOffset: number }): number[] {
  return Array.from({ length: lastOffset - baseOffset + 1 }, (_, index) => baseOffset + index)
}

import { fc, test as property } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { batchAt } from '../../protocol/record-batch-reader.ts'
import { controlBatch } from '../../protocol/record-batch-writer.ts'
import { TempFolder } from '../fixtures/data-folder.ts'
import { CommittedReader } from '../fixtures/read-records.ts'
import { keyedBatchOf } from '../fixtures/test-broker.ts'
import { openTestLog } from '../fixtures/test-log.ts'
import { compact } from './compaction.ts'
import { planCompaction } from './compaction-plan.ts'
import { FileStorage } from './file-bytes.ts'
import { NodeDisk } from './node-disk.ts'
import type { PartitionLog } from './partition-log.ts'

const settings = {
  segmentBytes: 400,
  compacted: true,
  minDirtyRatio: 0,
  deleteRetentionMs: 100,
  maxCompactionLagMs: Infinity,
}
const records = fc.array(
  fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.constant('v'), { freq: 3 })),
  {
    minLength: 1,
    maxLength: 4,
  },
)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('plain' as const), records, gzip: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('idempotent' as const), records }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('transactional' as const), records, producerId: fc.nat(1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('commit' as const, 'abort' as const),
      producerId: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('compact' as const), laterMs: fc.constantFrom(1, 60, 200) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What a log should hold, by the simplest means: every record there ever was, and how its transaction ended. */
class Oracle {
  readonly #records: { key: string; value: string | null; open: number | undefined; aborted: boolean }[] = []
  /** Of a value that no other record has. */
  #count = 0

  write(
    wanted: readonly (readonly [string, string | null])[],
    producerId?: number,
  ): [string, string | null][] {
    return wanted.map(([key, value]) => {
      const unique = value === null ? null : `${value}${this.#count++}`
      this.#records.push({ key, value: unique, open: producerId, aborted: false })
      return [key, unique]
    })
  }

  end(producerId: number, outcome: 'commit' | 'abort'): void {
    for (const record of this.#records) {
      if (record.open !== producerId) continue
      record.open = undefined
      record.aborted = outcome === 'abort'
    }
  }

  /** The newest committed value of each key, before the first record that is still open. */
  table(): Map<string, string> {
    const firstOpen = this.#records.findIndex(({ open }) => open !== undefined)
    const table = new Map<string, string>()
    for (const { key, value, aborted } of firstOpen < 0 ? this.#records : this.#records.slice(0, firstOpen)) {
      if (!aborted) setOrDelete(table, key, value)
    }
    return table
  }
}

class Run {
  readonly oracle = new Oracle()
  readonly #sequences = new Map<number, number>()
  nowMs = 0
  log: PartitionLog

  constructor(log: PartitionLog) {
    this.log = log
  }

  take(action: Step): void {
    switch (action.kind) {
      case 'plain':
        return this.#append(
          keyedBatchOf(this.oracle.write(action.records), { compression: action.gzip ? 'gzip' : 'none' }),
        )
      case 'idempotent':
        return this.#append(
          keyedBatchOf(this.oracle.write(action.records), this.#next(9, action.records.length)),
        )
      case 'transactional': {
        const ending = { ...this.#next(action.producerId, action.records.length), transactional: true }
        return this.#append(keyedBatchOf(this.oracle.write(action.records, action.producerId), ending))
      }
      case 'compact':
        this.nowMs += action.laterMs
        return this.compact()
      default:
        return this.#end(action.producerId, action.kind)
    }
  }

  compact(): void {
    const plan = planCompaction(this.log, this.nowMs)
    if (plan === undefined) return
    const steps = compact(this.log, plan, { nowMs: this.nowMs, keyBytesMax: 200 })
    while (steps.next().done !== true);
  }

  #next(producerId: number, count: number) {
    const baseSequence = this.#sequences.get(producerId) ?? 0
    this.#sequences.set(producerId, baseSequence + count)
    return { producerId, producerEpoch: 0, baseSequence }
  }

  #append(bytes: Buffer): void {
    const header = batchAt(bytes, 0)
    if (header === undefined) throw new Error('no batch')
    expect(this.log.append({ bytes, header, logAppendTimeMs: undefined }, this.nowMs).kind).toBe('appended')
  }

  #end(producerId: number, outcome: 'commit' | 'abort'): void {
    this.oracle.end(producerId, outcome)
    const facts = { producerId, producerEpoch: 0, coordinatorEpoch: 0 }
    const bytes = controlBatch({ ...facts, kind: outcome, timestampMs: 0, baseOffset: 0, leaderEpoch: 0 })
    this.log.appendMarker({ ...facts, bytes, outcome }, this.nowMs)
  }
}

describe('compaction', () => {
  property.prop({ steps: fc.array(step, { minLength: 20, maxLength: 80 }) }, { numRuns: 50 })(
    'leaves the newest committed value of every key, and the log goes on',
    ({ steps }) => {
      const run = new Run(openTestLog({ settings }))
      for (const action of steps) run.take(action)
      expect(tableOf(run.log)).toEqual(run.oracle.table())
    },
  )

  property.prop({ steps: fc.array(step, { minLength: 20, maxLength: 60 }) }, { numRuns: 12 })(
    'leaves on disk what a restart needs: the same table, producers and ends',
    ({ steps }) => {
      using folder = new TempFolder()
      const disk = new NodeDisk(10)
      const openLog = (): PartitionLog =>
        openTestLog({ storage: new FileStorage(disk, folder.path), settings })
      const run = new Run(openLog())
      for (const [index, action] of steps.entries()) {
        run.take(action)
        if (index % 7 !== 6) continue
        const before = factsOf(run.log)
        run.log = openLog()
        expect(factsOf(run.log)).toEqual(before)
      }
      expect(tableOf(run.log)).toEqual(run.oracle.table())
    },
  )
})

/** What a consumer of committed records holds at the end. */
function tableOf(log: PartitionLog): Map<string | null, string> {
  const table = new Map<string | null, string>()
  const reader = new CommittedReader()
  let offset = log.startOffset
  for (;;) {
    const limits = { isolation: 'read_committed', maxBytes: 300, atLeastOne: true } as const
    const found = log.read(offset, limits)
    if (found.records.length === 0) return table
    for (const { header, records: batch, committed } of reader.take(found.records, found.aborted)) {
      offset = header.lastOffset + 1
      for (const { key, value } of committed ? batch : []) setOrDelete(table, key, value)
    }
  }
}

function setOrDelete<K>(table: Map<K, string>, key: K, value: string | null): void {
  if (value === null) table.delete(key)
  else table.set(key, value)
}

function factsOf(log: PartitionLog): object {
  const producers = log.producers.all(0).toSorted((a, b) => a.producerId - b.producerId)
  return {
    ends: [log.startOffset, log.endOffset, log.lastStableOffset],
    table: tableOf(log),
    newest: producers.map(({ producerId, epoch, batches, openSinceOffset }) => ({
      producerId,
      epoch,
      openSinceOffset,
      last: batches.at(-1)?.lastSequence,
    })),
  }
}

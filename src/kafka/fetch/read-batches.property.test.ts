/** The filter of aborted data against an oracle that knows how each transaction ended. */
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { controlBatch, RecordBatchWriter, stampPlace } from '../../protocol/record-batch-writer.ts'
import type { AbortedTransaction } from './aborted-transactions.ts'
import { readBatches } from './read-batches.ts'

interface Entry {
  readonly offset: number
  readonly bytes: Buffer
  /** Whether a reader of committed data gets it. */
  readonly visible: boolean
}

interface Aborted extends AbortedTransaction {
  readonly lastOffset: number
}

interface Log {
  readonly entries: readonly Entry[]
  readonly aborted: readonly Aborted[]
}

const step = fc.record({
  producer: fc.integer({ min: 0, max: 3 }),
  what: fc.constantFrom('write', 'write', 'write', 'commit', 'abort', 'plain'),
})

test.prop([fc.array(step, { maxLength: 60 }), fc.array(fc.nat(12), { minLength: 1 }), fc.nat()])(
  'leaves out exactly the batches of aborted transactions, however the log is cut into answers',
  (steps, cuts, shuffle) => {
    const { entries, aborted } = logOf(steps)
    const got: number[] = []
    let at = 0
    for (let turn = 0; at < entries.length; turn++) {
      const part = entries.slice(at, at + 1 + (cuts[turn % cuts.length] ?? 0))
      const from = part[0]?.offset ?? 0
      const to = (part.at(-1)?.offset ?? 0) + 1
      const listed = rotated(aborted, shuffle).filter((one) => one.lastOffset >= from && one.firstOffset < to)
      const read = readBatches(Buffer.concat(part.map(({ bytes }) => bytes)), from, 'read_committed', listed)
      expect(read.nextOffset).toBe(to)
      got.push(...read.batches.map(({ baseOffset }) => baseOffset))
      at += part.length
    }
    expect(got).toEqual(entries.filter(({ visible }) => visible).map(({ offset }) => offset))
  },
)

test('gives open and aborted data to a reader of uncommitted data, but no markers', () => {
  const { entries, aborted } = logOf([
    { producer: 1, what: 'write' },
    { producer: 1, what: 'abort' },
    { producer: 1, what: 'write' },
  ])
  const bytes = Buffer.concat(entries.map(({ bytes }) => bytes))
  const read = readBatches(bytes, 0, 'read_uncommitted', aborted)
  expect(read.batches.map(({ baseOffset }) => baseOffset)).toEqual([0, 2])
  expect(read.nextOffset).toBe(4)
})

test('refuses a batch whose bytes changed on the way', () => {
  const bytes = Buffer.concat(logOf([{ producer: 0, what: 'plain' }]).entries.map(({ bytes }) => bytes))
  bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1
  expect(() => readBatches(bytes, 0, 'read_committed', [])).toThrow(/has checksum/)
})

/** Plays the steps; transactions that are open at the end are aborted, as a timeout would. */
function logOf(steps: readonly { producer: number; what: string }[]): Log {
  const entries: Entry[] = []
  const aborted: Aborted[] = []
  const open = new Map<number, { first: number; indexes: number[] }>()
  const end = (producer: number, kind: 'commit' | 'abort'): void => {
    const transaction = open.get(producer)
    if (transaction === undefined) return
    open.delete(producer)
    const offset = entries.length
    entries.push({ offset, bytes: marker(offset, producer, kind), visible: false })
    if (kind === 'commit') return
    aborted.push({ producerId: producer, firstOffset: transaction.first, lastOffset: offset })
    for (const index of transaction.indexes) entries[index] = { ...entries[index]!, visible: false }
  }
  for (const { producer, what } of steps) {
    const offset = entries.length
    if (what === 'commit' || what === 'abort') end(producer, what)
    else if (what === 'plain') entries.push({ offset, bytes: data(offset, undefined), visible: true })
    else {
      const transaction = open.get(producer) ?? { first: offset, indexes: [] }
      transaction.indexes.push(offset)
      open.set(producer, transaction)
      entries.push({ offset, bytes: data(offset, producer), visible: true })
    }
  }
  for (const producer of open.keys()) end(producer, 'abort')
  return { entries, aborted }
}

function data(offset: number, producer: number | undefined): Buffer {
  const writer = new RecordBatchWriter()
  const value = Buffer.from(`value ${offset}`)
  writer.append({
    timestampMs: offset,
    key: value,
    keyStart: 0,
    keyEnd: -1,
    value,
    valueStart: 0,
    valueEnd: value.length,
    headers: undefined,
  })
  const bytes =
    producer === undefined
      ? writer.finish({})
      : writer.finish({ producerId: producer, producerEpoch: 0, baseSequence: 0, transactional: true })
  stampPlace(bytes, 0, offset, 0)
  return bytes
}

function marker(offset: number, producerId: number, kind: 'commit' | 'abort'): Buffer {
  return controlBatch({
    kind,
    producerId,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestampMs: offset,
    baseOffset: offset,
    leaderEpoch: 0,
  })
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const first = list.length === 0 ? 0 : by % list.length
  return [...list.slice(first), ...list.slice(0, first)].toReversed()
}

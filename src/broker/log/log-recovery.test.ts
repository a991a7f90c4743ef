import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { batchAt } from '../../protocol/record-batch-reader.ts'
import { controlBatch } from '../../protocol/record-batch-writer.ts'
import { TempFolder } from '../fixtures/data-folder.ts'
import { batchOf } from '../fixtures/test-broker.ts'
import { openTestLog } from '../fixtures/test-log.ts'
import { FileStorage } from './file-bytes.ts'
import { NodeDisk } from './node-disk.ts'
import type { PartitionLog } from './partition-log.ts'

/** Logs that a test has done with give their files back as others open theirs. */
const disk = new NodeDisk(10)

type Step = (log: PartitionLog) => void

const producer = { producerId: 4, producerEpoch: 1, transactional: true }

/** Something of everything that a log learns from its batches. */
const steps: readonly Step[] = [
  write(batchOf(['one', 'two'])),
  write(batchOf(['three'], { ...producer, baseSequence: 0 })),
  (log) => {
    log.leaderEpoch = 3
    write(batchOf(['four'], { producerId: 9, producerEpoch: 0, baseSequence: 0 }))(log)
  },
  write(batchOf(['five', 'six'], { ...producer, baseSequence: 1 })),
  end('abort'),
  write(batchOf(['seven'], { ...producer, baseSequence: 3 })),
  write(batchOf(['eight'])),
]

describe('a log whose file is cut', () => {
  test('at any byte is what its whole batches make of it, and goes on there', () => {
    using folder = new TempFolder()
    const ends = steps.map((_, count) => writeSteps(folder, count + 1))
    const whole = readFileSync(fileIn(folder, 0))
    for (let sizeBytes = whole.length; sizeBytes >= 0; sizeBytes--) {
      const count = ends.filter((endBytes) => endBytes <= sizeBytes).length
      writeFileSync(fileIn(folder, 0), whole.subarray(0, sizeBytes))
      expectRecovered(folder, count)
    }
  })

  test('and whose last batch is damaged at any byte does not have that batch', () => {
    using folder = new TempFolder()
    const endBytes = writeSteps(folder, steps.length)
    const startBytes = writeSteps(folder, steps.length - 1)
    writeSteps(folder, steps.length)
    const whole = readFileSync(fileIn(folder, 0))
    for (let at = startBytes; at < endBytes; at++) {
      // Where the batch stands, and in which epoch, is not under its checksum.
      const field = at - startBytes
      if (field < 8 || (field >= 12 && field < 16)) continue
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 0x55
      writeFileSync(fileIn(folder, 0), damaged)
      expectRecovered(folder, steps.length - 1)
    }
  })

  test('in the middle of several segments is refused, with the file and the byte', () => {
    using folder = new TempFolder()
    const log = open(folder, 100)
    for (const step of steps) step(log)
    const whole = readFileSync(fileIn(folder, 2))
    writeFileSync(fileIn(folder, 2), whole.subarray(0, whole.length - 1))
    expect(() => open(folder)).toThrow(
      expect.objectContaining({
        code: 'DATA_FOLDER_CORRUPT',
        message: `"${fileIn(folder, 2)}" is damaged at byte 0`,
      }),
    )
  })
})

test('a log of many segments comes back whole', () => {
  using folder = new TempFolder()
  const log = open(folder, 100)
  for (const step of steps) step(log)
  expect(factsOf(open(folder))).toEqual(factsOf(log))
  expect(log.segments.all().length).toBeGreaterThan(4)
})

test('segments that a merge left behind are deleted', () => {
  using folder = new TempFolder()
  const log = open(folder, 100)
  for (const step of steps) step(log)
  const facts = factsOf(log)
  // As if the first three had become one and the crash had come before the others went.
  const merged = Buffer.concat([0, 2, 3].map((offset) => readFileSync(fileIn(folder, offset))))
  writeFileSync(fileIn(folder, 0), merged)
  const recovered = open(folder)
  expect(factsOf(recovered)).toEqual(facts)
  expect(recovered.segments.all().length).toBe(log.segments.all().length - 2)
})

function write(batch: Buffer): Step {
  return (log) => {
    const bytes = Buffer.from(batch)
    const header = batchAt(bytes, 0)
    if (header === undefined) throw new Error('no batch')
    expect(log.append({ bytes, header, logAppendTimeMs: undefined }, 0).kind).toBe('appended')
  }
}

function end(outcome: 'commit' | 'abort'): Step {
  return (log) => {
    const { producerId, producerEpoch } = producer
    const facts = { producerId, producerEpoch, coordinatorEpoch: 2 }
    const bytes = controlBatch({ ...facts, kind: outcome, timestampMs: 0, baseOffset: 0, leaderEpoch: 0 })
    log.appendMarker({ ...facts, bytes, outcome }, 0)
  }
}

function open(folder: TempFolder, segmentBytes = 100_000): PartitionLog {
  return openTestLog({ storage: new FileStorage(disk, folder.path), settings: { segmentBytes } })
}

function fileIn(folder: TempFolder, baseOffset: number): string {
  return join(folder.path, `${String(baseOffset).padStart(20, '0')}.log`)
}

/** @returns the size of the file */
function writeSteps(folder: TempFolder, count: number): number {
  writeFileSync(fileIn(folder, 0), '')
  const log = open(folder)
  for (const step of steps.slice(0, count)) step(log)
  return log.sizeBytes
}

function expectRecovered(folder: TempFolder, count: number): void {
  const inMemory = openTestLog()
  for (const step of steps.slice(0, count)) step(inMemory)
  const recovered = open(folder)
  expect(factsOf(recovered)).toEqual(factsOf(inMemory))
  for (const step of steps.slice(count)) {
    step(recovered)
    step(inMemory)
  }
  expect(factsOf(recovered)).toEqual(factsOf(inMemory))
}

/** All that others can see of a log. */
function factsOf(log: PartitionLog): object {
  const limits = { maxBytes: 100_000, atLeastOne: true } as const
  const reads = Array.from({ length: log.endOffset }, (_, offset) => [
    log.read(offset, { ...limits, isolation: 'read_committed' }),
    log.read(offset, { ...limits, isolation: 'read_uncommitted' }),
  ])
  return {
    ends: [log.startOffset, log.endOffset, log.lastStableOffset],
    reads: log.segments.all().length > 1 ? reads.length : reads,
    epochs: [0, 1, 2, 3].map((epoch) => log.endOfEpoch(epoch)),
    producers: log.producers.all(0),
    sizeBytes: log.sizeBytes,
  }
}

import { describe, expect, test } from 'vitest'
import type { FetchedPartition } from '../../kafka/contracts.ts'
import { batchAt, recordsOf } from '../../protocol/record-batch-reader.ts'
import { RecordBatchWriter } from '../../protocol/record-batch-writer.ts'
import { PartitionGroup } from './partition-group.ts'
import { PartitionQueue } from './partition-queue.ts'
import { newRawRecord } from './raw-record.ts'
import { ManualClock } from '../../base/manual-clock.ts'

const partition = { topic: 'in', partition: 0 }

/** A fetch of one batch with these times, from `baseOffset` on. */
function chunk(
  baseOffset: number,
  times: readonly number[],
  nextOffset = baseOffset + times.length,
): FetchedPartition {
  const writer = new RecordBatchWriter()
  for (const timestampMs of times) {
    const value = Buffer.from(String(timestampMs))
    writer.append({
      timestampMs,
      key: value,
      keyStart: 0,
      keyEnd: -1,
      value,
      valueStart: 0,
      valueEnd: value.length,
      headers: undefined,
    })
  }
  const buffer = writer.finish({ baseOffset })
  const header = batchAt(buffer, 0)
  const batches = header === undefined || times.length === 0 ? [] : [recordsOf(buffer, header)]
  return {
    ...partition,
    fetchOffset: baseOffset,
    highWatermark: 0,
    lastStableOffset: 0,
    batches,
    nextOffset,
    leaderEpoch: -1,
  }
}

function queueAt(position: number): PartitionQueue {
  const queue = new PartitionQueue(partition, { value: 0 })
  queue.reset(position)
  return queue
}

function drain(queue: PartitionQueue): string[] {
  const raw = newRawRecord()
  const seen: string[] = []
  while (queue.load()) {
    queue.take(raw)
    seen.push(`${raw.offset}@${raw.timestampMs}=${raw.buffer.toString('utf8', raw.valueStart, raw.valueEnd)}`)
    queue.advance()
  }
  return seen
}

describe('PartitionQueue', () => {
  test('gives records one by one, over batches and fetches', () => {
    const queue = queueAt(0)
    queue.add(chunk(0, [10, 20]), 3)
    queue.add(chunk(2, [30]), 3)
    expect(drain(queue)).toEqual(['0@10=10', '1@20=20', '2@30=30'])
    expect(queue).toMatchObject({ position: 3, fetchPosition: 3, queuedBytes: 0 })
    expect(queue.taken.value).toBe(3)
  })

  test('skips what lies before its position in the first batch', () => {
    const queue = queueAt(2)
    queue.add(chunk(0, [10, 20, 30]), 3)
    expect(drain(queue)).toEqual(['2@30=30'])
    expect(queue.queuedBytes).toBe(0)
  })

  test('moves over control records once everything before them is done, and not earlier', () => {
    const queue = queueAt(0)
    queue.add(chunk(0, [10], 2), 2)
    expect(queue.position).toBe(0)
    drain(queue)
    expect(queue.position).toBe(2)
    queue.add(chunk(2, [], 5), 5)
    expect(queue.position).toBe(5)
  })

  test('forgets everything when it is reset', () => {
    const queue = queueAt(0)
    queue.add(chunk(0, [10, 20]), 2)
    queue.reset(7)
    expect(queue.load()).toBe(false)
    expect(queue).toMatchObject({ position: 7, fetchPosition: 7, queuedBytes: 0 })
  })
})

describe('PartitionGroup', () => {
  test('takes from the input whose head is the oldest', () => {
    const [left, right] = [queueAt(0), queueAt(0)]
    left.add(chunk(0, [10, 30]), 2)
    right.add(chunk(0, [20, 40]), 2)
    const group = new PartitionGroup([left, right], new ManualClock(), -1)
    const order: number[] = []
    for (let queue = group.next(); queue !== undefined; queue = group.next()) {
      order.push(queue.headTimestampMs)
      queue.advance()
    }
    expect(order).toEqual([10, 20, 30, 40])
  })

  test('waits for an empty input of which the broker is known to have more', () => {
    const [left, right] = [queueAt(0), queueAt(0)]
    left.add(chunk(0, [10]), 1)
    right.knownEnd = 1
    expect(new PartitionGroup([left, right], new ManualClock(), 0).next()).toBeUndefined()
    expect(new PartitionGroup([left, right], new ManualClock(), -1).next()).toBe(left)
    right.add(chunk(0, [5]), 1)
    expect(new PartitionGroup([left, right], new ManualClock(), 0).next()).toBe(right)
  })

  test('waits the idle time for an empty input, then goes on without it', async () => {
    const [left, right] = [queueAt(0), queueAt(0)]
    left.add(chunk(0, [10]), 1)
    const clock = new ManualClock()
    const group = new PartitionGroup([left, right], clock, 100)
    expect(group.next()).toBeUndefined()
    await clock.advance(99)
    expect(group.next()).toBeUndefined()
    await clock.advance(1)
    expect(group.next()).toBe(left)
  })
})

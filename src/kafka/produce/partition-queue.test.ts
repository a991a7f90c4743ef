import { expect, test } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import { RecordBatchWriter } from '../../protocol/record-batch-writer.ts'
import { Partitioner } from './partitioner.ts'
import { PartitionQueue, type SealedBatch } from './partition-queue.ts'

function batch(): SealedBatch {
  return { bytes: Buffer.alloc(0), count: 1, bufferedBytes: 0, transaction: 0, sealedAtMs: 0, sequence: -1 }
}

/** A queue whose broker knows its producer, with batches that wait. */
function known(): PartitionQueue {
  const queue = new PartitionQueue('t', 0, new RecordBatchWriter(), new Partitioner(1, seededRandom(1)))
  const first = batch()
  queue.waiting.push(first)
  queue.start(first)
  queue.acknowledged(first, 0)
  queue.waiting.push(batch(), batch())
  return queue
}

function startNext(queue: PartitionQueue): void {
  const [next] = queue.waiting
  if (next !== undefined) queue.start(next)
}

test('sends a second batch beside the first once the broker knows the producer, a new epoch or not', () => {
  for (const epoch of ['same', 'new']) {
    const queue = known()
    if (epoch === 'new') queue.resetSequence(false)
    startNext(queue)
    expect(queue.open).toBe(true)
  }
})

test('sends the first batch alone when the producer id is new: a broker takes any sequence of one that it does not know', () => {
  const queue = known()
  queue.resetSequence(true)
  startNext(queue)
  expect(queue.open).toBe(false)
})

test('a batch that is acknowledged behind its followers, sent again, does not take the acknowledged offset back', () => {
  const queue = known()
  const [lost, follower] = queue.waiting
  startNext(queue)
  startNext(queue)
  if (lost === undefined || follower === undefined) throw new Error('two batches were to wait')
  queue.failed(lost)
  queue.acknowledged(follower, 2)
  startNext(queue)
  queue.acknowledged(lost, 1)
  expect(queue.acknowledgedOffset).toBe(3)
})

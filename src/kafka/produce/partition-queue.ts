/**
 * What one producer has for one partition: an open batch, sealed batches that wait, and batches under way.
 *
 * Order and idempotence. A batch gets its sequence when it is first sent and keeps it. Batches under way are answered in
 * order unless one fails; then nothing new is sent until all of them have been answered, and the failed ones go to the head
 * of those that wait, in their order. So batch 3 never overtakes batch 2, though both were under way when 2 failed: the
 * broker refuses 3 (its sequence does not follow), and both are sent again. Two kinds of batches go alone. The first one: from
 * a producer that it does not know, a broker takes any sequence. And one that is sent again: the broker may have it, and
 * knows it for a double only among the last five; were it followed by others and failed again, they would push it out.
 */
import type { RecordBatchWriter } from '../../protocol/record-batch-writer.ts'
import type { Partitioner } from './partitioner.ts'

export interface SealedBatch {
  readonly bytes: Buffer
  readonly count: number
  /** What it took of the producer's buffer. */
  readonly bufferedBytes: number
  /** Number of the producer's transaction; 0 where there are none. */
  readonly transaction: number
  readonly sealedAtMs: number
  /** −1 until it is first sent. */
  sequence: number
}

const sequenceMask = 0x7f_ff_ff_ff

export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly writer: RecordBatchWriter
  readonly partitioner: Partitioner
  /** When the open batch is to be sealed though it is not full. */
  dueMs = 0
  /** Sealed and not acknowledged, nor given up. The accumulator counts them. */
  outstanding = 0
  waiting: SealedBatch[] = []
  readonly underWay: SealedBatch[] = []
  readonly #failed: SealedBatch[] = []
  retryAtMs = 0
  failureCount = 0
  /** Whether the broker has a batch of this producer, and so knows which sequence comes next. */
  #known = false
  /** Whether what is under way is a batch sent again. */
  #alone = false
  acknowledgedOffset: number | undefined
  #nextSequence = 0

  constructor(topic: string, partition: number, writer: RecordBatchWriter, partitioner: Partitioner) {
    this.topic = topic
    this.partition = partition
    this.key = `${topic}-${partition}`
    this.writer = writer
    this.partitioner = partitioner
  }

  get idle(): boolean {
    return this.writer.count === 0 && this.waiting.length === 0 && this.underWay.length === 0
  }

  /** Whether a batch failed while others were under way: nothing new is sent until they have been answered. */
  get recovering(): boolean {
    return this.#failed.length > 0
  }

  /** Whether another batch may be sent now. */
  get open(): boolean {
    if (this.underWay.length === 0) return true
    const again = this.waiting[0] !== undefined && this.waiting[0].sequence >= 0
    return this.#known && !this.recovering && !this.#alone && !again
  }

  /** Takes the head of those that wait; its sequence is set the first time. */
  start(batch: SealedBatch): void {
    this.waiting.shift()
    this.underWay.push(batch)
    this.#alone = batch.sequence >= 0
    if (this.#alone) return
    batch.sequence = this.#nextSequence
    this.#nextSequence = (batch.sequence + batch.count) & sequenceMask
  }

  /** The broker has it. @param baseOffset - −1 where it did not say */
  acknowledged(batch: SealedBatch, baseOffset: number): void {
    this.#remove(batch)
    this.#known = true
    this.failureCount = 0
    // Where several were under way, one that was sent again is acknowledged behind its followers.
    const end = Math.max(baseOffset + batch.count, this.acknowledgedOffset ?? 0)
    this.acknowledgedOffset = baseOffset >= 0 ? end : undefined
    this.#requeue()
  }

  /** To be sent again. */
  failed(batch: SealedBatch): void {
    this.#remove(batch)
    this.#failed.push(batch)
    this.#requeue()
  }

  /** Given up. */
  dropped(batch: SealedBatch): void {
    this.#remove(batch)
    this.#requeue()
  }

  /** Forgets all that waits, whether it was sent before or not. */
  dropWaiting(): SealedBatch[] {
    const dropped = this.waiting
    this.waiting = []
    return dropped
  }

  /** A new producer epoch counts from 0. @param newId - whether the producer's id is new, too: no broker knows it */
  resetSequence(newId: boolean): void {
    this.#nextSequence = 0
    if (newId) this.#known = false
    for (const batch of this.waiting) batch.sequence = -1
  }

  #remove(batch: SealedBatch): void {
    const index = this.underWay.indexOf(batch)
    if (index >= 0) this.underWay.splice(index, 1)
  }

  #requeue(): void {
    if (this.underWay.length > 0 || this.#failed.length === 0) return
    this.waiting.unshift(...this.#failed)
    this.#failed.length = 0
  }
}

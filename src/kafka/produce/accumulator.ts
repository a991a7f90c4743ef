/**
 * Gathers appended records into one open batch per partition, and keeps count of what the broker has not acknowledged.
 *
 * On the hot path: per record one look-up of the topic, one of the partition, and one copy of the bytes.
 */
import { BufferPool } from '../../base/buffer-pool.ts'
import { deferred, type Deferred } from '../../base/deferred.ts'
import { StreamError } from '../../base/errors.ts'
import { batchOverheadBytes, RecordBatchWriter, recordSizeBound } from '../../protocol/record-batch-writer.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { topicMissing } from '../topic-missing.ts'
import type { AppendedRecord, ProducerOptions, TopicPartition } from '../contracts.ts'
import { PartitionQueue, type SealedBatch } from './partition-queue.ts'
import { Partitioner } from './partitioner.ts'
import { noLimits, topicLimits, type TopicLimits } from './topic-limits.ts'

/**
 * So many batches of one partition may wait for their acknowledgement: they are sent one behind the other, and however few bytes they
 * have, whoever flushes waits for all of them.
 */
const partitionBatchesMax = 256

interface Target {
  readonly topic: string
  readonly count: number
  readonly partitioner: Partitioner
  /** A record, with its batch's header, may have so many bytes. */
  readonly recordLimit: number
  /** A batch is sealed when it has so many. */
  readonly batchBytes: number
  readonly limits: TopicLimits
  /** Times up to this one need no look at the clock. */
  surelyUntilMs: number
  /** By partition; made when first written to. */
  readonly queues: (PartitionQueue | undefined)[]
}

export class Accumulator {
  readonly #cluster: Cluster
  readonly #options: ProducerOptions
  /** A queue went from empty to having something. */
  readonly #onOpened: (queue: PartitionQueue) => void
  readonly #targets = new Map<string, Target>()
  readonly #queues: PartitionQueue[] = []
  readonly #pool: BufferPool
  readonly #outstanding = new Map<number, number>()
  #last: Target | undefined
  #bufferedBytes = 0
  /** Partitions with {@link partitionBatchesMax}. */
  #fullQueues = 0
  #drainWaiter: Deferred<void> | undefined
  /** The transaction that records belong to from now on. */
  transaction = 0

  constructor(cluster: Cluster, options: ProducerOptions, onOpened: (queue: PartitionQueue) => void) {
    this.#cluster = cluster
    this.#options = options
    this.#onOpened = onOpened
    this.#pool = new BufferPool(options.bufferBytes)
  }

  get full(): boolean {
    return this.#bufferedBytes >= this.#options.bufferBytes || this.#fullQueues > 0
  }

  get empty(): boolean {
    return this.#bufferedBytes === 0
  }

  get queues(): readonly PartitionQueue[] {
    return this.#queues
  }

  /** @throws StreamError `TOPIC_MISSING`, … */
  async partitionCount(topic: string): Promise<number> {
    const known = this.#targets.get(topic)
    if (known !== undefined) return known.count
    const { partitions } = await this.#cluster.topic(topic)
    return this.know(topic, partitions.length, await topicLimits(this.#cluster, topic)).count
  }

  /** Takes note of how many partitions a topic has, and what it takes. */
  know(topic: string, count: number, limits = noLimits): Target {
    const partitioner = new Partitioner(count, this.#cluster.context.random)
    const queues = this.#targets.get(topic)?.queues ?? []
    const { compression, maxRequestBytes, batchBytes } = this.#options
    // What a compressed batch will take is not known before: the topic's limit then only bounds how much is gathered.
    const recordLimit =
      compression === 'none' ? Math.min(maxRequestBytes, limits.batchBytes) : maxRequestBytes
    const target: Target = {
      topic,
      count,
      partitioner,
      queues,
      recordLimit,
      batchBytes: Math.min(batchBytes, limits.batchBytes),
      limits,
      surelyUntilMs: Number.isFinite(limits.beforeMaxMs) ? -Infinity : limits.afterMaxMs,
    }
    this.#targets.set(topic, target)
    return target
  }

  /** @returns the partition taken */
  append(topic: string, record: AppendedRecord): number {
    const target = this.#last?.topic === topic ? this.#last : this.#find(topic)
    const partition = record.partition >= 0 ? record.partition : target.partitioner.partition(record)
    const queue = target.queues[partition] ?? this.#open(target, partition)
    const bytes = recordSizeBound(record)
    const { writer } = queue
    this.#check(target, record, bytes)
    if (writer.count > 0 && writer.sizeBytes + bytes > target.batchBytes) this.seal(queue)
    const before = writer.count === 0 ? 0 : writer.sizeBytes
    writer.append(record)
    this.#bufferedBytes += writer.sizeBytes - before
    if (before === 0) this.#opened(queue)
    else if (writer.sizeBytes >= target.batchBytes) this.#onOpened(queue)
    return partition
  }

  /** Ends the open batch of a queue. */
  seal(queue: PartitionQueue): void {
    const { writer } = queue
    if (writer.count === 0) return
    const { count, sizeBytes } = writer
    const transactional = this.#options.transactional !== undefined
    const bytes = writer.finish({
      compression: this.#options.compression,
      transactional,
      stampedLater: true,
    })
    queue.waiting.push({
      bytes,
      count,
      bufferedBytes: sizeBytes,
      transaction: this.transaction,
      sealedAtMs: this.#cluster.context.clock.monotonicMs(),
      sequence: -1,
    })
    this.#outstanding.set(this.transaction, (this.#outstanding.get(this.transaction) ?? 0) + 1)
    queue.outstanding += 1
    if (queue.outstanding === partitionBatchesMax) this.#fullQueues += 1
    queue.partitioner.sealed(queue.partition)
  }

  sealAll(): void {
    for (const queue of this.#queues) this.seal(queue)
  }

  /** The broker has the batch: its memory has been written out and can be used again. */
  acknowledged(queue: PartitionQueue, batch: SealedBatch): void {
    if (this.#options.compression === 'none') this.#pool.give(batch.bytes)
    this.done(queue, batch)
  }

  /** A batch left: acknowledged, or given up. */
  done(queue: PartitionQueue, batch: SealedBatch): void {
    this.#bufferedBytes -= batch.bufferedBytes
    if (queue.outstanding === partitionBatchesMax) this.#fullQueues -= 1
    queue.outstanding -= 1
    const left = (this.#outstanding.get(batch.transaction) ?? 0) - 1
    if (left > 0) this.#outstanding.set(batch.transaction, left)
    else this.#outstanding.delete(batch.transaction)
    if (!this.full) this.wakeDrained()
  }

  /** Whether batches of this transaction, or of one before it, are not acknowledged yet. */
  awaits(transaction: number): boolean {
    for (const number of this.#outstanding.keys()) if (number <= transaction) return true
    return false
  }

  /** Gives up everything that is not under way. @returns whether anything of it had been sent before */
  dropWaiting(): boolean {
    let sentBefore = false
    this.sealAll()
    for (const queue of this.#queues) {
      for (const batch of queue.dropWaiting()) {
        sentBefore ||= batch.sequence >= 0
        this.done(queue, batch)
      }
    }
    return sentBefore
  }

  async drained(): Promise<void> {
    if (!this.full) return
    this.#drainWaiter ??= deferred()
    await this.#drainWaiter.promise
  }

  wakeDrained(): void {
    this.#drainWaiter?.resolve()
    this.#drainWaiter = undefined
  }

  acknowledgedOffset({ topic, partition }: TopicPartition): number | undefined {
    return this.#targets.get(topic)?.queues[partition]?.acknowledgedOffset
  }

  /** What the broker would refuse is refused here, while it can be told which record it is. */
  #check(target: Target, record: AppendedRecord, bytes: number): void {
    if (bytes + batchOverheadBytes > target.recordLimit)
      throw tooLarge(target, bytes, this.#options.maxRequestBytes)
    if (record.timestampMs > target.surelyUntilMs) this.#checkTime(target, record.timestampMs)
    if (record.keyEnd < 0 && target.limits.needsKeys) throw keyMissing(target.topic)
  }

  /** The broker's clock decides in the end; it is taken to be this one. */
  #checkTime(target: Target, timestampMs: number): void {
    const { beforeMaxMs, afterMaxMs } = target.limits
    const nowMs = this.#cluster.context.clock.nowMs()
    const aheadMs = timestampMs - nowMs
    if (aheadMs > afterMaxMs || (timestampMs >= 0 && -aheadMs > beforeMaxMs))
      throw outOfTime(target.topic, aheadMs, target.limits)
    if (!Number.isFinite(beforeMaxMs)) target.surelyUntilMs = nowMs + afterMaxMs
  }

  #opened(queue: PartitionQueue): void {
    queue.dueMs = this.#cluster.context.clock.monotonicMs() + this.#options.lingerMs
    this.#onOpened(queue)
  }

  #find(topic: string): Target {
    const target = this.#targets.get(topic)
    if (target === undefined) throw topicMissing(topic)
    this.#last = target
    return target
  }

  #open(target: Target, partition: number): PartitionQueue {
    const { topic, count, partitioner } = target
    // Partitions may have been added to the topic since it was first asked for.
    const countNow = Math.max(count, this.#cluster.metadata.topic(topic)?.partitions.length ?? 0)
    if (partition >= countNow) {
      throw new StreamError('TOPIC_INVALID', `topic "${topic}" has no partition ${partition}`, {
        detail: `It has ${countNow}, counted from 0.`,
      })
    }
    const queue = new PartitionQueue(
      topic,
      partition,
      new RecordBatchWriter(undefined, this.#pool),
      partitioner,
    )
    target.queues[partition] = queue
    this.#queues.push(queue)
    return queue
  }
}

function tooLarge({ topic, recordLimit }: Target, bytes: number, requestLimit: number): StreamError {
  const isOfTopic = recordLimit < requestLimit
  return new StreamError('RECORD_TOO_LARGE', `a record of ${bytes} bytes for topic "${topic}" is too large`, {
    detail: isOfTopic ? `The topic takes ${recordLimit} bytes.` : `A request may have ${recordLimit} bytes.`,
    hint: isOfTopic
      ? 'Make the record smaller, or raise `max.message.bytes` of the topic.'
      : 'Make the record smaller, or raise `max.request.size` in the file of "--config" or "--command-config" and `max.message.bytes` of the topic.',
  })
}

function outOfTime(topic: string, aheadMs: number, { beforeMaxMs, afterMaxMs }: TopicLimits): StreamError {
  const ahead = aheadMs > 0
  const way = ahead ? 'ahead of' : 'behind'
  return new StreamError(
    'RECORD_REFUSED',
    `topic "${topic}" does not take a timestamp so far ${way} the clock`,
    {
      detail: `It takes up to ${ahead ? afterMaxMs : beforeMaxMs} ms.`,
      hint: `Mend what gives the record its timestamp, or raise \`message.timestamp.${ahead ? 'after' : 'before'}.max.ms\` of the topic.`,
    },
  )
}

function keyMissing(topic: string): StreamError {
  return new StreamError('RECORD_REFUSED', `topic "${topic}" does not take a record without a key`, {
    detail: 'It is compacted: it keeps the last record of each key.',
    hint: 'Give the record a key, or take `compact` out of `cleanup.policy` of the topic.',
  })
}

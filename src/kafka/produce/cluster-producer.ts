/**
 * A producer that is idempotent, and transactional where asked for.
 *
 * Transactions are numbered. `accumulator.transaction` is the one that appended records belong to, `#sending` the one whose
 * batches may be sent; they differ only while a transaction ends: what is appended meanwhile belongs to the next one and
 * waits. A failure for good is kept; without transactions it ends the producer, within one only an abort goes on.
 */
import { assert } from '../../base/assert.ts'
import { deferred, type Deferred } from '../../base/deferred.ts'
import { StreamError, toStreamError } from '../../base/errors.ts'
import { apis } from '../../protocol/apis.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { checkResponse, kafkaNameOf } from '../cluster/response-error.ts'
import type {
  AppendedRecord,
  CommittedOffset,
  GroupMetadata,
  Producer,
  ProducerOptions,
  TopicPartition,
} from '../contracts.ts'
import { Joining } from '../transaction/joining.ts'
import { OffsetsInTransaction } from '../transaction/offsets-in-transaction.ts'
import { abortable, TransactionProtocol } from '../transaction/transaction-protocol.ts'
import { nextTransactionState, type TransactionState } from '../transaction/transaction-state.ts'
import { Accumulator } from './accumulator.ts'
import type { PartitionQueue, SealedBatch } from './partition-queue.ts'
import { Sender, type ProducerIdentity } from './sender.ts'

interface Waiter {
  readonly transaction: number
  readonly done: Deferred<void>
}

export class ClusterProducer implements Producer {
  readonly #cluster: Cluster
  readonly #options: ProducerOptions
  readonly #lane: string
  readonly #accumulator: Accumulator
  readonly #sender: Sender
  readonly #protocol: TransactionProtocol | undefined
  readonly #offsets: OffsetsInTransaction
  #state: TransactionState = 'uninitialised'
  #failure: StreamError | undefined
  #identity: ProducerIdentity | undefined
  #asking = false
  #sending = 0
  #waiters: Waiter[] = []
  readonly #joining = new Joining()
  /** Version 1: those that wait to be added. */
  #toAdd: PartitionQueue[] = []
  #adding: Promise<void> | undefined
  /** Whether the coordinator may know of the open transaction. */
  #registered = false
  /** The producer id that sequences are counted for. */
  #countedId = -1
  /** Whether a sequence was used for a batch that the broker may not have: the epoch must change before the next one. */
  #gap = false
  /** The markers of the former transaction are being written. */
  #markers: Promise<void> | undefined

  constructor(cluster: Cluster, options: ProducerOptions, lane: string) {
    this.#cluster = cluster
    this.#options = options
    this.#lane = lane
    const { transactional } = options
    this.#protocol = transactional === undefined ? undefined : new TransactionProtocol(cluster, transactional)
    this.#offsets = new OffsetsInTransaction(cluster)
    this.#accumulator = new Accumulator(cluster, options, (queue) => {
      this.#sender.activate(queue)
      this.#sender.schedulePump()
    })
    const protocol = this.#protocol
    this.#sender = new Sender(cluster, options, lane, {
      transactionalId: transactional?.id ?? null,
      get versionMax() {
        return protocol?.produceVersionMax ?? Infinity
      },
      identity: () => this.#identityNow(),
      admits: (queue, batch) => this.#admits(queue, batch),
      seal: (queue) => this.#accumulator.seal(queue),
      done: ({ queue, batch }, error) => this.#done(queue, batch, error),
    })
  }

  async init(): Promise<void> {
    if (this.#protocol === undefined) return
    this.#go('initialising')
    try {
      await this.#protocol.init(false)
      this.#countedId = this.#protocol.identity.producerId
      this.#go('ready')
    } catch (thrown) {
      const error = toStreamError(thrown)
      this.#go(error.retry === 'never' ? 'fatal' : 'uninitialised')
      if (error.retry === 'never') this.#failure = error
      throw error
    }
  }

  partitionCount(topic: string): Promise<number> {
    return this.#accumulator.partitionCount(topic)
  }

  append(topic: string, record: AppendedRecord): number {
    if (this.#failure !== undefined) throw this.#failure
    const partition = this.#accumulator.append(topic, record)
    if (this.#state === 'ready') this.#go('open')
    return partition
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  get full(): boolean {
    return this.#accumulator.full && this.#failure === undefined
  }

  drained(): Promise<void> {
    return this.full ? this.#accumulator.drained() : Promise.resolve()
  }

  async flush(): Promise<void> {
    this.#accumulator.sealAll()
    await this.#settled(this.#accumulator.transaction)
  }

  acknowledgedOffset(partition: TopicPartition): number | undefined {
    return this.#accumulator.acknowledgedOffset(partition)
  }

  leaderEpoch({ topic, partition }: TopicPartition): number {
    return this.#cluster.metadata.partition(topic, partition)?.leaderEpoch ?? -1
  }

  get inTransaction(): boolean {
    return this.#protocol !== undefined && !['uninitialised', 'initialising', 'ready'].includes(this.#state)
  }

  async commit(offsets: readonly CommittedOffset[], group: GroupMetadata): Promise<void> {
    const protocol = this.#transactions()
    if (this.#failure !== undefined) throw this.#failure
    if (this.#state === 'ready' && offsets.length === 0) return
    if (this.#state === 'ready') this.#go('open')
    this.#go('committing')
    this.#accumulator.sealAll()
    this.#accumulator.transaction++
    try {
      await this.#complete(protocol, offsets, group)
      // Nothing was written and nothing committed: there is no transaction to end.
      if (this.#registered && (await protocol.end(true))) this.#resetSequences()
      if (this.#registered) this.#awaitMarkers(protocol)
    } catch (error) {
      throw this.#fail(toStreamError(error))
    }
    this.#nextTransaction()
  }

  async abort(): Promise<void> {
    const protocol = this.#transactions()
    if (this.#state === 'fatal')
      throw this.#failure ?? new StreamError('KAFKA_FATAL', 'the producer has failed')
    if (this.#state === 'ready') return
    this.#go('aborting')
    try {
      await this.#quiet()
      const epochChanged = this.#registered && (await this.#endAborted(protocol))
      if (this.#registered) this.#awaitMarkers(protocol)
      if (this.#gap && !epochChanged) await protocol.init(true)
      if (this.#gap || epochChanged) this.#resetSequences()
    } catch (thrown) {
      this.#failure = toStreamError(thrown)
      this.#go('fatal')
      throw this.#failure
    }
    this.#failure = undefined
    this.#gap = false
    this.#accumulator.transaction++
    this.#nextTransaction()
  }

  async close(): Promise<void> {
    try {
      if (this.#protocol === undefined && this.#failure === undefined) await this.flush()
      else if (this.#state === 'open' || this.#state === 'abortable') await this.abort()
    } catch (error) {
      this.#cluster.context.logger.warn('could not close producer in order', {
        error: toStreamError(error).message,
      })
    }
    this.#sender.stop()
    this.#failure ??= new StreamError('INTERRUPTED', 'the producer is closed')
    this.#wakeWaiters()
    await this.#cluster.connections.closeLane(this.#lane)
  }

  /** Waits for what is under way, and gives up the rest. */
  async #quiet(): Promise<void> {
    await this.#adding
    this.#gap = this.#accumulator.dropWaiting() || this.#gap
    await this.#sender.idle()
    this.#gap = this.#accumulator.dropWaiting() || this.#gap
  }

  #transactions(): TransactionProtocol {
    assert(this.#protocol !== undefined, 'only a transactional producer commits and aborts')
    return this.#protocol
  }

  #go(to: TransactionState): void {
    this.#state = nextTransactionState(this.#state, to)
  }

  /** Who sends; undefined while nothing may be sent. */
  #identityNow(): ProducerIdentity | undefined {
    if (this.#protocol !== undefined) {
      const sends = this.#state === 'open' || this.#state === 'committing'
      return sends && this.#markers === undefined ? this.#protocol.identity : undefined
    }
    if (this.#identity === undefined && !this.#asking && this.#failure === undefined) void this.#askIdentity()
    return this.#failure === undefined ? this.#identity : undefined
  }

  /**
   * Nothing of the next transaction is sent while the markers of this one are being written: a broker that gets its first batch
   * meanwhile tries again only after 20 ms (its `add.partitions.to.txn.retry.backoff.ms`).
   */
  #awaitMarkers(protocol: TransactionProtocol): void {
    this.#markers = protocol.markersWritten().finally(() => {
      this.#markers = undefined
      this.#sender.schedulePump()
    })
  }

  async #askIdentity(): Promise<void> {
    this.#asking = true
    try {
      this.#identity = await this.#cluster.retryingAny(async (connection) => {
        const { errorCode, producerId, producerEpoch } = await connection.send(apis.initProducerId, () => ({
          transactionalId: null,
          transactionTimeoutMs: 0,
        }))
        checkResponse(errorCode, 'get a producer id')
        return { producerId, producerEpoch }
      })
      this.#sender.schedulePump()
    } catch (error) {
      this.#fail(toStreamError(error))
    } finally {
      this.#asking = false
    }
  }

  #admits(queue: PartitionQueue, batch: SealedBatch): boolean {
    if (this.#protocol === undefined) return this.#failure === undefined
    if (batch.transaction > this.#sending) return false
    if (this.#joining.has(queue.key) || this.#protocol.version > 1) {
      const node = this.#cluster.metadata.partition(queue.topic, queue.partition)?.leader ?? -1
      const admitted = this.#joining.admits(queue.key, node)
      this.#registered ||= admitted
      return admitted
    }
    if (!this.#toAdd.includes(queue)) this.#toAdd.push(queue)
    this.#adding ??= Promise.resolve()
      .then(() => this.#addPartitions(this.#transactions()))
      .finally(() => {
        this.#adding = undefined
        this.#sender.schedulePump()
      })
    return false
  }

  async #addPartitions(protocol: TransactionProtocol): Promise<void> {
    const queues = this.#toAdd
    this.#toAdd = []
    this.#registered = true
    try {
      await protocol.addPartitions(queues)
      for (const { key } of queues) this.#joining.joined(key)
    } catch (error) {
      this.#fail(toStreamError(error))
    }
  }

  /**
   * Waits for acknowledgements and sends the offsets. Side by side, unless a partition has yet to join the transaction: its
   * coordinator takes one such request at a time and lets the other wait. Neither is left under way, whatever happens.
   */
  async #complete(
    protocol: TransactionProtocol,
    offsets: readonly CommittedOffset[],
    group: GroupMetadata,
  ): Promise<void> {
    const settled = this.#settled(this.#sending)
    const joined = this.#accumulator.queues.every((queue) => queue.idle || this.#joining.has(queue.key))
    if (!joined || offsets.length === 0) await settled
    if (offsets.length === 0) return
    const results = await Promise.allSettled([settled, this.#commitOffsets(protocol, offsets, group)])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async #commitOffsets(
    protocol: TransactionProtocol,
    offsets: readonly CommittedOffset[],
    group: GroupMetadata,
  ): Promise<void> {
    await this.#markers
    this.#registered = true
    if (protocol.version === 1) await protocol.addGroup(group.groupId)
    const { identity, offsetCommitVersionMax: versionMax } = protocol
    const transactionalId = this.#options.transactional?.id ?? ''
    await this.#offsets.commit({ transactionalId, identity, versionMax }, offsets, group)
  }

  /** @returns whether the epoch changed; where the coordinator knows of no transaction, it must be changed */
  async #endAborted(protocol: TransactionProtocol): Promise<boolean> {
    try {
      return await protocol.end(false)
    } catch (error) {
      if (kafkaNameOf(error) !== 'INVALID_TXN_STATE') throw error
      this.#gap = true
      return false
    }
  }

  #done(queue: PartitionQueue, batch: SealedBatch, error: StreamError | undefined): void {
    if (error === undefined) {
      this.#joining.joined(queue.key)
      this.#accumulator.acknowledged(queue, batch)
    } else {
      this.#joining.failed(queue.key)
      this.#accumulator.done(queue, batch)
      this.#gap = true
      this.#fail(error)
    }
    this.#wakeWaiters()
  }

  /** Keeps the first failure and gives up what was not sent. @returns what callers are told */
  #fail(error: StreamError): StreamError {
    if (this.#failure !== undefined) return this.#failure
    const { transactional } = this.#options
    const ends = error.code === 'PRODUCER_FENCED' || error.code === 'TRANSACTION_OUTCOME_UNKNOWN'
    // The author must hear what is theirs to mend; what is not means: abort, and do it again.
    const keeps =
      ends || error.domain === 'user' || ['MEMBER_FENCED', 'TRANSACTION_ABORTABLE'].includes(error.code)
    this.#failure = transactional === undefined || keeps ? error : abortable(transactional.id, error)
    if (transactional !== undefined && this.#state !== 'aborting') this.#go(ends ? 'fatal' : 'abortable')
    this.#gap = this.#accumulator.dropWaiting() || this.#gap
    this.#accumulator.wakeDrained()
    this.#wakeWaiters()
    return this.#failure
  }

  /** Waits until the broker has acknowledged all of this transaction. */
  #settled(transaction: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (!this.#accumulator.awaits(transaction)) return Promise.resolve()
    const done = deferred()
    this.#waiters.push({ transaction, done })
    this.#sender.schedulePump()
    return done.promise
  }

  #wakeWaiters(): void {
    if (this.#waiters.length === 0) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (this.#failure !== undefined) waiter.done.reject(this.#failure)
      else if (this.#accumulator.awaits(waiter.transaction)) this.#waiters.push(waiter)
      else waiter.done.resolve()
    }
  }

  #resetSequences(): void {
    const producerId = this.#protocol?.identity.producerId ?? -1
    for (const queue of this.#accumulator.queues) queue.resetSequence(producerId !== this.#countedId)
    this.#countedId = producerId
  }

  #nextTransaction(): void {
    this.#sending = this.#accumulator.transaction
    this.#joining.clear()
    this.#toAdd = []
    this.#registered = false
    // Something of the next transaction failed for good while this one ended: what that one needs is an abort.
    if (this.#failure !== undefined) return
    this.#go('ready')
    if (this.#accumulator.empty) return
    this.#go('open')
    this.#sender.schedulePump()
  }
}

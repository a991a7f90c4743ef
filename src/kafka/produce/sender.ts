/**
 * Sends sealed batches to the leaders of their partitions: at most {@link requestsPerNodeMax} requests under way per broker,
 * one batch per partition in each, in order per partition. A batch that fails for a reason that may pass is sent again until
 * its delivery time is over.
 *
 * An open batch is sealed when it is due and could be sent now: while a broker is busy, batches fill up instead of queueing.
 */
import { assert } from '../../base/assert.ts'
import { deferred, type Deferred } from '../../base/deferred.ts'
import { StreamError, toStreamError } from '../../base/errors.ts'
import { apis } from '../../protocol/apis.ts'
import { stampProducer } from '../../protocol/record-batch-writer.ts'
import { Alarm } from '../cluster/alarm.ts'
import type { BrokerConnection } from '../cluster/broker-connection.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { backoffMs, isTransient } from '../cluster/retrying.ts'
import type { ProducerOptions } from '../contracts.ts'
import { topicMissing } from '../topic-missing.ts'
import type { PartitionQueue, SealedBatch } from './partition-queue.ts'
import {
  answersByPartition,
  produceRequest,
  verdictOf,
  type SentBatch,
  type Verdict,
} from './produce-request.ts'

export const requestsPerNodeMax = 5
const requestOverheadBytes = 512

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What the sender must know of the producer it sends for. */
export interface SenderRules {
  /** Undefined: nothing can be sent yet; the producer calls {@link Sender.pump} when it can. */
  identity(): ProducerIdentity | undefined
  /** Whether this batch belongs to the open transaction and its partition was added to it. */
  admits(queue: PartitionQueue, batch: SealedBatch): boolean
  readonly transactionalId: string | null
  /** Highest version of Produce; the first version of transactions ends at 11. */
  readonly versionMax: number
  seal(queue: PartitionQueue): void
  /** The batch left the producer's buffer. `error`: it is lost. */
  done(sent: SentBatch, error: StreamError | undefined): void
}

interface Sending {
  readonly node: number
  readonly connection: BrokerConnection
  readonly sent: readonly SentBatch[]
  readonly identity: ProducerIdentity
}

export class Sender {
  readonly #cluster: Cluster
  readonly #options: ProducerOptions
  readonly #lane: string
  readonly #rules: SenderRules
  /** Queues that have anything at all. */
  readonly #active = new Set<PartitionQueue>()
  readonly #requests = new Map<number, number>()
  readonly #links = new Map<number, BrokerConnection>()
  readonly #linking = new Set<number>()
  readonly #stopListening: () => void
  readonly #alarm: Alarm
  #pumpDue = false
  #stopped = false
  #requestCount = 0
  #idle: Deferred<void> | undefined

  constructor(cluster: Cluster, options: ProducerOptions, lane: string, rules: SenderRules) {
    this.#cluster = cluster
    this.#options = options
    this.#lane = lane
    this.#rules = rules
    this.#alarm = new Alarm(cluster.context.clock, () => this.schedulePump())
    this.#stopListening = cluster.metadata.onChange(() => this.schedulePump())
  }

  /** The queue has something now. */
  activate(queue: PartitionQueue): void {
    this.#active.add(queue)
  }

  /** Looks for something to send once what runs now has run. */
  schedulePump(): void {
    if (this.#pumpDue || this.#stopped) return
    this.#pumpDue = true
    queueMicrotask(() => {
      this.#pumpDue = false
      if (!this.#stopped) this.#pump()
    })
  }

  /** Resolves when no request is under way. */
  async idle(): Promise<void> {
    if (this.#requestCount === 0) return
    this.#idle ??= deferred()
    await this.#idle.promise
  }

  stop(): void {
    this.#stopped = true
    this.#alarm.cancel()
    this.#stopListening()
  }

  #pump(): void {
    const identity = this.#rules.identity()
    if (identity === undefined) return
    for (;;) {
      const requests = this.#collect()
      if (requests.size === 0) return
      for (const [node, sent] of requests) {
        const connection = this.#links.get(node)
        assert(connection !== undefined, 'batches are collected for connected brokers only')
        void this.#send({ node, connection, sent, identity })
      }
    }
  }

  /** At most one request per broker, with what can leave now. */
  #collect(): Map<number, SentBatch[]> {
    const nowMs = this.#cluster.context.clock.monotonicMs()
    const requests = new Map<number, SentBatch[]>()
    const sizes = new Map<number, number>()
    for (const queue of this.#active) {
      if (queue.idle) {
        this.#active.delete(queue)
        continue
      }
      const node = this.#nodeFor(queue, nowMs)
      if (node === undefined) continue
      const batch = this.#head(queue, nowMs)
      if (batch === undefined) continue
      const size = (sizes.get(node) ?? requestOverheadBytes) + batch.bytes.length
      const sent = requests.get(node)
      if (sent !== undefined && size > this.#options.maxRequestBytes) continue
      // Asked last: whoever is let into the transaction is sent.
      if (!this.#rules.admits(queue, batch)) continue
      sizes.set(node, size)
      queue.start(batch)
      if (sent === undefined) requests.set(node, [{ queue, batch }])
      else sent.push({ queue, batch })
    }
    return requests
  }

  /** Where a batch of this queue could go now. */
  #nodeFor(queue: PartitionQueue, nowMs: number): number | undefined {
    if (!queue.open) return undefined
    if (queue.retryAtMs > nowMs) {
      // The one timer may have been set for an earlier queue: whoever has to wait still asks again.
      this.#alarm.set(queue.retryAtMs)
      return undefined
    }
    const leader = this.#leaderOf(queue)
    if (leader < 0) {
      this.#retryLater(queue, new StreamError('KAFKA_RETRIABLE', `partition ${queue.key} has no leader`))
      return undefined
    }
    if (this.#links.get(leader)?.closed !== false) {
      void this.#link(leader)
      return undefined
    }
    return (this.#requests.get(leader) ?? 0) < requestsPerNodeMax ? leader : undefined
  }

  /**
   * Connects to a broker. Batches are started only once the connection is there, and then written to it at once: two that
   * both waited for it could leave in the wrong order.
   */
  async #link(node: number): Promise<void> {
    if (this.#linking.has(node)) return
    this.#linking.add(node)
    try {
      this.#links.set(node, await this.#cluster.broker(node, this.#lane))
    } catch (thrown) {
      const error = toStreamError(thrown)
      for (const queue of this.#active) {
        if (this.#leaderOf(queue) === node) this.#couldNotSend(queue, error)
      }
    } finally {
      this.#linking.delete(node)
      this.schedulePump()
    }
  }

  #couldNotSend(queue: PartitionQueue, error: StreamError): void {
    if (isTransient(error)) return this.#retryLater(queue, error)
    this.#giveUp(queue, error)
  }

  #leaderOf(queue: PartitionQueue): number {
    return this.#cluster.metadata.partition(queue.topic, queue.partition)?.leader ?? -1
  }

  #head(queue: PartitionQueue, nowMs: number): SealedBatch | undefined {
    if (queue.waiting.length === 0 && queue.writer.count > 0) {
      if (queue.dueMs <= nowMs) this.#rules.seal(queue)
      else this.#alarm.set(queue.dueMs)
    }
    return queue.waiting[0]
  }

  async #send({ node, connection, sent, identity }: Sending): Promise<void> {
    this.#requestCount++
    this.#requests.set(node, (this.#requests.get(node) ?? 0) + 1)
    let sizeBytes = requestOverheadBytes
    for (const { batch } of sent) {
      stampProducer(batch.bytes, { ...identity, baseSequence: batch.sequence })
      sizeBytes += batch.bytes.length
    }
    try {
      const { metadata, context } = this.#cluster
      const { transactionalId, versionMax } = this.#rules
      const facts = { transactionalId, timeoutMs: context.requestTimeoutMs }
      const response = await connection.send(
        apis.produce,
        (version) => produceRequest(sent, facts, metadata, version),
        { maxVersion: versionMax, sizeBytes },
      )
      const answers = answersByPartition(response, metadata)
      for (const { queue, batch } of sent) {
        this.#settle(queue, batch, verdictOf(answers.get(queue.key), queue, queue.recovering))
      }
    } catch (thrown) {
      const error = toStreamError(thrown)
      const kind = isTransient(error) ? 'again' : 'lost'
      for (const { queue, batch } of sent) this.#settle(queue, batch, { kind, error })
    } finally {
      this.#requests.set(node, (this.#requests.get(node) ?? 1) - 1)
      if (--this.#requestCount === 0) {
        this.#idle?.resolve()
        this.#idle = undefined
      }
      this.schedulePump()
    }
  }

  #settle(queue: PartitionQueue, batch: SealedBatch, verdict: Verdict): void {
    switch (verdict.kind) {
      case 'acknowledged':
        queue.acknowledged(batch, verdict.baseOffset)
        this.#cluster.settled()
        this.#rules.done({ queue, batch }, undefined)
        break
      case 'again':
        queue.failed(batch)
        this.#retryLater(queue, verdict.error)
        break
      case 'lost':
        queue.dropped(batch)
        this.#rules.done({ queue, batch }, verdict.error)
        break
    }
  }

  /** Backs off, or gives up those batches whose time to be delivered is over, or whose topic is. */
  #retryLater(queue: PartitionQueue, error: StreamError): void {
    const { context, metadata } = this.#cluster
    if (metadata.isGone(queue.topic)) return this.#giveUp(queue, topicMissing(queue.topic))
    const nowMs = context.clock.monotonicMs()
    // Batches that were under way together fail together: that is one failure.
    if (queue.retryAtMs <= nowMs) queue.retryAtMs = nowMs + backoffMs(context, queue.failureCount++)
    this.#alarm.set(queue.retryAtMs)
    this.#cluster.refreshSoon()
    const oldest = queue.waiting[0]
    if (oldest === undefined || nowMs - oldest.sealedAtMs < this.#options.deliveryTimeoutMs) return
    this.#giveUp(queue, undelivered(queue, this.#options.deliveryTimeoutMs, error))
  }

  #giveUp(queue: PartitionQueue, error: StreamError): void {
    this.#rules.seal(queue)
    for (const batch of queue.dropWaiting()) this.#rules.done({ queue, batch }, error)
  }
}

function undelivered({ key }: PartitionQueue, timeoutMs: number, error: StreamError): StreamError {
  return new StreamError('REQUEST_TIMED_OUT', `could not write to partition ${key} within ${timeoutMs} ms`, {
    detail: `The last try: ${error.message}.${error.detail === undefined ? '' : ` ${error.detail}`}`,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  })
}

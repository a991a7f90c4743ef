/**
 * What a transactional producer says to coordinators, in both versions of the protocol.
 *
 * Version 1: each partition, and the group whose offsets are committed, is added to the transaction before it is written to.
 * Version 2 (KIP-890; the cluster's `transaction.version` is 2 or more): the brokers add them themselves, and the answer to
 * EndTxn carries the next epoch, so that nothing sent late for one transaction is taken for the next.
 */
import { sleep } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import { apis } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { mainLane, type Cluster } from '../cluster/cluster.ts'
import { Coordinator } from '../cluster/coordinators.ts'
import { checkResponse } from '../cluster/response-error.ts'
import { isTransient } from '../cluster/retrying.ts'
import type { TopicPartition } from '../contracts.ts'
import type { ProducerIdentity } from '../produce/sender.ts'

export interface TransactionalSettings {
  readonly id: string
  readonly timeoutMs: number
}

/** Until the first question whether a transaction's markers are written is asked again: that takes a coordinator a few milliseconds. */
const markersPollMs = 1
/** Each further time it is waited longer by this, so that slow markers are not asked for a hundred times. */
const markersPollGrowth = 1.5
const markersMaxMs = 100

const lastVersionOfOne = { endTxn: 4, txnOffsetCommit: 4, produce: 11 } as const
const noIdentity: ProducerIdentity = { producerId: -1, producerEpoch: -1 }

export class TransactionProtocol {
  readonly #cluster: Cluster
  readonly #settings: TransactionalSettings
  readonly #coordinator: Coordinator
  identity: ProducerIdentity = noIdentity
  /** 1 or 2; known after {@link TransactionProtocol.init}. */
  version = 1

  constructor(cluster: Cluster, settings: TransactionalSettings) {
    this.#cluster = cluster
    this.#settings = settings
    this.#coordinator = new Coordinator(cluster, { kind: 'transaction', key: settings.id })
  }

  get produceVersionMax(): number {
    return this.version === 1 ? lastVersionOfOne.produce : Infinity
  }

  get offsetCommitVersionMax(): number {
    return this.version === 1 ? lastVersionOfOne.txnOffsetCommit : Infinity
  }

  /**
   * Takes the id over: fences former users of it and ends their open transaction. With the present identity (`bump`) it only
   * gets the next epoch, and is refused where somebody else took over meanwhile.
   *
   * @throws StreamError `PRODUCER_FENCED`, `NOT_AUTHORIZED`, …
   */
  async init(bump: boolean): Promise<void> {
    const { id, timeoutMs } = this.#settings
    const current = bump ? this.identity : noIdentity
    const response = await this.#coordinator.retrying(mainLane, async (connection) => {
      this.version = connection.versions.transactionVersion >= 2 ? 2 : 1
      const answer = await connection.send(apis.initProducerId, (version) => ({
        transactionalId: id,
        transactionTimeoutMs: timeoutMs,
        ...(version >= 3 ? current : {}),
      }))
      checkResponse(answer.errorCode, `take over transactional id "${id}"`)
      return answer
    })
    this.identity = { producerId: response.producerId, producerEpoch: response.producerEpoch }
  }

  /** Version 1 only. @throws StreamError `PRODUCER_FENCED`, `NOT_AUTHORIZED`, … */
  async addPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    const byTopic = Map.groupBy(partitions, ({ topic }) => topic)
    const topics = [...byTopic].map(([name, parts]) => ({
      name,
      partitions: parts.map(({ partition }) => partition),
    }))
    await this.#coordinator.retrying(mainLane, async (connection) => {
      const answer = await connection.send(apis.addPartitionsToTxn, () => ({
        v3AndBelowTransactionalId: this.#settings.id,
        v3AndBelowProducerId: this.identity.producerId,
        v3AndBelowProducerEpoch: this.identity.producerEpoch,
        v3AndBelowTopics: topics,
      }))
      const results = answer.resultsByTopicV3AndBelow.flatMap(({ name, resultsByPartition }) =>
        resultsByPartition.map((result) => ({ name, ...result })),
      )
      // Where one is refused, those without a fault of their own answer OPERATION_NOT_ATTEMPTED.
      results.sort((a, b) => blame(b.partitionErrorCode) - blame(a.partitionErrorCode))
      for (const { name, partitionIndex, partitionErrorCode } of results) {
        const what = `add partition ${name}-${partitionIndex} to the transaction`
        if (partitionErrorCode !== 0) throw this.#cluster.topicError(name, partitionErrorCode, what)
      }
    })
  }

  /** Version 1 only. */
  async addGroup(groupId: string): Promise<void> {
    await this.#coordinator.retrying(mainLane, async (connection) => {
      const answer = await connection.send(apis.addOffsetsToTxn, () => ({
        transactionalId: this.#settings.id,
        ...this.identity,
        groupId,
      }))
      checkResponse(answer.errorCode, `add the offsets of group "${groupId}" to the transaction`)
    })
  }

  /**
   * Ends the transaction. An end that got no answer is sent again: the coordinator knows a repetition.
   *
   * @returns whether the epoch changed
   * @throws StreamError `TRANSACTION_OUTCOME_UNKNOWN` when it was sent and no answer came until the limit; `PRODUCER_FENCED`, …
   */
  async end(committed: boolean): Promise<boolean> {
    const { id, timeoutMs } = this.#settings
    const what = `${committed ? 'commit' : 'abort'} the transaction of "${id}"`
    let unanswered = false
    try {
      const answer = await this.#coordinator.retrying(
        mainLane,
        async (connection) => {
          const mayBeEnded = unanswered
          unanswered = true
          const response = await connection.send(
            apis.endTxn,
            () => ({ transactionalId: id, ...this.identity, committed }),
            { maxVersion: this.version === 1 ? lastVersionOfOne.endTxn : Infinity },
          )
          // An answer that says "later" tells that this try did nothing; an earlier one may have.
          if (response.errorCode !== 0) unanswered = mayBeEnded
          checkResponse(response.errorCode, what)
          return response
        },
        timeoutMs + this.#cluster.context.requestTimeoutMs,
      )
      return this.#takeEpoch(answer)
    } catch (error) {
      if (unanswered && isOpenQuestion(error)) throw outcomeUnknown(id, error)
      throw error
    }
  }

  /**
   * Resolves when the coordinator has written the markers of the transaction that ended last; after {@link markersMaxMs} in any
   * case, and sooner where it cannot be asked. Never rejects: it is a matter of speed only.
   */
  async markersWritten(): Promise<void> {
    const { clock } = this.#cluster.context
    const waiting = new AbortController()
    const { signal } = waiting
    await Promise.race([this.#completed(signal), sleep(clock, markersMaxMs, signal)]).catch(() => {})
    waiting.abort()
  }

  async #completed(signal: AbortSignal): Promise<void> {
    for (let waitMs = markersPollMs; !signal.aborted; waitMs *= markersPollGrowth) {
      if (!(await this.#state()).startsWith('Prepare')) return
      await sleep(this.#cluster.context.clock, waitMs, signal)
    }
  }

  async #state(): Promise<string> {
    const { transactionStates } = await this.#coordinator.once(mainLane, (connection) =>
      connection.send(apis.describeTransactions, () => ({ transactionalIds: [this.#settings.id] })),
    )
    return transactionStates[0]?.transactionState ?? ''
  }

  #takeEpoch({ producerId, producerEpoch }: ProducerIdentity): boolean {
    if (producerId < 0 || this.version === 1) return false
    this.identity = { producerId, producerEpoch }
    return true
  }
}

/** Whether after this error an end without an answer may have taken place. */
function isOpenQuestion(error: unknown): boolean {
  if (isTransient(error)) return true
  return error instanceof StreamError && error.code !== 'PRODUCER_FENCED' && error.code !== 'NOT_AUTHORIZED'
}

function outcomeUnknown(id: string, cause: unknown): StreamError {
  return new StreamError('TRANSACTION_OUTCOME_UNKNOWN', `the transaction of "${id}" may have ended or not`, {
    detail: 'The coordinator did not answer the request to end it.',
    hint: 'Make a new producer with this id, and read the committed offsets again.',
    cause,
  })
}

function blame(code: number): number {
  return kafkaErrorName(code) === 'OPERATION_NOT_ATTEMPTED' ? 0 : code === 0 ? -1 : 1
}

/** What ends a transaction that failed on the way, as its owner hears it: abort, then go on. */
export function abortable(id: string, cause: StreamError): StreamError {
  return new StreamError(
    'TRANSACTION_ABORTABLE',
    `the transaction of "${id}" must be aborted: ${cause.message}`,
    {
      ...(cause.detail === undefined ? {} : { detail: cause.detail }),
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      cause,
    },
  )
}

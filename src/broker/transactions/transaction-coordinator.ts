/**
 * Coordinates transactions: who may write under a transactional id, what is in its open transaction, and how that ends.
 *
 * Walk of an end. The producer asks for it; the outcome is decided (prepare) and the producer is answered. Only then, each on its
 * own time, markers land in the partitions and groups that were in the transaction; when the last has landed, it is complete. Until
 * then another transaction of the same id is told to wait (CONCURRENT_TRANSACTIONS), and readers do not see the outcome.
 *
 * Two versions, told apart by the request. In the first, partitions are added by requests of their own, and the epoch stays the
 * same from one transaction to the next. In the second (KIP-890), writing adds, and each end moves the epoch on: the markers
 * carry the new one, so that a straggler of the ended transaction is fenced in every partition.
 */
import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import { toStreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { StateEntry, StateKeeper } from '../log/state-log.ts'
import { partitionKey, type PartitionName } from '../topics/partition-name.ts'
import {
  forgottenParts,
  partEntries,
  partKinds,
  takePart,
  transactionEntry,
  transactionKind,
  transactionOf,
  type TransactionParts,
} from './saved-transaction.ts'
import {
  isEnding,
  isExhausted,
  nextEpoch,
  newTransaction,
  noProducer,
  sameProducer,
  type ProducerIdentity,
  type Transaction,
  type TransactionMarker,
  type TransactionOutcome,
} from './transaction.ts'
import { nextTransactionState, type TransactionState } from './transaction-states.ts'

export interface TransactionClaim extends ProducerIdentity {
  readonly transactionalId: string
}

export interface InitRequest {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** Who the caller was, when it asks for the next epoch instead of taking the id over. */
  readonly expected: ProducerIdentity | undefined
}

export interface ProducerAnswer extends ProducerIdentity {
  readonly error: KafkaErrorName
}

/** Where a transaction ends: one partition, or the offsets of one group. */
export type MarkerTarget =
  | { readonly kind: 'partition'; readonly partition: PartitionName }
  | { readonly kind: 'group'; readonly groupId: string }

export interface TransactionSettings {
  readonly clock: Clock
  readonly logger: Logger
  /** Where what was promised is written down before it is. */
  readonly state: StateKeeper
  readonly timeoutMaxMs: number
  /** Transactional ids; one at rest makes room for a further one. */
  readonly idsMax: number
  readonly newProducerId: () => number
  /** How long a marker is on its way. */
  readonly markerDelayMs: (target: MarkerTarget) => number
  /** @returns false when the disk did not take it */
  readonly land: (target: MarkerTarget, marker: TransactionMarker) => boolean
}

/** After a disk did not take something that must be written. */
const retryMs = 1000

export class TransactionCoordinator {
  readonly #settings: TransactionSettings
  readonly #transactions = new Map<string, Transaction>()

  constructor(settings: TransactionSettings) {
    this.#settings = settings
  }

  all(): Transaction[] {
    return [...this.#transactions.values()]
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId)
  }

  /** Gives an id to a producer: a new epoch, so that whoever had it before is fenced. */
  init(request: InitRequest): ProducerAnswer {
    const { timeoutMs, expected } = request
    if (timeoutMs <= 0 || timeoutMs > this.#settings.timeoutMaxMs)
      return refused('INVALID_TRANSACTION_TIMEOUT')
    const transaction = this.#obtain(request.transactionalId)
    if (transaction === undefined) return refused('COORDINATOR_NOT_AVAILABLE')
    return this.#grant(transaction, timeoutMs, expected)
  }

  #grant(
    transaction: Transaction,
    timeoutMs: number,
    expected: ProducerIdentity | undefined,
  ): ProducerAnswer {
    const before = transaction.producer
    const fresh = before.producerEpoch < 0
    const repeated = expected !== undefined && sameProducer(expected, transaction.previous)
    if (expected !== undefined && !fresh && !repeated && !sameProducer(expected, before))
      return refused('PRODUCER_FENCED')
    if (isEnding(transaction.state)) return refused('CONCURRENT_TRANSACTIONS')
    if (transaction.state === 'ongoing') {
      this.#fence(transaction, 'another producer took the transactional id')
      return refused('CONCURRENT_TRANSACTIONS')
    }
    this.#change(transaction, () => {
      transaction.timeoutMs = timeoutMs
      if (repeated) return
      transaction.producer = this.#next(before)
      transaction.previous = expected === undefined ? undefined : before
      this.#go(transaction, 'empty')
    })
    return { error: 'NONE', ...transaction.producer }
  }

  /** Brings back what was written down when the broker was opened: open ones time out, decided ones are brought to their end. */
  recover(): void {
    const { state, clock } = this.#settings
    for (const entry of state.recovered(transactionKind)) {
      const transaction = transactionOf(entry)
      this.#transactions.set(transaction.transactionalId, transaction)
    }
    for (const kind of Object.values(partKinds))
      for (const entry of state.recovered(kind)) {
        const transaction = this.#transactions.get(String(entry.key[1]))
        if (transaction !== undefined) takePart(transaction, entry)
      }
    for (const transaction of this.#transactions.values()) {
      if (isEnding(transaction.state)) this.#sendMarkers(transaction)
      if (transaction.state === 'ongoing')
        this.#limit(transaction, transaction.startedAtMs + transaction.timeoutMs - clock.nowMs())
    }
  }

  addPartitions(claim: TransactionClaim, partitions: readonly PartitionName[]): KafkaErrorName {
    const found = this.#claimed(claim)
    if (typeof found === 'string') return found
    const added = partitions.filter((place) => !found.partitions.has(partitionKey(place)))
    if (found.state === 'ongoing' && added.length === 0) return 'NONE'
    this.#addTo(found, { partitions: added, groups: [] })
    for (const place of added) found.partitions.set(partitionKey(place), place)
    return 'NONE'
  }

  addGroup(claim: TransactionClaim, groupId: string): KafkaErrorName {
    const found = this.#claimed(claim)
    if (typeof found === 'string') return found
    if (found.state === 'ongoing' && found.groups.has(groupId)) return 'NONE'
    this.#addTo(found, { partitions: [], groups: [groupId] })
    found.groups.add(groupId)
    return 'NONE'
  }

  /** Whether the claimant's transaction is open, for a caller that then looks whether its partition or group is in it. */
  verify(claim: TransactionClaim): Transaction | KafkaErrorName {
    const found = this.#claimed(claim)
    if (typeof found === 'string' || found.state === 'ongoing') return found
    return 'INVALID_TXN_STATE'
  }

  /**
   * Decides how the open transaction ends.
   *
   * @param movesEpoch - whether the request is of the second version
   * @returns who the producer is from here on
   */
  end(claim: TransactionClaim, outcome: TransactionOutcome, movesEpoch: boolean): ProducerAnswer {
    const transaction = this.#transactions.get(claim.transactionalId)
    if (transaction === undefined) return refused('INVALID_PRODUCER_ID_MAPPING')
    const repeated = movesEpoch && isRepeated(claim, transaction)
    const error = repeated ? 'NONE' : checkClaim(claim, transaction)
    if (error !== 'NONE') return refused(error)
    const { state } = transaction
    // An abort of nothing still moves the epoch on: it fences what may be under way.
    const ofNothing = movesEpoch && !repeated && outcome === 'abort' && !isEnding(state)
    if (state === 'ongoing' || ofNothing) this.#prepare(transaction, outcome, movesEpoch)
    else {
      const verdict = endAgain(state, outcome, movesEpoch && !repeated)
      if (verdict !== 'NONE') return refused(verdict)
    }
    return { error: 'NONE', ...transaction.producer }
  }

  /** Resolves when the id's markers have landed, or after `limitMs`. */
  async settled(transactionalId: string, limitMs: number): Promise<void> {
    const transaction = this.#transactions.get(transactionalId)
    if (transaction === undefined || !isEnding(transaction.state)) return
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        timer.cancel()
        transaction.waiting.delete(finish)
        resolve()
      }
      const timer = this.#settings.clock.setTimer(limitMs, finish)
      transaction.waiting.add(finish)
    })
  }

  #obtain(transactionalId: string): Transaction | undefined {
    const known = this.#transactions.get(transactionalId)
    if (known === undefined && !this.#makeRoom()) {
      this.#settings.logger.warn('too many transactional ids', { idsMax: this.#settings.idsMax })
      return undefined
    }
    const transaction = known ?? newTransaction(transactionalId)
    this.#putLast(transaction)
    return transaction
  }

  /** The map's order is that of use: what has been at rest for longest stands first. */
  #putLast(transaction: Transaction): void {
    this.#transactions.delete(transaction.transactionalId)
    this.#transactions.set(transaction.transactionalId, transaction)
  }

  #makeRoom(): boolean {
    if (this.#transactions.size < this.#settings.idsMax) return true
    const resting = this.all().find(({ state }) => state !== 'ongoing' && !isEnding(state))
    if (resting === undefined) return false
    this.#settings.state.put([{ key: [transactionKind, resting.transactionalId], value: undefined }])
    return this.#transactions.delete(resting.transactionalId)
  }

  #claimed(claim: TransactionClaim): Transaction | KafkaErrorName {
    if (claim.transactionalId === '') return 'INVALID_REQUEST'
    const transaction = this.#transactions.get(claim.transactionalId)
    if (transaction === undefined) return 'INVALID_PRODUCER_ID_MAPPING'
    const error = checkClaim(claim, transaction)
    if (error !== 'NONE') return error
    return isEnding(transaction.state) ? 'CONCURRENT_TRANSACTIONS' : transaction
  }

  /** Opens the transaction where it is not, and writes down what is taken into it. */
  #addTo(transaction: Transaction, parts: TransactionParts): void {
    const entries = partEntries(transaction.transactionalId, parts)
    if (transaction.state === 'ongoing') return this.#settings.state.put(entries)
    const open = (): void => {
      this.#go(transaction, 'ongoing')
      transaction.startedAtMs = this.#settings.clock.nowMs()
    }
    this.#change(transaction, open, entries)
    this.#limit(transaction, transaction.timeoutMs)
  }

  #limit(transaction: Transaction, delayMs: number): void {
    transaction.timeout = this.#settings.clock.setTimer(Math.max(0, delayMs), () => {
      try {
        this.#fence(transaction, 'the transaction timed out')
      } catch (error) {
        this.#complain(error)
        this.#limit(transaction, retryMs)
      }
    })
  }

  /** Aborts an open transaction without its producer, which is of no use from here on. */
  #fence(transaction: Transaction, reason: string): void {
    const { transactionalId, producer } = transaction
    this.#settings.logger.info('transaction aborted', { transactionalId, ...producer, reason })
    const fenced = nextEpoch(producer)
    this.#decide(transaction, {
      producer: fenced,
      previous: undefined,
      marker: { ...fenced, outcome: 'abort' },
    })
  }

  #prepare(transaction: Transaction, outcome: TransactionOutcome, movesEpoch: boolean): void {
    const { producer, previous } = transaction
    const decision = movesEpoch
      ? { producer: this.#next(producer), previous: producer, marker: { ...nextEpoch(producer), outcome } }
      : { producer, previous, marker: { ...producer, outcome } }
    this.#decide(transaction, decision)
  }

  /** From here on the outcome stands, also after a restart. */
  #decide(
    transaction: Transaction,
    decision: {
      producer: ProducerIdentity
      previous: ProducerIdentity | undefined
      marker: TransactionMarker
    },
  ): void {
    this.#change(transaction, () => {
      Object.assign(transaction, decision)
      this.#go(transaction, decision.marker.outcome === 'commit' ? 'prepare-commit' : 'prepare-abort')
    })
    transaction.timeout?.cancel()
    this.#sendMarkers(transaction)
  }

  #sendMarkers(transaction: Transaction): void {
    const targets: MarkerTarget[] = [
      ...transaction.partitions.values().map((partition) => ({ kind: 'partition' as const, partition })),
      ...transaction.groups.values().map((groupId) => ({ kind: 'group' as const, groupId })),
    ]
    transaction.pendingMarkers = targets.length
    for (const target of targets) this.#send(transaction, target, this.#settings.markerDelayMs(target))
    if (targets.length === 0) this.#complete(transaction)
  }

  #send(transaction: Transaction, target: MarkerTarget, delayMs: number): void {
    this.#settings.clock.setTimer(delayMs, () => {
      const { marker } = transaction
      assert(marker !== undefined, 'a transaction that ends says how')
      if (!this.#settings.land(target, marker)) return this.#send(transaction, target, retryMs)
      transaction.pendingMarkers--
      if (transaction.pendingMarkers === 0) this.#complete(transaction)
    })
  }

  #complete(transaction: Transaction): void {
    this.#go(transaction, transaction.state === 'prepare-commit' ? 'complete-commit' : 'complete-abort')
    const forgotten = forgottenParts(transaction)
    transaction.partitions.clear()
    transaction.groups.clear()
    transaction.marker = undefined
    transaction.startedAtMs = -1
    this.#putLast(transaction)
    try {
      this.#settings.state.put([transactionEntry(transaction), ...forgotten])
    } catch (error) {
      // A restart would send the markers once more, which changes nothing.
      this.#complain(error)
    }
    for (const finish of transaction.waiting) finish()
  }

  #next(producer: ProducerIdentity): ProducerIdentity {
    if (producer.producerId >= 0 && !isExhausted(producer)) return nextEpoch(producer)
    return { producerId: this.#settings.newProducerId(), producerEpoch: 0 }
  }

  /** Changes what is known of a transaction beside its parts, and writes it down with further entries; where that fails, nothing has changed. */
  #change(transaction: Transaction, change: () => void, entries: readonly StateEntry[] = []): void {
    const before = { ...transaction }
    try {
      change()
      this.#settings.state.put([transactionEntry(transaction), ...entries])
    } catch (error) {
      Object.assign(transaction, before)
      throw error
    }
  }

  #complain(error: unknown): void {
    const { code, message } = toStreamError(error)
    this.#settings.logger.error('the state of a transaction cannot be written', { code, message })
  }

  #go(transaction: Transaction, to: TransactionState): void {
    transaction.state = nextTransactionState(transaction.state, to)
  }
}

function checkClaim(claim: TransactionClaim, { producer }: Transaction): KafkaErrorName {
  if (claim.producerId !== producer.producerId) return 'INVALID_PRODUCER_ID_MAPPING'
  return claim.producerEpoch === producer.producerEpoch ? 'NONE' : 'PRODUCER_FENCED'
}

/** Whether this end was decided before, and its answer was lost: the producer does not know of its new epoch yet. */
function isRepeated(claim: TransactionClaim, { previous, state }: Transaction): boolean {
  return sameProducer(claim, previous) && state !== 'empty' && state !== 'ongoing'
}

/**
 * What an end is told that finds nothing open: the same end again is fine, or on its way; the other is an error.
 *
 * @param strict - in the second version, only a recognised repetition is fine
 */
function endAgain(state: TransactionState, outcome: TransactionOutcome, strict: boolean): KafkaErrorName {
  if (strict) return isEnding(state) ? 'CONCURRENT_TRANSACTIONS' : 'INVALID_TXN_STATE'
  if (state === `complete-${outcome}`) return 'NONE'
  return state === `prepare-${outcome}` ? 'CONCURRENT_TRANSACTIONS' : 'INVALID_TXN_STATE'
}

function refused(error: KafkaErrorName): ProducerAnswer {
  return { error, ...noProducer }
}

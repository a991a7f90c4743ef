import type { Timer } from '../../base/clock.ts'
import type { PartitionName } from '../topics/partition-name.ts'
import type { TransactionState } from './transaction-states.ts'

const epochMax = 32_767

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export type TransactionOutcome = 'commit' | 'abort'

export interface TransactionMarker extends ProducerIdentity {
  readonly outcome: TransactionOutcome
}

/** What the coordinator knows of one transactional id. */
export interface Transaction {
  readonly transactionalId: string
  state: TransactionState
  /** Who may use the id now. */
  producer: ProducerIdentity
  /** Who could before the last step that a client may repeat because its answer was lost. */
  previous: ProducerIdentity | undefined
  timeoutMs: number
  /** −1 while nothing is open. */
  startedAtMs: number
  partitions: Map<string, PartitionName>
  groups: Set<string>
  /** What its markers say, once its end is decided. */
  marker: TransactionMarker | undefined
  /** Markers on their way. */
  pendingMarkers: number
  timeout: Timer | undefined
  /** Called when the last marker has landed. */
  readonly waiting: Set<() => void>
}

export const noProducer: ProducerIdentity = { producerId: -1, producerEpoch: -1 }

export function newTransaction(transactionalId: string): Transaction {
  return {
    transactionalId,
    state: 'empty',
    producer: noProducer,
    previous: undefined,
    timeoutMs: 0,
    startedAtMs: -1,
    partitions: new Map(),
    groups: new Set(),
    marker: undefined,
    pendingMarkers: 0,
    timeout: undefined,
    waiting: new Set(),
  }
}

export function sameProducer(a: ProducerIdentity, b: ProducerIdentity | undefined): boolean {
  return b !== undefined && a.producerId === b.producerId && a.producerEpoch === b.producerEpoch
}

/** Whether the next epoch but one would not fit: fencing must always have one left. */
export function isExhausted({ producerEpoch }: ProducerIdentity): boolean {
  return producerEpoch >= epochMax - 1
}

export function nextEpoch(producer: ProducerIdentity): ProducerIdentity {
  return { producerId: producer.producerId, producerEpoch: producer.producerEpoch + 1 }
}

export function isEnding(state: TransactionState): boolean {
  return state === 'prepare-commit' || state === 'prepare-abort'
}

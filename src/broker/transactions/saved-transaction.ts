import type { StateEntry } from '../log/state-log.ts'
import { newTransaction, type PartitionName, type ProducerIdentity, type Transaction } from './transaction.ts'

/** What a restart must know of a transactional id. */
type SavedTransaction = Pick<
  Transaction,
  'state' | 'producer' | 'previous' | 'timeoutMs' | 'startedAtMs' | 'marker'
> & {
  readonly partitions: readonly PartitionName[]
  readonly groups: readonly string[]
}

export const transactionKind = 'transaction'

export function transactionEntry(transaction: Transaction): StateEntry {
  const { transactionalId, state, producer, previous, timeoutMs, startedAtMs, marker } = transaction
  const saved: SavedTransaction = {
    state,
    producer: identityOf(producer),
    previous: previous && identityOf(previous),
    timeoutMs,
    startedAtMs,
    marker,
    partitions: [...transaction.partitions.values()],
    groups: [...transaction.groups],
  }
  return { key: [transactionKind, transactionalId], value: saved }
}

export function transactionOf({ key, value }: StateEntry): Transaction {
  const { partitions, groups, ...facts } = value as SavedTransaction
  return {
    ...newTransaction(String(key[1])),
    ...facts,
    partitions: new Map(partitions.map((place) => [`${place.topic}-${place.partition}`, place])),
    groups: new Set(groups),
  }
}

function identityOf({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity {
  return { producerId, producerEpoch }
}

import type { StateEntry, StateKey } from '../log/state-log.ts'
import { partitionKey, type PartitionName } from '../topics/partition-name.ts'
import { newTransaction, type ProducerIdentity, type Transaction } from './transaction.ts'

/** What a restart must know of a transactional id, beside what is in its transaction: that has entries of its own, so that each addition is small. */
type SavedTransaction = Pick<
  Transaction,
  'state' | 'producer' | 'previous' | 'timeoutMs' | 'startedAtMs' | 'marker'
>

/** What is taken into a transaction. */
export interface TransactionParts {
  readonly partitions: readonly PartitionName[]
  readonly groups: readonly string[]
}

export const transactionKind = 'transaction'
export const partKinds = { partition: 'transaction-partition', group: 'transaction-group' } as const

export function transactionEntry(transaction: Transaction): StateEntry {
  const { transactionalId, state, producer, previous, timeoutMs, startedAtMs, marker } = transaction
  const saved: SavedTransaction = {
    state,
    producer: identityOf(producer),
    previous: previous && identityOf(previous),
    timeoutMs,
    startedAtMs,
    marker,
  }
  return { key: [transactionKind, transactionalId], value: saved }
}

/** Of what has just been taken in. */
export function partEntries(id: string, parts: TransactionParts): StateEntry[] {
  return partKeys(id, parts).map((key) => ({ key, value: true }))
}

/** Of a transaction that is over. */
export function forgottenParts({ transactionalId, partitions, groups }: Transaction): StateEntry[] {
  const parts = { partitions: [...partitions.values()], groups: [...groups] }
  return partKeys(transactionalId, parts).map((key) => ({ key, value: undefined }))
}

export function transactionOf({ key, value }: StateEntry): Transaction {
  return { ...newTransaction(String(key[1])), ...(value as SavedTransaction) }
}

/** Takes a part back that was written down before a restart. */
export function takePart(transaction: Transaction, { key }: StateEntry): void {
  const [kind, , name, partition] = key
  if (kind === partKinds.group) transaction.groups.add(String(name))
  else {
    const place = { topic: String(name), partition: Number(partition) }
    transaction.partitions.set(partitionKey(place), place)
  }
}

function partKeys(id: string, { partitions, groups }: TransactionParts): StateKey[] {
  return [
    ...partitions.map(({ topic, partition }) => [partKinds.partition, id, topic, partition] as const),
    ...groups.map((groupId) => [partKinds.group, id, groupId] as const),
  ]
}

function identityOf({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity {
  return { producerId, producerEpoch }
}

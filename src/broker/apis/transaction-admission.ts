import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import { partitionKey, type PartitionName } from '../topics/partition-name.ts'
import type { TransactionClaim } from '../transactions/transaction-coordinator.ts'
import type { Call } from './api-handler.ts'

/** From this version of Produce on, writing adds a partition to the transaction. */
const addsFromVersion = 12
/** From this version on, a producer understands that its transaction must be aborted. */
const abortableFromVersion = 11
/** How long a write waits for the markers of the transaction before. */
const settleLimitMs = 100

/** Whether a transactional batch may be written to a partition; makes the partition part of the transaction where that is due. */
export async function admitToTransaction(
  claim: TransactionClaim,
  partition: PartitionName,
  { node, apiVersion }: Call,
): Promise<KafkaErrorName> {
  const { transactions } = node
  if (apiVersion < addsFromVersion) {
    const found = transactions.verify(claim)
    const inside = typeof found !== 'string' && found.partitions.has(partitionKey(partition))
    if (inside) return 'NONE'
    const error = typeof found === 'string' ? found : 'INVALID_TXN_STATE'
    return asProducersKnowIt(error, apiVersion)
  }
  let error = transactions.addPartitions(claim, [partition])
  if (error === 'CONCURRENT_TRANSACTIONS') {
    await transactions.settled(claim.transactionalId, settleLimitMs)
    error = transactions.addPartitions(claim, [partition])
  }
  return asProducersKnowIt(error, apiVersion)
}

/** Produce has errors of its own for what the coordinator says. */
function asProducersKnowIt(error: KafkaErrorName, apiVersion: number): KafkaErrorName {
  if (error === 'PRODUCER_FENCED') return 'INVALID_PRODUCER_EPOCH'
  if (error === 'CONCURRENT_TRANSACTIONS') return 'NOT_ENOUGH_REPLICAS'
  if (error === 'INVALID_TXN_STATE' && apiVersion >= abortableFromVersion) return 'TRANSACTION_ABORTABLE'
  return error
}

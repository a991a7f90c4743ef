import { controlBatch } from '../../protocol/record-batch-writer.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { TransactionMarker } from '../transactions/transaction.ts'

/**
 * Writes down in a partition how a producer's transaction ended.
 *
 * @returns false when the disk did not take it
 */
export function appendTransactionMarker(
  log: PartitionLog,
  marker: TransactionMarker & { readonly coordinatorEpoch: number },
  nowMs: number,
): boolean {
  const facts = { ...marker, kind: marker.outcome, timestampMs: nowMs, baseOffset: 0, leaderEpoch: 0 }
  return log.appendMarker({ ...marker, bytes: controlBatch(facts) }, nowMs)
}

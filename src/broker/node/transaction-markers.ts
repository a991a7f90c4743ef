import { controlBatch } from '../../protocol/record-batch-writer.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { TransactionMarker } from '../transactions/transaction-coordinator.ts'

/** Writes down in a partition how a producer's transaction ended. */
export function appendTransactionMarker(
  log: PartitionLog,
  marker: TransactionMarker & { readonly coordinatorEpoch: number },
  nowMs: number,
): void {
  const facts = { ...marker, kind: marker.outcome, timestampMs: nowMs, baseOffset: 0, leaderEpoch: 0 }
  log.appendMarker({ ...marker, bytes: controlBatch(facts) }, nowMs)
}

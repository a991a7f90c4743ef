import type { Clock } from '../../base/clock.ts'
import { toStreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { Topics } from '../topics/topics.ts'
import type { TransactionMarker } from '../transactions/transaction.ts'
import type { MarkerTarget } from '../transactions/transaction-coordinator.ts'
import { appendTransactionMarker } from './transaction-markers.ts'

/** Of the one coordinator there is. */
const coordinatorEpoch = 0

interface Surroundings {
  readonly topics: Topics
  readonly groups: GroupCoordinator
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Ends a transaction in one of its partitions or groups, if that is still there.
 *
 * @returns false when the disk did not take it
 */
export function landMarker(target: MarkerTarget, marker: TransactionMarker, around: Surroundings): boolean {
  if (target.kind === 'group') return settleOffsets(target.groupId, marker, around)
  const { topic, partition } = target.partition
  const log = around.topics.partition(topic, partition)
  return (
    log === undefined || appendTransactionMarker(log, { ...marker, coordinatorEpoch }, around.clock.nowMs())
  )
}

function settleOffsets(
  groupId: string,
  marker: TransactionMarker,
  { groups, logger }: Surroundings,
): boolean {
  try {
    groups.get(groupId)?.offsets.settle(marker.producerId, marker.outcome)
    return true
  } catch (error) {
    const { code, message } = toStreamError(error)
    logger.error('the offsets of a transaction cannot be written', { groupId, code, message })
    return false
  }
}

import type { ClientContext } from '../cluster/context.ts'
import { kafkaNameOf } from '../cluster/response-error.ts'
import { isTransient, retrying } from '../cluster/retrying.ts'
import type { GroupMetadata } from '../contracts.ts'

/**
 * Sends a commit, again where the group moved on meanwhile.
 *
 * Now the owner commits; now the coordinator begins the next generation; now it reads the commit of the one before and
 * refuses it. The partitions are still this member's, since a revocation waits for its owner. So where `group`, which is a
 * live view, has the same member id and a higher generation, or may hear of one, the same offsets are sent with it.
 */
export function retryingAcrossGenerations<T>(
  context: ClientContext,
  group: GroupMetadata,
  send: (as: GroupMetadata) => Promise<T>,
): Promise<T> {
  const { groupId, memberId, instanceId } = group
  let sent = group.generation
  return retrying(
    context,
    context.retryTimeoutMs,
    () => {
      sent = group.generation
      return send({ groupId, memberId, instanceId, generation: sent })
    },
    (error) => {
      if (isTransient(error)) return true
      const name = kafkaNameOf(error)
      if (name === 'REBALANCE_IN_PROGRESS') return true
      const isNext = group.generation > sent || group.joining === true
      return name === 'ILLEGAL_GENERATION' && group.memberId === memberId && isNext
    },
  )
}

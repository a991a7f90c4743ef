import { decodeSubscription, encodeAssignment } from '../../protocol/consumer-protocol.ts'
import {
  partitionKey,
  type Assignor,
  type MemberAssignment,
  type MemberSubscription,
  type TopicPartition,
} from '../contracts.ts'
import { byTopic, flattened } from './partition-set.ts'

/** What the coordinator hands the leader of each member. */
export interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Buffer
}

interface Claim {
  readonly memberId: string
  readonly generation: number
}

const noBytes = Buffer.alloc(0)

/**
 * The members' subscriptions. A partition that two members say they own belongs to the one that speaks of the later
 * generation: the other was away when it was given on.
 */
export function readSubscriptions(members: readonly JoinedMember[]): MemberSubscription[] {
  const decoded = members.map((member) => {
    const { topics, userData, ownedPartitions, generationId } = decodeSubscription(member.metadata)
    return { member, topics, userData, generation: generationId, owned: flattened(ownedPartitions) }
  })
  const claims = new Map<string, Claim>()
  for (const { member, generation, owned } of decoded) {
    for (const partition of owned) {
      const key = partitionKey(partition)
      const other = claims.get(key)
      if (other === undefined || other.generation < generation) {
        claims.set(key, { memberId: member.memberId, generation })
      }
    }
  }
  const isOwner = (memberId: string, partition: TopicPartition): boolean =>
    claims.get(partitionKey(partition))?.memberId === memberId
  return decoded.map(({ member, topics, userData, owned }) => ({
    memberId: member.memberId,
    instanceId: member.groupInstanceId ?? undefined,
    topics,
    ownedPartitions: owned.filter((partition) => isOwner(member.memberId, partition)),
    userData: userData ?? noBytes,
  }))
}

/**
 * Lets the assignor divide the partitions. Under the cooperative protocol nobody is given what another member still owns:
 * it is left out until its owner has given it up and joined again.
 */
export function assignMembers(
  assignor: Assignor,
  members: readonly MemberSubscription[],
  topics: ReadonlyMap<string, number>,
): { readonly memberId: string; readonly assignment: Buffer }[] {
  const owners = new Map<string, string>()
  for (const { memberId, ownedPartitions } of members) {
    for (const partition of ownedPartitions) owners.set(partitionKey(partition), memberId)
  }
  const free = ({ memberId, partitions }: MemberAssignment): TopicPartition[] =>
    assignor.protocol === 'eager'
      ? [...partitions]
      : partitions.filter((partition) => (owners.get(partitionKey(partition)) ?? memberId) === memberId)
  return assignor.assign(members, topics).map((given) => ({
    memberId: given.memberId,
    assignment: encodeAssignment({ assignedPartitions: byTopic(free(given)), userData: given.userData }),
  }))
}

import { StreamError } from '../../base/errors.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { mainLane, type Cluster } from '../cluster/cluster.ts'
import type { Coordinator } from '../cluster/coordinators.ts'
import { checkResponse } from '../cluster/response-error.ts'
import { partitionKey, type CommittedOffset, type GroupMetadata, type TopicPartition } from '../contracts.ts'
import { retryingAcrossGenerations } from './generation-retry.ts'
import { byTopic } from './partition-set.ts'

type FetchedGroup = Pick<ResponseOf<typeof apis.offsetFetch>, 'errorCode' | 'topics'>

/**
 * The committed offsets of these partitions, keyed by `topic-partition`; those without one are absent. Where a transaction
 * on one of them is pending, waits for its end; where the answer leaves one out or knows no such topic, asks again.
 */
export async function fetchOffsets(
  coordinator: Pick<Coordinator, 'retrying'>,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<Map<string, CommittedOffset>> {
  if (partitions.length === 0) return new Map()
  const topics = byTopic(partitions).map(({ topic, partitions }) => ({
    name: topic,
    partitionIndexes: partitions,
  }))
  return coordinator.retrying(mainLane, async (connection) => {
    const response = await connection.send(apis.offsetFetch, (version) => ({
      ...(version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics }),
      ...(version >= 7 ? { requireStable: true } : {}),
    }))
    const group: FetchedGroup = response.groups[0] ?? response
    checkResponse(group.errorCode, `read the offsets of group "${groupId}"`)
    checkAnswered(group, groupId, partitions)
    return readOffsets(group, groupId)
  })
}

/** Whoever hears nothing of a partition must not take it for one that has no offset: it would be read from its beginning again. */
function checkAnswered(group: FetchedGroup, groupId: string, partitions: readonly TopicPartition[]): void {
  const answered = new Set<string>()
  for (const { name: topic, partitions } of group.topics) {
    for (const { partitionIndex: partition, errorCode } of partitions)
      if (!isUnknownTopic(errorCode)) answered.add(partitionKey({ topic, partition }))
  }
  const missing = partitions.map(partitionKey).find((key) => !answered.has(key))
  if (missing === undefined) return
  throw new StreamError('KAFKA_RETRIABLE', `group "${groupId}" does not say how far it is in ${missing}`)
}

function isUnknownTopic(errorCode: number): boolean {
  return kafkaErrorName(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION'
}

/** Those that are there, by `topic-partition`. */
export function readOffsets(group: FetchedGroup, groupId: string): Map<string, CommittedOffset> {
  const offsets = new Map<string, CommittedOffset>()
  for (const { name: topic, partitions } of group.topics) {
    for (const { partitionIndex, errorCode, committedOffset, committedLeaderEpoch, metadata } of partitions) {
      if (isUnknownTopic(errorCode)) continue
      const partition = { topic, partition: partitionIndex }
      const key = partitionKey(partition)
      checkResponse(errorCode, `read the offset of ${key} in group "${groupId}"`)
      if (committedOffset < 0) continue
      const offset = { ...partition, offset: committedOffset, metadata: metadata ?? '' }
      offsets.set(key, committedLeaderEpoch < 0 ? offset : { ...offset, leaderEpoch: committedLeaderEpoch })
    }
  }
  return offsets
}

/** @throws StreamError `MEMBER_FENCED` */
export async function commitOffsets(
  cluster: Cluster,
  coordinator: Coordinator,
  offsets: readonly CommittedOffset[],
  group: GroupMetadata,
): Promise<void> {
  if (offsets.length === 0) return
  const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, parts]) => ({
    name,
    partitions: parts.map(({ partition, offset, leaderEpoch, metadata }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch ?? -1,
      committedMetadata: metadata,
    })),
  }))
  await retryingAcrossGenerations(cluster.context, group, (as) =>
    coordinator.once(mainLane, async (connection) => {
      const response = await connection.send(apis.offsetCommit, () => ({
        groupId: as.groupId,
        generationIdOrMemberEpoch: as.generation,
        memberId: as.memberId,
        groupInstanceId: as.instanceId ?? null,
        topics,
      }))
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          const what = `commit the offset of ${name}-${partitionIndex} in group "${as.groupId}"`
          if (errorCode !== 0) throw cluster.topicError(name, errorCode, what)
        }
      }
    }),
  )
}

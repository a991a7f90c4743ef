/**
 * OffsetCommit (8): where a group has got to. By a member of the current generation, of a consumer group (version 9+) in its epoch or in one
 * that is over where it has had the partitions since, or by anyone while the group has no members.
 * Version 10 names topics by id. Retention times of old versions are ignored: offsets stay until they are deleted.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, kafkaErrorName, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { onGroup } from './demand.ts'
import { commitErrorOf, committedPartitions, offsetEntry } from './offset-entries.ts'
import { findTopic } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.offsetCommit>
type Response = DeepPartial<ResponseOf<typeof apis.offsetCommit>>

export const offsetCommitHandler = defineHandler({
  api: apis.offsetCommit,
  demands: ({ groupId }) => [onGroup(groupId, 'read')],
  handle(request, call): Response {
    const { node } = call
    const refused = node.groups.checkCommit(request.groupId, {
      memberId: request.memberId,
      instanceId: request.groupInstanceId ?? undefined,
      generation: request.generationIdOrMemberEpoch,
      transactional: false,
      partitions: () => committedPartitions(request.topics, node),
    })
    if (refused !== 'NONE') return everywhere(request, refused)
    const group = node.groups.obtain(request.groupId)
    if (group === undefined) return everywhere(request, 'COORDINATOR_NOT_AVAILABLE')
    return {
      topics: request.topics.map(({ name, topicId, partitions }) => {
        const topic = findTopic(call, { name, topicId }, 'read')
        return {
          name,
          topicId,
          partitions: partitions.map((partition) => {
            const { partitionIndex } = partition
            const error = commitErrorOf(topic, partition, node)
            if (error === 'NONE' && topic.kind === 'found')
              group.offsets.commit(offsetEntry(topic.it, partition, node))
            return { partitionIndex, errorCode: kafkaErrorCode(error) }
          }),
        }
      }),
    }
  },
  refuse: (request, errorCode): Response => everywhere(request, kafkaErrorName(errorCode)),
})

function everywhere({ topics }: Request, error: KafkaErrorName): Response {
  const errorCode = kafkaErrorCode(error)
  return {
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}

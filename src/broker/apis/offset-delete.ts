/** OffsetDelete (47): forgets offsets of a group; of a live consumer group only those of topics that no member subscribes to. */
import { StreamError } from '../../base/errors.ts'
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { decodeSubscription } from '../../protocol/consumer-protocol.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { ClassicGroup } from '../groups/classic-group.ts'
import { defineHandler } from './api-handler.ts'
import { onGroup } from './demand.ts'
import { findPartition, findTopic } from './partition-lookup.ts'

type Response = DeepPartial<ResponseOf<typeof apis.offsetDelete>>

export const offsetDeleteHandler = defineHandler({
  api: apis.offsetDelete,
  demands: ({ groupId }) => [onGroup(groupId, 'delete')],
  handle(request, call): Response {
    const { node } = call
    const group = node.groups.get(request.groupId)
    if (group === undefined) return { errorCode: kafkaErrorCode('GROUP_ID_NOT_FOUND') }
    if (group.state !== 'empty' && group.protocolType !== 'consumer')
      return { errorCode: kafkaErrorCode('NON_EMPTY_GROUP') }
    const classic = group.kind === 'classic' ? subscribedTopics(group) : undefined
    const isSubscribed = (topic: string): boolean =>
      group.kind === 'classic' ? classic?.has(topic) === true : group.isSubscribedTo(topic)
    const topics = request.topics.map(({ name, partitions }) => {
      const topic = findTopic(call, { name }, 'read')
      return {
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          const found = findPartition(topic, partitionIndex)
          let error: KafkaErrorName = 'NONE'
          if (isSubscribed(name)) error = 'GROUP_SUBSCRIBED_TO_TOPIC'
          else if (found.kind === 'missing') error = found.error
          else group.offsets.delete(name, partitionIndex)
          return { partitionIndex, errorCode: kafkaErrorCode(error) }
        }),
      }
    })
    return { topics }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})

function subscribedTopics(group: ClassicGroup): Set<string> {
  const topics = new Set<string>()
  for (const { protocols } of group.members.all())
    for (const { metadata } of protocols) for (const topic of topicsIn(metadata)) topics.add(topic)
  return topics
}

/** A member may send anything as its subscription; what cannot be read subscribes to nothing. */
function topicsIn(metadata: Buffer): readonly string[] {
  try {
    return decodeSubscription(metadata).topics
  } catch (thrown) {
    if (thrown instanceof StreamError && thrown.code === 'PROTOCOL_MALFORMED') return []
    throw thrown
  }
}

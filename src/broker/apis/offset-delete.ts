/** OffsetDelete (47): forgets offsets of a group; of a live consumer group only those of topics that no member subscribes to. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { subscriptionOf } from '../groups/subscriptions.ts'
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
    const isSubscribed = subscriptionOf(group)
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

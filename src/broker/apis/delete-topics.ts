/**
 * DeleteTopics (20), by name; from version 6 on also by id. What was in the topic is gone at once, committed offsets with it; who waits in
 * a fetch is answered with an error.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { findTopic } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.deleteTopics>
type Response = DeepPartial<ResponseOf<typeof apis.deleteTopics>>

export const deleteTopicsHandler = defineHandler({
  api: apis.deleteTopics,
  handle(request, call): Response {
    const { node } = call
    const responses = wanted(request).map(({ name, topicId }) => {
      const found = findTopic(call, { name: name ?? '', topicId }, 'delete')
      if (found.kind === 'missing') return { name, topicId, errorCode: kafkaErrorCode(found.error) }
      const topic = found.it
      node.topics.delete(topic)
      node.groups.forgetTopic(topic.name)
      node.logger.info('topic deleted', { topic: topic.name })
      return { name: topic.name, topicId: topic.id }
    })
    return { responses }
  },
  refuse: (request, errorCode): Response => ({
    responses: wanted(request).map(({ name, topicId }) => ({ name, topicId, errorCode })),
  }),
})

function wanted({ topics, topicNames }: Request): { name: string | null; topicId: string }[] {
  return [...topics, ...topicNames.map((name) => ({ name, topicId: '0'.repeat(32) }))]
}

/**
 * DescribeTopicPartitions (75): topics with their partitions, in pages. Topics come in the order of their names, all where none is named; the
 * cursor says where the next page begins.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { topicOperations } from './authorized-operations.ts'
import { rightTo } from './demand.ts'
import { describePartition } from './partition-description.ts'
import { findTopic } from './partition-lookup.ts'
import { refusalOf } from './refusal.ts'

type Request = RequestOf<typeof apis.describeTopicPartitions>
type Response = DeepPartial<ResponseOf<typeof apis.describeTopicPartitions>>
type TopicAnswer = NonNullable<Response['topics']>[number]

/** Of one answer, whatever is asked for. [max.request.partition.size.limit] */
const partitionsMax = 2000

export const describeTopicPartitionsHandler = defineHandler({
  api: apis.describeTopicPartitions,
  handle(request, call): Response {
    const topics: TopicAnswer[] = []
    let left = Math.max(1, Math.min(request.responsePartitionLimit, partitionsMax))
    for (const name of namesFrom(request, call)) {
      const first = name === request.cursor?.topicName ? request.cursor.partitionIndex : 0
      if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
      const found = findTopic(call, { name }, 'describe')
      if (found.kind === 'missing') {
        topics.push({ name, errorCode: kafkaErrorCode(found.error) })
        continue
      }
      const topic = found.it
      const end = Math.min(topic.partitions.length, first + left)
      const indexes = Array.from({ length: Math.max(0, end - first) }, (_, step) => first + step)
      topics.push({
        name,
        topicId: topic.id,
        partitions: indexes.map((index) => ({
          ...describePartition(topic, index, call),
          eligibleLeaderReplicas: [],
          lastKnownElr: [],
        })),
        topicAuthorizedOperations: topicOperations(name, call),
      })
      if (end < topic.partitions.length)
        return { topics, nextCursor: { topicName: name, partitionIndex: end } }
      left -= indexes.length
    }
    return { topics }
  },
  refuse: (request, errorCode): Response => ({
    topics: request.topics.map(({ name }) => ({ name, errorCode })),
  }),
})

function namesFrom({ topics, cursor }: Request, call: Call): string[] {
  const named = new Set(topics.map(({ name }) => name))
  const visible = (name: string): boolean => refusalOf(call, rightTo('describe', 'topic', name)) === undefined
  const all = (): string[] =>
    call.node.topics
      .all()
      .map(({ name }) => name)
      .filter(visible)
  const names = named.size > 0 ? [...named] : all()
  const sorted = names.toSorted((a, b) => (a < b ? -1 : 1))
  return cursor === null ? sorted : sorted.filter((name) => name >= cursor.topicName)
}

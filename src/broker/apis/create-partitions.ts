/** CreatePartitions (37): more partitions for a topic, never fewer; replicas as the first partition has them, or as the request says. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { Topic } from '../topics/topics.ts'
import { assignmentProblem } from '../cluster/replica-assignment.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { rightTo } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Wanted = RequestOf<typeof apis.createPartitions>['topics'][number]
type Response = DeepPartial<ResponseOf<typeof apis.createPartitions>>
type Result = NonNullable<Response['results']>[number]

export const createPartitionsHandler = defineHandler({
  api: apis.createPartitions,
  handle: (request, call): Response => ({
    results: request.topics.map((wanted) => growOne(wanted, request.validateOnly, call)),
  }),
  refuse: (request, errorCode): Response => ({
    results: request.topics.map(({ name }) => ({ name, errorCode, errorMessage: null })),
  }),
})

function growOne(wanted: Wanted, validateOnly: boolean, call: Call): Result {
  const { name, count, assignments } = wanted
  const { node } = call
  const refused = refusalOf(call, rightTo('alter', 'topic', name))
  if (refused !== undefined) return failed(name, refused, null)
  const topic = node.topics.get(name)
  if (topic === undefined)
    return failed(name, 'UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.')
  const problem = findProblem(topic, wanted, call)
  if (problem !== undefined) return failed(name, ...problem)
  if (validateOnly) return { name, errorMessage: null }
  const now = topic.partitions.length
  const replicationFactor = node.layout.placementOf(topic, 0).replicas.length
  const replicas =
    assignments?.map(({ brokerIds }) => brokerIds) ??
    Array.from({ length: count - now }, (_, more) => node.layout.spread(name, now + more, replicationFactor))
  node.topics.grow(topic, count)
  node.layout.place(topic, now, replicas)
  return { name, errorMessage: null }
}

function findProblem(
  topic: Topic,
  { name, count, assignments }: Wanted,
  { node }: Call,
): [KafkaErrorName, string] | undefined {
  const now = topic.partitions.length
  if (count <= now)
    return [
      'INVALID_PARTITIONS',
      `The topic ${name} currently has ${now} partition(s); ${count} would not be an increase.`,
    ]
  if (!node.topics.hasRoomFor(count - now))
    return [
      'POLICY_VIOLATION',
      `The broker holds at most ${node.config.partitionsMax} partitions (partitionsMax).`,
    ]
  if (assignments === null) return undefined
  if (assignments.length !== count - now)
    return [
      'INVALID_REPLICA_ASSIGNMENT',
      `Increasing the number of partitions by ${count - now} but ${assignments.length} assignments provided.`,
    ]
  const [wrong] = assignments
    .map(({ brokerIds }) => assignmentProblem(brokerIds, node.layout))
    .filter(Boolean)
  return wrong === undefined ? undefined : ['INVALID_REPLICA_ASSIGNMENT', wrong]
}

function failed(name: string, error: KafkaErrorName, errorMessage: string | null): Result {
  return { name, errorCode: kafkaErrorCode(error), errorMessage }
}

/**
 * Metadata (3): nodes, topics, who leads each partition.
 *
 * Which topics: version 0 asks for all with an empty list; from version 1 on null means all and an empty list none; from
 * version 10 on answers carry topic ids, from version 12 on a topic may be asked for by id alone. A topic that is missing is made
 * where the broker is configured to and the request (from version 4 on) allows it.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { Topic } from '../topics/topics.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { clusterOperations, notAsked, topicOperations } from './authorized-operations.ts'
import { onCluster, rightTo } from './demand.ts'
import { refusalOf } from './refusal.ts'
import { describePartition } from './partition-description.ts'
import { findTopic, noTopicId } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.metadata>
type Response = DeepPartial<ResponseOf<typeof apis.metadata>>
type Wanted = NonNullable<Request['topics']>[number]
type TopicAnswer = NonNullable<Response['topics']>[number]

/** Before, a topic is asked for by name alone. */
const idsFromVersion = 12

export const metadataHandler = defineHandler({
  api: apis.metadata,
  handle(request, call): Response {
    const { topics } = request
    const everything = topics === null || (call.apiVersion === 0 && topics.length === 0)
    const answers = everything
      ? visibleTopics(call).map((topic) => describe(topic, request, call))
      : topics.map((wanted) => answerOne(wanted, request, call))
    return { ...cluster(request, call), topics: answers }
  },
  refuse(request, errorCode, call): Response {
    const topics = (request.topics ?? []).map(({ name, topicId }) => ({ errorCode, name, topicId }))
    return { ...cluster(request, call), topics, errorCode }
  },
})

/** Who asks for everything is shown what it may see. */
function visibleTopics(call: Call): Topic[] {
  return call.node.topics
    .all()
    .filter(({ name }) => refusalOf(call, rightTo('describe', 'topic', name)) === undefined)
}

function cluster(request: Request, call: Call): Response {
  const { node } = call
  return {
    brokers: call.endpoints(),
    clusterId: node.clusterId,
    controllerId: node.layout.controllerId,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? clusterOperations(call)
      : notAsked,
  }
}

function answerOne(wanted: Wanted, request: Request, call: Call): TopicAnswer {
  const { node } = call
  const named = call.apiVersion >= idsFromVersion || (wanted.name !== null && wanted.topicId === noTopicId)
  if (!named) return { name: wanted.name ?? '', errorCode: kafkaErrorCode('INVALID_REQUEST') }
  const found = findTopic(call, { name: wanted.name ?? '', topicId: wanted.topicId }, 'describe')
  if (found.kind === 'found') return describe(found.it, request, call)
  const failed = (error: KafkaErrorName): TopicAnswer => ({ ...wanted, errorCode: kafkaErrorCode(error) })
  if (found.error !== 'UNKNOWN_TOPIC_OR_PARTITION') return failed(found.error)
  const name = wanted.name ?? ''
  const problem = node.topics.nameProblem(name)
  if (problem !== undefined) return failed(problem.error)
  if (!node.config.autoCreateTopics || !request.allowAutoTopicCreation) return failed(found.error)
  return makeMissing(name, request, call)
}

function makeMissing(name: string, request: Request, call: Call): TopicAnswer {
  const { node } = call
  const partitions = node.config.defaultPartitions
  const mayAtLarge = refusalOf(call, onCluster('create')) === undefined
  const error = mayAtLarge ? undefined : refusalOf(call, rightTo('create', 'topic', name))
  if (error !== undefined) return { name, errorCode: kafkaErrorCode(error) }
  if (!node.topics.hasRoomFor(partitions))
    return { name, errorCode: kafkaErrorCode('UNKNOWN_TOPIC_OR_PARTITION') }
  node.logger.info('topic made because it was asked for', { topic: name, partitions })
  return describe(node.topics.create(name, partitions, new Map()), request, call)
}

function describe(topic: Topic, request: Request, call: Call): TopicAnswer {
  return {
    name: topic.name,
    topicId: topic.id,
    partitions: topic.partitions.map((_log, index) => describePartition(topic, index, call)),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations
      ? topicOperations(topic.name, call)
      : notAsked,
  }
}

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
import { findTopic } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.metadata>
type Response = DeepPartial<ResponseOf<typeof apis.metadata>>
type Wanted = NonNullable<Request['topics']>[number]
type TopicAnswer = NonNullable<Response['topics']>[number]

export const metadataHandler = defineHandler({
  api: apis.metadata,
  handle(request, call): Response {
    const { topics } = request
    const everything = topics === null || (call.apiVersion === 0 && topics.length === 0)
    const answers = everything
      ? call.node.topics.all().map((topic) => describe(topic, request, call))
      : topics.map((wanted) => answerOne(wanted, request, call))
    return { ...cluster(request, call), topics: answers }
  },
  refuse(request, errorCode, call): Response {
    const topics = (request.topics ?? []).map(({ name, topicId }) => ({ errorCode, name, topicId }))
    return { ...cluster(request, call), topics, errorCode }
  },
})

function cluster(request: Request, { node, endpoint }: Call): Response {
  const { nodeId } = node.config
  return {
    brokers: [{ nodeId, ...endpoint }],
    clusterId: node.clusterId,
    controllerId: nodeId,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations : notAsked,
  }
}

function answerOne(wanted: Wanted, request: Request, call: Call): TopicAnswer {
  const { node } = call
  const found = findTopic(node, { name: wanted.name ?? '', topicId: wanted.topicId })
  if (found.kind === 'found') return describe(found.it, request, call)
  const failed = (error: KafkaErrorName): TopicAnswer => ({ ...wanted, errorCode: kafkaErrorCode(error) })
  if (found.error === 'UNKNOWN_TOPIC_ID') return failed(found.error)
  const name = wanted.name ?? ''
  const problem = node.topics.nameProblem(name)
  if (problem !== undefined) return failed(problem.error)
  const partitions = node.config.defaultPartitions
  const mayMake = node.config.autoCreateTopics && request.allowAutoTopicCreation
  if (!mayMake || !node.topics.hasRoomFor(partitions)) return failed('UNKNOWN_TOPIC_OR_PARTITION')
  node.logger.info('topic made because it was asked for', { topic: name, partitions })
  return describe(node.topics.create(name, partitions, new Map()), request, call)
}

function describe(topic: Topic, request: Request, { node }: Call): TopicAnswer {
  const { nodeId } = node.config
  const nodes = [nodeId]
  return {
    name: topic.name,
    topicId: topic.id,
    partitions: topic.partitions.map((log, partitionIndex) => ({
      partitionIndex,
      leaderId: nodeId,
      leaderEpoch: log.leaderEpoch,
      replicaNodes: nodes,
      isrNodes: nodes,
    })),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations ? topicOperations : notAsked,
  }
}

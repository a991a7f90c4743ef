/**
 * CreateTopics (19). Count and replication factor −1 mean the broker's defaults; the answer says what was made from version 5 on, the
 * topic's id from version 7 on. A topic has as many replicas as there are nodes, at most; which nodes a request may say.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { NodeState } from '../node/node-state.ts'
import { checkTopicConfigs, topicConfigFacts } from '../topics/topic-configs.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { configSources } from './config-sources.ts'
import { onCluster, rightTo } from './demand.ts'
import { refusalOf } from './refusal.ts'
import { assignmentProblem } from './replica-assignment.ts'

type Request = RequestOf<typeof apis.createTopics>
type Response = DeepPartial<ResponseOf<typeof apis.createTopics>>
type NewTopic = Request['topics'][number]
type TopicAnswer = NonNullable<Response['topics']>[number]
interface Problem {
  readonly error: KafkaErrorName
  readonly message: string
}

export const createTopicsHandler = defineHandler({
  api: apis.createTopics,
  handle(request, call): Response {
    const names = request.topics.map(({ name }) => name)
    const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
    const answers = request.topics
      .filter(({ name }) => !repeated.has(name))
      .map((topic) => createOne(topic, request.validateOnly, call))
    const twice = [...repeated].map((name) =>
      failed(name, { error: 'INVALID_REQUEST', message: 'Duplicate topic name.' }),
    )
    return { topics: [...twice, ...answers] }
  },
  refuse: (request, errorCode): Response => ({
    topics: request.topics.map(({ name }) => ({ name, errorCode })),
  }),
})

function createOne(topic: NewTopic, validateOnly: boolean, call: Call): TopicAnswer {
  const { name } = topic
  const { node } = call
  if (mayNotCreate(name, call))
    return failed(name, { error: 'TOPIC_AUTHORIZATION_FAILED', message: 'Authorization failed.' })
  const assigned = topic.assignments.length
  const wanted = topic.numPartitions === -1 ? node.config.defaultPartitions : topic.numPartitions
  const partitions = assigned > 0 ? assigned : wanted
  const configs = new Map(topic.configs.map((config) => [config.name, config.value ?? '']))
  const problem = findProblem(topic, { partitions, configs }, node)
  if (problem !== undefined) return failed(name, problem)
  const replicas = replicasOf(topic, partitions, node)
  const made = validateOnly ? undefined : node.topics.create(name, partitions, configs)
  if (made !== undefined) {
    node.layout.place(made, 0, replicas)
    node.logger.info('topic made', { topic: name, partitions })
  }
  const shown = made?.configs ?? node.topics.configsOf(configs)
  return {
    name,
    ...(made === undefined ? {} : { topicId: made.id }),
    numPartitions: partitions,
    replicationFactor: replicas[0]?.length ?? 0,
    configs: Object.keys(topicConfigFacts).map((key) => ({
      name: key,
      value: shown.get(key),
      configSource: configSources[shown.sourceOf(key)],
    })),
  }
}

/** A right to make topics at large, or this one. */
function mayNotCreate(name: string, call: Call): boolean {
  if (refusalOf(call, onCluster('create')) === undefined) return false
  return refusalOf(call, rightTo('create', 'topic', name)) !== undefined
}

function replicasOf(
  topic: NewTopic,
  partitions: number,
  { layout }: NodeState,
): readonly (readonly number[])[] {
  const { assignments, replicationFactor, name } = topic
  if (assignments.length > 0)
    return assignments
      .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ brokerIds }) => brokerIds)
  const count = replicationFactor === -1 ? layout.replicationFactor : replicationFactor
  return Array.from({ length: partitions }, (_, partition) => layout.spread(name, partition, count))
}

function findProblem(
  topic: NewTopic,
  asked: { partitions: number; configs: ReadonlyMap<string, string> },
  node: NodeState,
): Problem | undefined {
  const nameProblem = node.topics.nameProblem(topic.name)
  if (nameProblem !== undefined) return nameProblem
  if (node.topics.get(topic.name) !== undefined)
    return { error: 'TOPIC_ALREADY_EXISTS', message: `Topic '${topic.name}' already exists.` }
  return findSizeProblem(topic, asked.partitions, node) ?? checkTopicConfigs(asked.configs)
}

function findSizeProblem(topic: NewTopic, partitions: number, node: NodeState): Problem | undefined {
  if (topic.assignments.length > 0) return findAssignmentProblem(topic, node)
  if (partitions < 1)
    return {
      error: 'INVALID_PARTITIONS',
      message: 'Number of partitions was set to an invalid non-positive value.',
    }
  if (topic.replicationFactor !== -1 && topic.replicationFactor < 1)
    return { error: 'INVALID_REPLICATION_FACTOR', message: 'Replication factor must be larger than 0.' }
  const nodes = node.layout.running().length
  if (topic.replicationFactor > nodes)
    return {
      error: 'INVALID_REPLICATION_FACTOR',
      message: `Unable to replicate the partition ${topic.replicationFactor} time(s): The target replication factor of ${topic.replicationFactor} cannot be reached because only ${nodes} broker(s) are registered.`,
    }
  return findRoomProblem(partitions, node)
}

function findAssignmentProblem(topic: NewTopic, node: NodeState): Problem | undefined {
  const indexes = topic.assignments.map(({ partitionIndex }) => partitionIndex).toSorted((a, b) => a - b)
  const consecutive = indexes.every((index, at) => index === at)
  if (topic.numPartitions !== -1 || topic.replicationFactor !== -1)
    return {
      error: 'INVALID_REQUEST',
      message:
        'A manual partition assignment was specified, but the number of partitions or replicas was not set to -1.',
    }
  if (!consecutive)
    return {
      error: 'INVALID_REPLICA_ASSIGNMENT',
      message: 'Partitions should be a consecutive 0-based integer sequence.',
    }
  for (const { brokerIds } of topic.assignments) {
    const message = assignmentProblem(brokerIds, node.layout)
    if (message !== undefined) return { error: 'INVALID_REPLICA_ASSIGNMENT', message }
  }
  return findRoomProblem(indexes.length, node)
}

function findRoomProblem(partitions: number, node: NodeState): Problem | undefined {
  if (node.topics.hasRoomFor(partitions)) return undefined
  return {
    error: 'POLICY_VIOLATION',
    message: `The broker is configured to hold at most ${node.config.partitionsMax} partitions (partitionsMax).`,
  }
}

function failed(name: string, { error, message }: Problem): TopicAnswer {
  return { name, errorCode: kafkaErrorCode(error), errorMessage: message, configs: null }
}

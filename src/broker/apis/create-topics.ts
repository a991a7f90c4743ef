/**
 * CreateTopics (19). Count and replication factor −1 mean the broker's defaults; the answer says what was made from version 5 on, the
 * topic's id from version 7 on. One node can hold one replica.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { NodeState } from '../node/node-state.ts'
import { checkTopicConfigs, TopicConfigs, topicConfigFacts } from '../topics/topic-configs.ts'
import { defineHandler } from './api-handler.ts'
import { configSources } from './config-sources.ts'

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
  handle(request, { node }): Response {
    const names = request.topics.map(({ name }) => name)
    const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
    const answers = request.topics
      .filter(({ name }) => !repeated.has(name))
      .map((topic) => createOne(topic, request.validateOnly, node))
    const twice = [...repeated].map((name) =>
      failed(name, { error: 'INVALID_REQUEST', message: 'Duplicate topic name.' }),
    )
    return { topics: [...twice, ...answers] }
  },
  refuse: (request, errorCode): Response => ({
    topics: request.topics.map(({ name }) => ({ name, errorCode })),
  }),
})

function createOne(topic: NewTopic, validateOnly: boolean, node: NodeState): TopicAnswer {
  const { name } = topic
  const assigned = topic.assignments.length
  const wanted = topic.numPartitions === -1 ? node.config.defaultPartitions : topic.numPartitions
  const partitions = assigned > 0 ? assigned : wanted
  const configs = new Map(topic.configs.map((config) => [config.name, config.value ?? '']))
  const problem = findProblem(topic, { partitions, configs }, node)
  if (problem !== undefined) return failed(name, problem)
  const made = validateOnly ? undefined : node.topics.create(name, partitions, configs)
  if (made !== undefined) node.logger.info('topic made', { topic: name, partitions })
  const shown = made?.configs ?? new TopicConfigs(configs)
  return {
    name,
    ...(made === undefined ? {} : { topicId: made.id }),
    numPartitions: partitions,
    replicationFactor: 1,
    configs: Object.keys(topicConfigFacts).map((key) => ({
      name: key,
      value: shown.get(key),
      configSource: shown.overrides.has(key) ? configSources.topic : configSources.default,
    })),
  }
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
  if (topic.replicationFactor > 1)
    return {
      error: 'INVALID_REPLICATION_FACTOR',
      message: `Unable to replicate the partition ${topic.replicationFactor} time(s): The target replication factor of ${topic.replicationFactor} cannot be reached because only 1 broker(s) are registered.`,
    }
  return findRoomProblem(partitions, node)
}

function findAssignmentProblem(topic: NewTopic, node: NodeState): Problem | undefined {
  const own = node.config.nodeId
  const indexes = topic.assignments.map(({ partitionIndex }) => partitionIndex).toSorted((a, b) => a - b)
  const consecutive = indexes.every((index, at) => index === at)
  const known = topic.assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === own)
  if (topic.numPartitions !== -1 || topic.replicationFactor !== -1)
    return {
      error: 'INVALID_REQUEST',
      message:
        'A manual partition assignment was specified, but the number of partitions or replicas was not set to -1.',
    }
  if (!consecutive || !known)
    return {
      error: 'INVALID_REPLICA_ASSIGNMENT',
      message: `Partitions must be numbered from 0 without gaps, each with broker ${own} as its only replica.`,
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

import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import { assignmentProblem } from '../cluster/replica-assignment.ts'
import { checkTopicConfigs } from '../topics/topic-configs.ts'
import type { Topic } from '../topics/topics.ts'
import type { NodeState } from './node-state.ts'

/** A topic as somebody wants it; −1 leaves a number to the broker. */
export interface TopicWish {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  /** Replicas written by hand; then both numbers are −1. */
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: ReadonlyMap<string, string>
}

export interface TopicProblem {
  readonly error: KafkaErrorName
  readonly message: string
}

interface TopicPlan {
  readonly name: string
  readonly configs: ReadonlyMap<string, string>
  /** Of each partition. */
  readonly replicas: readonly (readonly number[])[]
}

/** What would be made of a wish, or what is wrong with it. */
export function planTopic(wish: TopicWish, node: NodeState): TopicPlan | TopicProblem {
  const { name, assignments, numPartitions, configs } = wish
  const wanted = numPartitions === -1 ? node.config.defaultPartitions : numPartitions
  const partitions = assignments.length > 0 ? assignments.length : wanted
  const problem = findProblem(wish, partitions, node)
  return problem ?? { name, configs, replicas: replicasOf(wish, partitions, node) }
}

export function makeTopic({ name, configs, replicas }: TopicPlan, node: NodeState): Topic {
  const partitions = replicas.length
  const topic = node.topics.create(name, partitions, configs)
  node.layout.place(topic, 0, replicas)
  node.logger.info('topic made', { topic: name, partitions })
  return topic
}

function replicasOf(
  wish: TopicWish,
  partitions: number,
  { layout }: NodeState,
): readonly (readonly number[])[] {
  const { assignments, replicationFactor, name } = wish
  if (assignments.length > 0)
    return assignments
      .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ brokerIds }) => brokerIds)
  const count = replicationFactor === -1 ? layout.replicationFactor : replicationFactor
  return Array.from({ length: partitions }, (_, partition) => layout.spread(name, partition, count))
}

function findProblem(wish: TopicWish, partitions: number, node: NodeState): TopicProblem | undefined {
  const nameProblem = node.topics.nameProblem(wish.name)
  if (nameProblem !== undefined) return nameProblem
  if (node.topics.get(wish.name) !== undefined)
    return { error: 'TOPIC_ALREADY_EXISTS', message: `Topic '${wish.name}' already exists.` }
  return findSizeProblem(wish, partitions, node) ?? checkTopicConfigs(wish.configs)
}

function findSizeProblem(wish: TopicWish, partitions: number, node: NodeState): TopicProblem | undefined {
  if (wish.assignments.length > 0) return findAssignmentProblem(wish, node)
  if (partitions < 1)
    return {
      error: 'INVALID_PARTITIONS',
      message: 'Number of partitions was set to an invalid non-positive value.',
    }
  if (wish.replicationFactor !== -1 && wish.replicationFactor < 1)
    return { error: 'INVALID_REPLICATION_FACTOR', message: 'Replication factor must be larger than 0.' }
  const nodes = node.layout.running().length
  if (wish.replicationFactor > nodes)
    return {
      error: 'INVALID_REPLICATION_FACTOR',
      message: `Unable to replicate the partition ${wish.replicationFactor} time(s): The target replication factor of ${wish.replicationFactor} cannot be reached because only ${nodes} broker(s) are registered.`,
    }
  return findRoomProblem(partitions, node)
}

function findAssignmentProblem(wish: TopicWish, node: NodeState): TopicProblem | undefined {
  const indexes = wish.assignments.map(({ partitionIndex }) => partitionIndex).toSorted((a, b) => a - b)
  const consecutive = indexes.every((index, at) => index === at)
  if (wish.numPartitions !== -1 || wish.replicationFactor !== -1)
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
  for (const { brokerIds } of wish.assignments) {
    const message = assignmentProblem(brokerIds, node.layout)
    if (message !== undefined) return { error: 'INVALID_REPLICA_ASSIGNMENT', message }
  }
  return findRoomProblem(indexes.length, node)
}

function findRoomProblem(partitions: number, node: NodeState): TopicProblem | undefined {
  if (node.topics.hasRoomFor(partitions)) return undefined
  return {
    error: 'POLICY_VIOLATION',
    message: `The broker is configured to hold at most ${node.config.partitionsMax} partitions (partitionsMax).`,
  }
}

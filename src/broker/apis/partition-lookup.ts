import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { AclOperation } from '../security/acls.ts'
import type { Topic } from '../topics/topics.ts'
import type { Call } from './api-handler.ts'
import { rightTo } from './demand.ts'
import { refusalOf } from './refusal.ts'

export const noTopicId = '0'.repeat(32)

export type Found<T> =
  | { readonly kind: 'found'; readonly it: T }
  | { readonly kind: 'missing'; readonly error: KafkaErrorName }

/** A topic by name, or by id in the versions whose requests have ids instead; not for who may not do this with it. */
export function findTopic(
  call: Call,
  wanted: { readonly name: string; readonly topicId?: string },
  operation: AclOperation,
): Found<Topic> {
  const { name, topicId = noTopicId } = wanted
  const { topics } = call.node
  const topic = topicId === noTopicId ? topics.get(name) : topics.byId(topicId)
  if (topic === undefined && topicId !== noTopicId) return missing('UNKNOWN_TOPIC_ID')
  // A name is refused whether it is there or not, so that nobody learns which.
  const refused = refusalOf(call, rightTo(operation, 'topic', topic?.name ?? name))
  if (refused !== undefined) return missing(refused)
  return topic === undefined ? missing('UNKNOWN_TOPIC_OR_PARTITION') : { kind: 'found', it: topic }
}

/** A partition's log, whichever node leads it. */
export function findPartition(topic: Found<Topic>, partition: number): Found<PartitionLog> {
  if (topic.kind === 'missing') return topic
  const log = topic.it.partitions[partition]
  return log === undefined ? missing('UNKNOWN_TOPIC_OR_PARTITION') : { kind: 'found', it: log }
}

/**
 * A partition's log, if this node leads it and the caller agrees on the leader's epoch.
 *
 * @param leaderEpoch - what the caller believes; −1 where it has no belief
 */
export function findLed(
  topic: Found<Topic>,
  partition: number,
  { node, nodeId }: Call,
  leaderEpoch = -1,
): Found<PartitionLog> {
  const found = findPartition(topic, partition)
  if (topic.kind === 'missing' || found.kind === 'missing') return found
  const { replicas, leaderId } = node.layout.placementOf(topic.it, partition)
  if (!replicas.includes(nodeId)) return missing('NOT_LEADER_OR_FOLLOWER')
  if (leaderEpoch >= 0 && leaderEpoch < found.it.leaderEpoch) return missing('FENCED_LEADER_EPOCH')
  if (leaderEpoch > found.it.leaderEpoch) return missing('UNKNOWN_LEADER_EPOCH')
  return leaderId === nodeId ? found : missing('NOT_LEADER_OR_FOLLOWER')
}

function missing(error: KafkaErrorName): { kind: 'missing'; error: KafkaErrorName } {
  return { kind: 'missing', error }
}

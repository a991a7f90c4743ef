import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { NodeState } from '../node/node-state.ts'
import type { Topic } from '../topics/topics.ts'

const zeroUuid = '0'.repeat(32)

export type Found<T> =
  | { readonly kind: 'found'; readonly it: T }
  | { readonly kind: 'missing'; readonly error: KafkaErrorName }

/** A topic by name, or by id in the versions whose requests have ids instead. */
export function findTopic(
  node: NodeState,
  wanted: { readonly name: string; readonly topicId: string },
): Found<Topic> {
  if (wanted.topicId !== zeroUuid) {
    const byId = node.topics.byId(wanted.topicId)
    return byId === undefined ? missing('UNKNOWN_TOPIC_ID') : { kind: 'found', it: byId }
  }
  const byName = node.topics.get(wanted.name)
  return byName === undefined ? missing('UNKNOWN_TOPIC_OR_PARTITION') : { kind: 'found', it: byName }
}

/**
 * A partition's log, if the caller and this node agree on its leader's epoch.
 *
 * @param leaderEpoch - what the caller believes; −1 where it has no belief
 */
export function findPartition(topic: Found<Topic>, partition: number, leaderEpoch = -1): Found<PartitionLog> {
  if (topic.kind === 'missing') return topic
  const log = topic.it.partitions[partition]
  if (log === undefined) return missing('UNKNOWN_TOPIC_OR_PARTITION')
  if (leaderEpoch >= 0 && leaderEpoch < log.leaderEpoch) return missing('FENCED_LEADER_EPOCH')
  if (leaderEpoch > log.leaderEpoch) return missing('UNKNOWN_LEADER_EPOCH')
  return { kind: 'found', it: log }
}

function missing(error: KafkaErrorName): { kind: 'missing'; error: KafkaErrorName } {
  return { kind: 'missing', error }
}

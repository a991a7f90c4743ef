import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { GroupOffsetEntry } from '../groups/group-offsets.ts'
import { partitionKeyOf } from '../groups/server-assignors.ts'
import type { NodeState } from '../node/node-state.ts'
import type { Topic } from '../topics/topics.ts'
import { findPartition, type Found } from './partition-lookup.ts'

/** One partition's offset, as OffsetCommit and TxnOffsetCommit bring it. */
interface OffsetWish {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}

/** Why this one offset cannot be taken. */
export function commitErrorOf(topic: Found<Topic>, wish: OffsetWish, node: NodeState): KafkaErrorName {
  const found = findPartition(topic, wish.partitionIndex)
  if (found.kind === 'missing') return found.error
  const metadataBytes = Buffer.byteLength(wish.committedMetadata ?? '')
  return metadataBytes > node.config.offsetMetadataBytesMax ? 'OFFSET_METADATA_TOO_LARGE' : 'NONE'
}

export function offsetEntry(topic: Topic, wish: OffsetWish, node: NodeState): GroupOffsetEntry {
  return {
    topic: topic.name,
    partition: wish.partitionIndex,
    offset: wish.committedOffset,
    leaderEpoch: wish.committedLeaderEpoch,
    metadata: wish.committedMetadata ?? '',
    committedAtMs: node.clock.nowMs(),
  }
}

/** What a commit speaks of, as far as it is there: partitions as `topicId:partition`. */
export function committedPartitions(
  topics: readonly {
    readonly name: string
    readonly topicId?: string
    readonly partitions: readonly OffsetWish[]
  }[],
  node: NodeState,
): string[] {
  return topics.flatMap(({ name, topicId = '', partitions }) => {
    const id = (node.topics.get(name) ?? node.topics.byId(topicId))?.id
    return id === undefined ? [] : partitions.map(({ partitionIndex }) => partitionKeyOf(id, partitionIndex))
  })
}

import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { nobody } from '../cluster/layout.ts'
import type { Topic } from '../topics/topics.ts'
import type { Call } from './api-handler.ts'

/** A partition with its leader and replicas, as Metadata and DescribeTopicPartitions show it. */
export function describePartition(topic: Topic, partitionIndex: number, { node }: Call) {
  const placement = node.layout.placementOf(topic, partitionIndex)
  const isrNodes = node.layout.inSync(placement)
  return {
    errorCode: kafkaErrorCode(placement.leaderId === nobody ? 'LEADER_NOT_AVAILABLE' : 'NONE'),
    partitionIndex,
    leaderId: placement.leaderId,
    leaderEpoch: topic.partitions[partitionIndex]?.leaderEpoch ?? -1,
    replicaNodes: placement.replicas,
    isrNodes,
    offlineReplicas: placement.replicas.filter((nodeId) => !isrNodes.includes(nodeId)),
  }
}

/**
 * Every Kafka API that Weft speaks, by its name with a small first letter. Versions reach down to what Apache Kafka 3.9
 * knew, for older clients and brokers, and up to the newest stable one of 4.3.
 */
import type { Api } from './api.ts'
import {
  alterClientQuotas,
  alterPartitionReassignments,
  describeClientQuotas,
  alterReplicaLogDirs,
  describeLogDirs,
  electLeaders,
  listPartitionReassignments,
  updateFeatures,
} from './messages/administration.ts'
import {
  apiVersions,
  describeCluster,
  findCoordinator,
  metadata,
  saslAuthenticate,
  saslHandshake,
} from './messages/cluster.ts'
import { consumerGroupDescribe, consumerGroupHeartbeat } from './messages/consumer-groups.ts'
import {
  deleteGroups,
  describeGroups,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  syncGroup,
} from './messages/groups.ts'
import { offsetCommit, offsetDelete, offsetFetch, txnOffsetCommit } from './messages/offsets.ts'
import { deleteRecords, fetch, listOffsets, offsetForLeaderEpoch, produce } from './messages/records.ts'
import {
  alterUserScramCredentials,
  createAcls,
  deleteAcls,
  describeAcls,
  describeUserScramCredentials,
} from './messages/security.ts'
import {
  alterConfigs,
  createPartitions,
  createTopics,
  deleteTopics,
  describeConfigs,
  describeTopicPartitions,
  incrementalAlterConfigs,
  listConfigResources,
} from './messages/topics.ts'
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  describeProducers,
  describeTransactions,
  endTxn,
  initProducerId,
  listTransactions,
  writeTxnMarkers,
} from './messages/transactions.ts'

export const apis = Object.freeze({
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  saslHandshake,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  addPartitionsToTxn,
  addOffsetsToTxn,
  endTxn,
  writeTxnMarkers,
  txnOffsetCommit,
  describeAcls,
  createAcls,
  deleteAcls,
  describeConfigs,
  alterConfigs,
  saslAuthenticate,
  createPartitions,
  deleteGroups,
  electLeaders,
  incrementalAlterConfigs,
  alterPartitionReassignments,
  listPartitionReassignments,
  offsetDelete,
  describeClientQuotas,
  alterReplicaLogDirs,
  describeLogDirs,
  alterClientQuotas,
  describeUserScramCredentials,
  alterUserScramCredentials,
  updateFeatures,
  describeCluster,
  describeProducers,
  describeTransactions,
  listTransactions,
  consumerGroupHeartbeat,
  consumerGroupDescribe,
  listConfigResources,
  describeTopicPartitions,
})

/** A decoded request: `RequestOf<typeof apis.fetch>`. */
export type RequestOf<A> = A extends Api<infer Request> ? Request : never

/** A decoded response: `ResponseOf<typeof apis.fetch>`. */
export type ResponseOf<A> = A extends Api<infer _Request, infer Response> ? Response : never

const byKey: ReadonlyMap<number, Api> = new Map(Object.values(apis).map((api) => [api.key, api as Api]))

/** The API with this number, or undefined where Weft does not speak it. */
export function apiByKey(key: number): Api | undefined {
  return byKey.get(key)
}

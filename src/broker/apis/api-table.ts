import { addOffsetsToTxnHandler } from './add-offsets-to-txn.ts'
import { addPartitionsToTxnHandler } from './add-partitions-to-txn.ts'
import { alterClientQuotasHandler } from './alter-client-quotas.ts'
import { alterConfigsHandler } from './alter-configs.ts'
import { alterPartitionReassignmentsHandler } from './alter-partition-reassignments.ts'
import { alterUserScramCredentialsHandler } from './alter-user-scram-credentials.ts'
import type { AnyHandler, SupportedApi } from './api-handler.ts'
import { apiVersionsHandler } from './api-versions.ts'
import { consumerGroupDescribeHandler } from './consumer-group-describe.ts'
import { consumerGroupHeartbeatHandler } from './consumer-group-heartbeat.ts'
import { createAclsHandler } from './create-acls.ts'
import { createPartitionsHandler } from './create-partitions.ts'
import { createTopicsHandler } from './create-topics.ts'
import { deleteAclsHandler } from './delete-acls.ts'
import { deleteGroupsHandler } from './delete-groups.ts'
import { deleteRecordsHandler } from './delete-records.ts'
import { deleteTopicsHandler } from './delete-topics.ts'
import { describeAclsHandler } from './describe-acls.ts'
import { describeClientQuotasHandler } from './describe-client-quotas.ts'
import { describeClusterHandler } from './describe-cluster.ts'
import { describeConfigsHandler } from './describe-configs.ts'
import { describeGroupsHandler } from './describe-groups.ts'
import { alterReplicaLogDirsHandler } from './alter-replica-log-dirs.ts'
import { describeLogDirsHandler } from './describe-log-dirs.ts'
import { describeProducersHandler } from './describe-producers.ts'
import { describeTopicPartitionsHandler } from './describe-topic-partitions.ts'
import { describeTransactionsHandler } from './describe-transactions.ts'
import { describeUserScramCredentialsHandler } from './describe-user-scram-credentials.ts'
import { electLeadersHandler } from './elect-leaders.ts'
import { endTxnHandler } from './end-txn.ts'
import { fetchHandler } from './fetch.ts'
import { findCoordinatorHandler } from './find-coordinator.ts'
import { heartbeatHandler } from './heartbeat.ts'
import { incrementalAlterConfigsHandler } from './incremental-alter-configs.ts'
import { initProducerIdHandler } from './init-producer-id.ts'
import { joinGroupHandler } from './join-group.ts'
import { leaveGroupHandler } from './leave-group.ts'
import { listConfigResourcesHandler } from './list-config-resources.ts'
import { listGroupsHandler } from './list-groups.ts'
import { listOffsetsHandler } from './list-offsets.ts'
import { listPartitionReassignmentsHandler } from './list-partition-reassignments.ts'
import { listTransactionsHandler } from './list-transactions.ts'
import { metadataHandler } from './metadata.ts'
import { offsetCommitHandler } from './offset-commit.ts'
import { offsetDeleteHandler } from './offset-delete.ts'
import { offsetFetchHandler } from './offset-fetch.ts'
import { offsetForLeaderEpochHandler } from './offset-for-leader-epoch.ts'
import { produceHandler } from './produce.ts'
import { saslAuthenticateHandler } from './sasl-authenticate.ts'
import { saslHandshakeHandler } from './sasl-handshake.ts'
import { syncGroupHandler } from './sync-group.ts'
import { txnOffsetCommitHandler } from './txn-offset-commit.ts'
import { updateFeaturesHandler } from './update-features.ts'
import { writeTxnMarkersHandler } from './write-txn-markers.ts'

const handlers: readonly AnyHandler[] = [
  addOffsetsToTxnHandler,
  addPartitionsToTxnHandler,
  alterClientQuotasHandler,
  alterConfigsHandler,
  alterPartitionReassignmentsHandler,
  alterUserScramCredentialsHandler,
  apiVersionsHandler,
  consumerGroupDescribeHandler,
  consumerGroupHeartbeatHandler,
  createAclsHandler,
  createPartitionsHandler,
  createTopicsHandler,
  deleteAclsHandler,
  deleteGroupsHandler,
  deleteRecordsHandler,
  deleteTopicsHandler,
  describeAclsHandler,
  describeClientQuotasHandler,
  describeClusterHandler,
  describeConfigsHandler,
  describeGroupsHandler,
  alterReplicaLogDirsHandler,
  describeLogDirsHandler,
  describeProducersHandler,
  describeTopicPartitionsHandler,
  describeTransactionsHandler,
  describeUserScramCredentialsHandler,
  electLeadersHandler,
  endTxnHandler,
  fetchHandler,
  findCoordinatorHandler,
  heartbeatHandler,
  incrementalAlterConfigsHandler,
  initProducerIdHandler,
  joinGroupHandler,
  leaveGroupHandler,
  listConfigResourcesHandler,
  listGroupsHandler,
  listOffsetsHandler,
  listPartitionReassignmentsHandler,
  listTransactionsHandler,
  metadataHandler,
  offsetCommitHandler,
  offsetDeleteHandler,
  offsetFetchHandler,
  offsetForLeaderEpochHandler,
  produceHandler,
  saslAuthenticateHandler,
  saslHandshakeHandler,
  syncGroupHandler,
  txnOffsetCommitHandler,
  updateFeaturesHandler,
  writeTxnMarkersHandler,
]

const byKey: ReadonlyMap<number, AnyHandler> = new Map(handlers.map((handler) => [handler.api.key, handler]))

export function handlerByKey(key: number): AnyHandler | undefined {
  return byKey.get(key)
}

/** What ApiVersions says, in the order of the keys. */
export const supportedApis: readonly SupportedApi[] = handlers
  .map(({ api, minVersion, maxVersion, advertisedMinVersion }) => ({
    key: api.key,
    name: api.name,
    minVersion: advertisedMinVersion ?? minVersion ?? api.minVersion,
    maxVersion: maxVersion ?? api.maxVersion,
  }))
  .toSorted((a, b) => a.key - b.key)

import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Random } from '../../base/random.ts'
import { brokerDefaults, type BrokerConfig, type BrokerOptions } from '../broker-config.ts'
import { Features } from '../cluster/features.ts'
import { Layout } from '../cluster/layout.ts'
import { GroupCoordinator } from '../groups/group-coordinator.ts'
import { MemoryBudget } from '../log/memory-budget.ts'
import { Authorizer } from '../security/authorizer.ts'
import { Users } from '../security/users.ts'
import { Topics } from '../topics/topics.ts'
import {
  TransactionCoordinator,
  type MarkerTarget,
  type TransactionMarker,
} from '../transactions/transaction-coordinator.ts'
import { dashed, randomClusterId, randomUuid } from './ids.ts'
import { appendTransactionMarker } from './transaction-markers.ts'

const replicasUsual = 3
/** Of the one coordinator there is. */
const coordinatorEpoch = 0

/** All that the nodes of a cluster keep and work with, together. APIs read and change it; it knows nothing of connections. */
export interface NodeState {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly layout: Layout
  readonly features: Features
  readonly authorizer: Authorizer
  readonly users: Users
  readonly topics: Topics
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly budget: MemoryBudget
  newProducerId(): number
}

export function createNodeState(options: BrokerOptions): NodeState {
  const { clock, random, logger } = options
  const config: BrokerConfig = { ...brokerDefaults, ...options }
  const budget = new MemoryBudget(config.memoryBytesMax)
  const topics = new Topics({
    log: { segmentBytes: config.segmentBytes, producerExpirationMs: config.producerExpirationMs, budget },
    partitionsMax: config.partitionsMax,
    newTopicId: () => randomUuid(random),
  })
  const groups = createGroups(config, options, topics)
  let producerIds = 0
  const newProducerId = (): number => producerIds++
  const { min, max } = config.transactionMarkerDelayMs
  const transactions = new TransactionCoordinator({
    clock,
    logger,
    timeoutMaxMs: config.transactionTimeoutMaxMs,
    idsMax: config.transactionalIdsMax,
    newProducerId,
    markerDelayMs: () => (max > min ? min + random.below(max - min + 1) : min),
    land: (target, marker) => land(target, marker, { topics, groups, clock }),
  })
  return {
    config,
    clusterId: config.clusterId ?? randomClusterId(random),
    clock,
    random,
    logger,
    layout: createLayout(config),
    features: new Features({
      'group.version': config.groupVersion,
      'transaction.version': config.transactionVersion,
    }),
    authorizer: createAuthorizer(config),
    users: new Users({ passwords: config.users, usersMax: config.usersMax }),
    topics,
    groups,
    transactions,
    budget,
    newProducerId,
  }
}

function createLayout(config: BrokerConfig): Layout {
  return new Layout({
    nodeIds: Array.from({ length: config.nodes }, (_, index) => config.nodeId + index),
    replicationFactor: config.defaultReplicationFactor ?? Math.min(config.nodes, replicasUsual),
  })
}

function createAuthorizer(config: BrokerConfig): Authorizer {
  return new Authorizer({
    superUsers: config.superUsers,
    openWithoutAcls: config.allowEveryoneIfNoAclFound,
    aclsMax: config.aclsMax,
  })
}

function createGroups(
  config: BrokerConfig,
  { clock, random, logger }: BrokerOptions,
  topics: Topics,
): GroupCoordinator {
  const classic = {
    clock,
    logger,
    initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
    sizeMax: config.groupSizeMax,
    newMemberId: (prefix: string) => `${prefix}-${dashed(randomUuid(random))}`,
  }
  const consumer = {
    clock,
    logger,
    sizeMax: config.groupSizeMax,
    sessionTimeoutMs: config.consumerGroupSessionTimeoutMs,
    newMemberId: () => dashed(randomUuid(random)),
    topicsNamed: (names: ReadonlySet<string>) =>
      [...names].toSorted().flatMap((name) => {
        const topic = topics.get(name)
        return topic === undefined ? [] : [{ id: topic.id, name, partitions: topic.partitions.length }]
      }),
  }
  return new GroupCoordinator({ classic, consumer, groupsMax: config.groupsMax })
}

/** A marker has come where it was sent. */
function land(
  target: MarkerTarget,
  marker: TransactionMarker,
  { topics, groups, clock }: Pick<NodeState, 'topics' | 'groups' | 'clock'>,
): void {
  if (target.kind === 'group') {
    groups.get(target.groupId)?.offsets.settle(marker.producerId, marker.outcome)
    return
  }
  const log = topics.partition(target.partition.topic, target.partition.partition)
  if (log !== undefined) appendTransactionMarker(log, { ...marker, coordinatorEpoch }, clock.nowMs())
}

import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Random } from '../../base/random.ts'
import { FetchSessions } from '../apis/fetch-sessions.ts'
import { brokerDefaults, type BrokerConfig, type BrokerOptions } from '../broker-config.ts'
import { Features } from '../cluster/features.ts'
import { Layout } from '../cluster/layout.ts'
import { GroupCoordinator } from '../groups/group-coordinator.ts'
import { OffsetRetention } from '../groups/offset-retention.ts'
import { Housekeeping } from '../log/housekeeping.ts'
import type { MemoryBudget } from '../log/memory-budget.ts'
import type { StateKeeper } from '../log/state-log.ts'
import { openStorage, type BrokerStorage } from '../log/storage.ts'
import { Authorizer } from '../security/authorizer.ts'
import { Users } from '../security/users.ts'
import { Topics } from '../topics/topics.ts'
import { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'
import { recoverClusterId } from './cluster-id.ts'
import { dashed, randomUuid } from './ids.ts'
import { landMarker } from './marker-landing.ts'
import { ProducerIds } from './producer-ids.ts'

const replicasUsual = 3

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
  readonly storage: BrokerStorage
  readonly fetchSessions: FetchSessions
  newProducerId(): number
  /** Ends its logs and gives its data folder free. */
  close(): void
}

export function createNodeState(options: BrokerOptions): NodeState {
  const { clock, logger, disk } = options
  const config: BrokerConfig = { ...brokerDefaults, ...options }
  const storage = openStorage(config, { clock, logger, disk })
  try {
    return buildNode(options, config, storage)
  } catch (error) {
    storage.close()
    throw error
  }
}

function buildNode(options: BrokerOptions, config: BrokerConfig, storage: BrokerStorage): NodeState {
  const { clock, random, logger } = options
  const { state, budget } = storage
  const topics = createTopics(config, options, storage)
  const groups = createGroups(config, options, { topics, state })
  const producerIds = new ProducerIds(state)
  const newProducerId = (): number => producerIds.next()
  const transactions = new TransactionCoordinator({
    clock,
    logger,
    state,
    timeoutMaxMs: config.transactionTimeoutMaxMs,
    idsMax: config.transactionalIdsMax,
    newProducerId,
    markerDelayMs: () => markerDelayMs(config, random),
    land: (target, marker) => landMarker(target, marker, { topics, groups, clock, logger }),
  })
  const fetchSessions = new FetchSessions({
    clock,
    random,
    sessionsMax: config.fetchSessionsMax,
    evictionMs: config.fetchSessionEvictionMs,
  })
  topics.recover()
  groups.recover()
  transactions.recover()
  const rules = createRules(config, state)
  const clusterId = recoverClusterId(state, config.clusterId, random)
  storage.recovered(topics.all())
  const carers = createCarers(config, options, { storage, topics, groups })
  const close = (): void => {
    for (const carer of carers) carer.close()
    topics.close()
    storage.close()
  }
  return {
    config,
    clusterId,
    clock,
    random,
    logger,
    layout: createLayout(config),
    ...rules,
    topics,
    groups,
    transactions,
    budget,
    storage,
    fetchSessions,
    newProducerId,
    close,
  }
}

function createTopics(
  config: BrokerConfig,
  { clock, random, logger }: BrokerOptions,
  storage: BrokerStorage,
): Topics {
  return new Topics({
    clock,
    logger,
    storage,
    state: storage.state,
    producerExpirationMs: config.producerExpirationMs,
    defaults: config.topicDefaults,
    partitionsMax: config.partitionsMax,
    newTopicId: () => randomUuid(random),
  })
}

/** What goes on in the broker's own time. */
function createCarers(
  config: BrokerConfig,
  { clock, logger }: BrokerOptions,
  { storage, topics, groups }: Pick<NodeState, 'storage' | 'topics' | 'groups'>,
): readonly { close(): void }[] {
  return [
    new Housekeeping({
      clock,
      logger,
      logs: () => [...storage.logs, ...topics.all().flatMap(({ partitions }) => partitions)],
      retentionCheckMs: config.retentionCheckMs,
      compactionRestMs: config.compactionRestMs,
      keyBytesMax: config.compactionBytesMax,
    }),
    new OffsetRetention({
      clock,
      logger,
      groups,
      retentionMs: config.offsetsRetentionMs,
      checkMs: config.offsetsRetentionCheckMs,
    }),
  ]
}

function markerDelayMs({ transactionMarkerDelayMs: { min, max } }: BrokerConfig, random: Random): number {
  return max > min ? min + random.below(max - min + 1) : min
}

function createLayout(config: BrokerConfig): Layout {
  return new Layout({
    nodeIds: Array.from({ length: config.nodes }, (_, index) => config.nodeId + index),
    replicationFactor: config.defaultReplicationFactor ?? Math.min(config.nodes, replicasUsual),
  })
}

/** What administrators change while the broker runs: levels, rights, credentials. */
function createRules(
  config: BrokerConfig,
  state: StateKeeper,
): Pick<NodeState, 'features' | 'authorizer' | 'users'> {
  const { groupVersion, transactionVersion, superUsers, aclsMax, users, usersMax } = config
  const levels = { 'group.version': groupVersion, 'transaction.version': transactionVersion }
  return {
    features: new Features(levels, state),
    authorizer: new Authorizer({
      superUsers,
      openWithoutAcls: config.allowEveryoneIfNoAclFound,
      aclsMax,
      state,
    }),
    users: new Users({ passwords: users, usersMax, state }),
  }
}

function createGroups(
  config: BrokerConfig,
  { clock, random, logger }: BrokerOptions,
  { topics, state }: { readonly topics: Topics; readonly state: StateKeeper },
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
  return new GroupCoordinator({ classic, consumer, groupsMax: config.groupsMax, state })
}

import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Random } from '../../base/random.ts'
import { controlBatch } from '../../protocol/record-batch-writer.ts'
import { brokerDefaults, type BrokerConfig, type BrokerOptions } from '../broker-config.ts'
import { GroupCoordinator } from '../groups/group-coordinator.ts'
import { MemoryBudget } from '../log/memory-budget.ts'
import { Topics } from '../topics/topics.ts'
import {
  TransactionCoordinator,
  type MarkerTarget,
  type TransactionMarker,
} from '../transactions/transaction-coordinator.ts'
import { dashed, randomClusterId, randomUuid } from './ids.ts'

/** Of the one coordinator there is. */
const coordinatorEpoch = 0

/** All that a node keeps and works with. APIs read and change it; it knows nothing of connections. */
export interface NodeState {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
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
  const groupSettings = {
    clock,
    logger,
    initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
    sizeMax: config.groupSizeMax,
    newMemberId: (prefix: string) => `${prefix}-${dashed(randomUuid(random))}`,
  }
  const groups = new GroupCoordinator(groupSettings, config.groupsMax)
  let producerIds = 0
  const newProducerId = (): number => producerIds++
  const land = (target: MarkerTarget, marker: TransactionMarker): void => {
    if (target.kind === 'group') {
      groups.get(target.groupId)?.offsets.settle(marker.producerId, marker.outcome)
      return
    }
    const log = topics.partition(target.partition.topic, target.partition.partition)
    const timestampMs = clock.nowMs()
    const facts = {
      ...marker,
      kind: marker.outcome,
      coordinatorEpoch,
      timestampMs,
      baseOffset: 0,
      leaderEpoch: 0,
    }
    log?.appendMarker({ ...marker, bytes: controlBatch(facts), coordinatorEpoch }, timestampMs)
  }
  const { min, max } = config.transactionMarkerDelayMs
  const transactions = new TransactionCoordinator({
    clock,
    logger,
    timeoutMaxMs: config.transactionTimeoutMaxMs,
    idsMax: config.transactionalIdsMax,
    newProducerId,
    markerDelayMs: () => (max > min ? min + random.below(max - min + 1) : min),
    land,
  })
  const clusterId = config.clusterId ?? randomClusterId(random)
  return { config, clusterId, clock, random, logger, topics, groups, transactions, budget, newProducerId }
}

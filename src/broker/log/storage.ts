import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { BrokerConfig } from '../broker-config.ts'
import { TopicConfigs } from '../topics/topic-configs.ts'
import { DataFolder } from './data-folder.ts'
import type { Disk } from './disk.ts'
import { keepAll, type LogSettings } from './log-settings.ts'
import { MemoryBudget } from './memory-budget.ts'
import { MemoryStorage } from './memory-bytes.ts'
import { NodeDisk } from './node-disk.ts'
import { PartitionLog } from './partition-log.ts'
import type { LogStorage } from './segment-bytes.ts'
import { noState, StateLog, type StateKeeper } from './state-log.ts'

/** Where a broker keeps what it keeps: in memory, or in a data folder. */
export interface BrokerStorage {
  /** Of what is in memory. */
  readonly budget: MemoryBudget
  readonly state: StateKeeper
  /** Logs of its own that need care. */
  readonly logs: readonly PartitionLog[]
  /** Where it is, and how much it can hold. */
  room(): { readonly name: string; readonly totalBytes: number; readonly usableBytes: number }
  partitionStorage(topic: TopicIdentity, partition: number): LogStorage
  deleteTopic(topic: TopicIdentity): void
  /** What was there has been taken over; what belongs to no topic goes. */
  recovered(topics: readonly TopicIdentity[]): void
  close(): void
}

interface TopicIdentity {
  readonly name: string
  readonly id: string
}

interface Surroundings {
  readonly clock: Clock
  readonly logger: Logger
  /** The machine's own, unless given. */
  readonly disk: Disk | undefined
}

/** Of what the broker knows beside records: small, so that compaction has sealed segments to work on. */
const stateSegmentBytes = 1_048_576

/** @throws StreamError `DATA_FOLDER_LOCKED`, `DATA_FOLDER_VERSION`, `DATA_FOLDER_CORRUPT`, `DATA_FOLDER_UNUSABLE`, `DISK_FULL` */
export function openStorage(config: BrokerConfig, surroundings: Surroundings): BrokerStorage {
  const budget = new MemoryBudget(config.memoryBytesMax)
  if (config.dataFolder === undefined) return memoryStorage(config.segmentBytes, budget)
  const folder = new DataFolder(config.dataFolder, surroundings.disk ?? new NodeDisk(config.openFilesMax))
  try {
    const { clock, logger } = surroundings
    const { flushMessages, flushMs } = new TopicConfigs(new Map(), config.topicDefaults).effective
    const settings: LogSettings = {
      ...keepAll,
      segmentBytes: stateSegmentBytes,
      flushMessages,
      flushMs,
      compacted: true,
    }
    const log = new PartitionLog({
      storage: folder.stateStorage,
      settings: () => settings,
      producerExpirationMs: config.producerExpirationMs,
      logger,
      name: 'state',
      clock,
    })
    const state = new StateLog(log, clock)
    return {
      budget,
      state,
      logs: [log],
      room: () => folder.room(),
      partitionStorage: (topic, partition) => folder.partitionStorage(topic, partition),
      deleteTopic: (topic) => folder.deleteTopic(topic),
      recovered(topics) {
        state.forgetRecovered()
        folder.keepOnly(topics)
      },
      close() {
        log.close()
        folder.release()
      },
    }
  } catch (error) {
    folder.release()
    throw error
  }
}

function memoryStorage(segmentBytes: number, budget: MemoryBudget): BrokerStorage {
  return {
    budget,
    state: noState,
    logs: [],
    room: () => ({
      name: 'memory',
      totalBytes: budget.maxBytes,
      usableBytes: Math.max(0, budget.maxBytes - budget.usedBytes),
    }),
    partitionStorage: () => new MemoryStorage(segmentBytes, budget),
    deleteTopic: () => {},
    recovered: () => {},
    close: () => {},
  }
}

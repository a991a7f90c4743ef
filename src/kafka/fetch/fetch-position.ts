import { partitionKey, type FetchedPartition, type TopicPartition } from '../contracts.ts'

/** Fetched parts of one partition that nobody has taken yet; beyond it the partition is not asked for. */
export const waitingPerPartitionMax = 2

/** Where one partition stands: what to ask for next, and what keeps it from being asked for. */
export class FetchPosition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly key: string
  /** The offset that the next request asks for. */
  offset: number
  paused = false
  /** Nothing more is asked for until it is sought or assigned anew. */
  stopped = false
  /** Changes when the position is set: what was asked for before is not wanted any more. */
  era = 0
  waitingCount = 0
  /** The topic's id when it was first asked for: another one is another log. */
  topicId: string | undefined
  /** Leader epoch of the last batch read, and up to which leader epoch the position is known to be in the log; −1: none. */
  lastEpoch = -1
  checkedEpoch = -1
  /** Failures since the last success, when they began, and when to try again; by the monotonic clock. */
  failureCount = 0
  failingSinceMs = 0
  retryAtMs = 0

  constructor(partition: TopicPartition, offset: number) {
    this.topic = partition.topic
    this.partition = partition.partition
    this.key = partitionKey(partition)
    this.offset = offset
  }

  seek(offset: number): void {
    this.offset = offset
    this.stopped = false
    this.era++
    this.waitingCount = 0
    this.lastEpoch = -1
    this.checkedEpoch = -1
    this.failureCount = 0
    this.retryAtMs = 0
  }

  get full(): boolean {
    return this.waitingCount >= waitingPerPartitionMax
  }
}

/** A part that arrived, with what tells whether it is still wanted. */
export interface Waiting {
  readonly position: FetchPosition
  readonly era: number
  readonly bytes: number
  readonly fetched: FetchedPartition
}

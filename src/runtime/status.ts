import type { TopicPartition } from '../kafka/contracts.ts'
import type { TaskState } from './task/task-states.ts'

export type { TaskState }

/** What a stream thread is doing, as plain data: it crosses from worker threads. */
export interface ThreadStatus {
  readonly thread: number
  /** What its group reads, internal topics included; empty until the thread has looked at them. */
  readonly sourceTopics: readonly string[]
  /** Whether the group has said which tasks are its own. One without tasks may have none, or wait for another member to give them up. */
  readonly knowsItsTasks: boolean
  readonly tasks: readonly TaskStatus[]
}

export interface TaskStatus {
  readonly id: string
  readonly subTopology: number
  readonly partition: number
  readonly state: TaskState
  /** −1 before the first record. */
  readonly streamTimeMs: number
  readonly inputs: readonly InputStatus[]
  readonly stores: readonly StoreStatus[]
}

export interface InputStatus extends TopicPartition {
  /** The next offset to process. */
  readonly position: number
  /** −1 where nothing was committed. */
  readonly committed: number
  /** Records between the position and where the partition was last known to end. */
  readonly lagRecords: number
  readonly queuedBytes: number
}

export interface StoreStatus {
  readonly name: string
  readonly entries: number
  readonly sizeBytes: number
  /** The change-log offset that the content equals. */
  readonly position: number | undefined
}

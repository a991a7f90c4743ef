import type { Clock } from '../base/clock.ts'
import type { Headers } from '../base/headers.ts'

/**
 * One record in flight. Fixed shape for the engine's sake: nothing is added or deleted. A source reuses one object for
 * all its records; an operator that changes a field for its children puts it back, or passes another object on.
 */
export class StreamRecord {
  /** Plain or lazy. */
  key: unknown = null
  /** Plain or lazy; downstream of a table, a {@link Change}. */
  value: unknown = null
  timestampMs = 0
  headers: Headers | undefined = undefined
}

/**
 * A table's update: what a record's value is downstream of a table node. Its values may belong to a store and are not
 * changed. A filter or mapping without a store of its own leaves `oldValue` null: nothing downstream asks for it.
 */
export class Change {
  oldValue: unknown
  newValue: unknown
  /** False for a version of a versioned table that came late, and is not what the row is now. */
  isLatest: boolean
  constructor(oldValue: unknown, newValue: unknown, isLatest = true) {
    this.oldValue = oldValue
    this.newValue = newValue
    this.isLatest = isLatest
  }
}

/** Where the record in hand came from, and what time it is in the task. One object a task, updated in place. */
export interface TaskContext {
  topic: string
  partition: number
  offset: number
  /** Event time of the record that was read, as its extractor gave it; absent before the first. */
  timestampMs?: number
  /** The largest timestamp that the task has seen, −1 before the first; never goes back. */
  streamTimeMs: number
  readonly clock: Clock
}

/** Does something when time has come, whatever records come. */
export interface Punctuator {
  /** Asked after each record, and now and then. @returns whether it was time */
  punctuate(): boolean
}

/** Handles records of one node, synchronously, and passes results to its children, depth first. */
export interface Processor {
  process(record: StreamRecord): void
  /** Before a commit: pushes out what is cached. */
  flush?(): void
  close?(): void
}

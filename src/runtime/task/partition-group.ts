import type { Clock } from '../../base/clock.ts'
import type { PartitionQueue } from './partition-queue.ts'

/**
 * Chooses the input whose next record comes first in time. With one input there is nothing to choose.
 *
 * An empty input may still have an earlier record. Idle wait −1: go on without it. 0: wait while the broker is known to have more
 * than has arrived. Above 0: then wait that long for something new. (Kafka Streams' `max.task.idle.ms`, KIP-695.)
 */
export class PartitionGroup {
  readonly #queues: readonly PartitionQueue[]
  readonly #clock: Clock
  readonly #idleMs: number
  #waitingSinceMs: number | undefined = undefined

  constructor(queues: readonly PartitionQueue[], clock: Clock, idleMs: number) {
    this.#queues = queues
    this.#clock = clock
    this.#idleMs = idleMs
  }

  /** The input to take the next record from, or undefined where all are empty or one is worth waiting for. */
  next(): PartitionQueue | undefined {
    let first: PartitionQueue | undefined
    let empty = false
    for (const queue of this.#queues) {
      if (!queue.load()) empty = true
      else if (first === undefined || queue.headTimestampMs < first.headTimestampMs) first = queue
    }
    if (first === undefined || !empty) {
      this.#waitingSinceMs = undefined
      return first
    }
    return this.#waits() ? undefined : first
  }

  #waits(): boolean {
    if (this.#idleMs < 0) return false
    if (this.#queues.some((queue) => !queue.load() && queue.moreIsKnown)) return true
    if (this.#idleMs === 0) return false
    const nowMs = this.#clock.monotonicMs()
    this.#waitingSinceMs ??= nowMs
    return nowMs - this.#waitingSinceMs < this.#idleMs
  }
}

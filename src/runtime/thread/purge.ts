import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Admin } from '../../kafka/contracts.ts'
import type { Task } from '../task/task.ts'

export interface PurgeParts {
  readonly admin: Admin
  readonly topics: ReadonlySet<string>
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Deletes from repartition topics what has been processed and committed: they are kept without limit otherwise. Seldom, after a
 * commit, beside the work, one request at a time; a failure costs only disk and is tried again at the next turn.
 */
export class Purge {
  readonly #parts: PurgeParts
  #lastMs: number
  #underWay = false

  constructor(parts: PurgeParts) {
    this.#parts = parts
    this.#lastMs = parts.clock.monotonicMs()
  }

  afterCommit(tasks: readonly Task[]): void {
    const { admin, topics, intervalMs, clock, logger } = this.#parts
    const nowMs = clock.monotonicMs()
    if (topics.size === 0 || this.#underWay || nowMs - this.#lastMs < intervalMs) return
    const before = tasks.flatMap((task) =>
      task.queues
        .filter((queue) => topics.has(queue.partition.topic) && task.committedPosition(queue) > 0)
        .map((queue) => ({ ...queue.partition, offset: task.committedPosition(queue) })),
    )
    this.#lastMs = nowMs
    if (before.length === 0) return
    this.#underWay = true
    admin
      .deleteRecords(before)
      .catch((error: unknown) => logger.warn('could not purge repartition topics', { error: String(error) }))
      .finally(() => {
        this.#underWay = false
      })
  }
}

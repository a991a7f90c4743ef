import { assert } from '../../base/assert.ts'
import { forEachAnyway } from '../../base/for-each-anyway.ts'
import type { Logger } from '../../base/logger.ts'
import { partitionKey } from '../../kafka/contracts.ts'
import type { Admin, FetchedPartition, Fetcher, GroupMember, TopicPartition } from '../../kafka/contracts.ts'
import type { Task } from '../task/task.ts'
import type { KnownOffsets } from './known-offsets.ts'
import { offsetToGoOn } from './offset-reset.ts'
import type { RestorePart, Restorer } from './restorer.ts'
import { askCluster, beginTask } from './task-start.ts'
import type { StartOptions } from './task-start.ts'
import { TaskSet, taskRequests } from './task-set.ts'
import type { TaskRequest } from './task-set.ts'
import type { TopicPlan } from '../plan/topic-plan.ts'

export interface AssignedTasksParts {
  readonly plan: TopicPlan
  readonly admin: Admin
  readonly member: Pick<GroupMember, 'fetchOffsets'>
  readonly fetcher: Fetcher
  readonly restorer: Restorer
  readonly buildTask: (request: TaskRequest) => Task
  readonly start: StartOptions
  readonly known: KnownOffsets
  readonly queueBytesMax: number
  readonly logger: Logger
  /** Called when the cluster has said where tasks begin: there is something to do for a thread that sleeps. */
  readonly onAnswer: () => void
}

/** Chunks taken from the fetcher in one turn; the rest waits there, which is what bounds it. */
const chunksPerTurn = 64

/**
 * The tasks that the group gave to this thread, from assignment to being given up: asks where they begin, restores them, feeds
 * their queues.
 *
 * Asking the cluster happens beside the loop: it may wait for a former owner's transaction, and the other tasks must not. By the
 * time the answer is there, the task may have been revoked, or restarted after an aborted transaction, or both and assigned
 * again. Each step of a task's life therefore changes its `attempt`, and an answer to an earlier attempt is thrown away.
 */
export class AssignedTasks {
  readonly set = new TaskSet()
  readonly #parts: AssignedTasksParts
  #failure: { readonly error: unknown } | undefined = undefined
  #asking = 0
  /** When the first of the tasks that are on their way was begun. */
  #beganMs: number | undefined = undefined
  /** Partitions whose next offset is not in the log, until what came before it is processed. */
  #resets: FetchedPartition[] = []

  constructor(parts: AssignedTasksParts) {
    this.#parts = parts
  }

  /** Whether a task is on its way to running. */
  get starting(): boolean {
    return this.#asking > 0 || this.#parts.restorer.busy
  }

  take(partitions: readonly TopicPartition[]): void {
    const tasks = taskRequests(this.#parts.plan, partitions).map((request) => {
      // The group gives it anew, so whatever this thread knew of it may be old.
      for (const stale of this.set.affected(request.partitions)) this.#close(stale)
      const task = this.#parts.buildTask(request)
      this.set.add(task)
      return task
    })
    this.#begin(tasks)
  }

  giveUp(partitions: readonly TopicPartition[]): void {
    for (const task of this.set.affected(partitions)) this.#close(task)
  }

  closeAll(): void {
    forEachAnyway(this.set.all, (task) => this.#close(task))
  }

  /** Forgets what running tasks did since the last commit, and begins them again where the group says. */
  restartRunning(): void {
    const tasks = [...this.set.running]
    for (const task of tasks) {
      this.#stopFetching(task)
      task.restart()
    }
    this.set.changed()
    this.#begin(tasks)
  }

  /** Moves what has arrived into queues, and out of change logs into stores. @returns how much there was, in records or chunks */
  async step(restoreRecordsMax: number): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure.error
    const { applied, complete, stale } = this.#parts.restorer.step(restoreRecordsMax)
    for (const task of complete) this.#run(task)
    for (const task of stale) task.restart()
    if (stale.length > 0) this.#begin(stale)
    let chunks = 0
    for (; chunks < chunksPerTurn; chunks++) {
      const chunk = this.#parts.fetcher.poll()
      if (chunk === undefined) break
      if (chunk.outOfRange === true) this.#resets.push(chunk)
      else this.#queue(chunk)
    }
    if (this.#resets.length > 0) await this.#resetEmptied()
    if (this.#beganMs !== undefined && !this.starting) this.#sayThatTheyRun(this.#beganMs)
    return applied + chunks
  }

  /** The log was cut where a fetch wanted to go on: what was fetched before that is processed first, then the policy chooses. */
  async #resetEmptied(): Promise<void> {
    const due = this.#resets
    this.#resets = []
    for (const chunk of due) {
      const queue = this.set.find(chunk)?.queue
      // Given up meanwhile, or begun again elsewhere: the fetcher was told another place to go on.
      if (queue === undefined || queue.fetchPosition !== chunk.fetchOffset) continue
      if (queue.load()) this.#resets.push(chunk)
      else await this.#reset(chunk)
    }
  }

  /** Lets partitions go on whose queues have been worked off. */
  resumeFetching(): void {
    for (const { queues } of this.set.running) {
      for (const queue of queues) {
        if (!queue.paused || queue.queuedBytes > this.#parts.queueBytesMax / 2) continue
        queue.paused = false
        this.#parts.fetcher.resume(queue.partition)
      }
    }
  }

  #begin(tasks: readonly Task[]): void {
    if (tasks.length === 0) return
    this.#beganMs ??= this.#parts.start.nowMs()
    this.#asking += 1
    this.#ask(tasks)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#asking -= 1
        this.#parts.onAnswer()
      })
  }

  /** One line for all: an assignment may be of hundreds. */
  #sayThatTheyRun(beganMs: number): void {
    this.#beganMs = undefined
    const { logger, start } = this.#parts
    logger.info('tasks run', {
      tasks: this.set.running.length,
      afterMs: Math.max(0, start.nowMs() - beganMs),
    })
  }

  async #ask(tasks: readonly Task[]): Promise<void> {
    const { admin, member, start, restorer, logger } = this.#parts
    const attempts = tasks.map((task) => task.attempt)
    for (const task of tasks) this.#remember(task)
    const facts = await askCluster(member, admin, tasks, start)
    this.#parts.known.compare(facts.committed.values(), facts.resets.keys())
    if (facts.resets.size > 0)
      logger.info('no committed offset', { beginsAt: Object.fromEntries(facts.resets) })
    const stores: RestorePart[] = []
    for (const [index, task] of tasks.entries()) {
      if (task.attempt !== attempts[index]) continue
      const parts = beginTask(task, facts, { logger, nowMs: start.nowMs() })
      logger.debug('task restores', { task: task.id, stores: parts.length })
      stores.push(...parts)
      if (parts.length === 0) this.#run(task)
      else restorer.add(task, parts)
    }
    const records = stores.reduce((sum, { from, end }) => sum + end - from, 0)
    if (stores.length > 0) logger.info('stores are restored', { stores: stores.length, records })
  }

  #remember(task: Task): void {
    for (const queue of task.queues) {
      const offset = task.committedPosition(queue)
      if (offset >= 0) this.#parts.known.note(queue.partition, offset)
    }
  }

  #run(task: Task): void {
    task.run()
    this.set.changed()
    for (const queue of task.queues) {
      queue.paused = false
      this.#parts.fetcher.assign(queue.partition, queue.position)
    }
    const from = task.queues.map(({ partition, position }) => [partitionKey(partition), position] as const)
    this.#parts.logger.debug('task runs', { task: task.id, from: Object.fromEntries(from) })
  }

  #queue(chunk: FetchedPartition): void {
    const place = this.set.find(chunk)
    if (place === undefined || place.task.state !== 'running') return
    const { queue } = place
    // Bytes of a fetch from before a seek: the fetcher drops them, and if it did not, records would be taken twice or left out.
    assert(
      chunk.fetchOffset === queue.fetchPosition,
      `fetch of ${partitionKey(chunk)} does not continue the last one`,
    )
    const committedOnly = this.#parts.start.isolation === 'read_committed'
    queue.add(chunk, committedOnly ? chunk.lastStableOffset : chunk.highWatermark)
    if (queue.paused || queue.queuedBytes < this.#parts.queueBytesMax) return
    queue.paused = true
    this.#parts.fetcher.pause(queue.partition)
  }

  async #reset(chunk: FetchedPartition): Promise<void> {
    const { admin, start, fetcher, logger } = this.#parts
    const offset = await offsetToGoOn(admin, chunk, { ...start, nowMs: start.nowMs() })
    const place = this.set.find(chunk)
    if (place === undefined || place.task.state !== 'running') return
    logger.warn('offset is outside of the log', {
      partition: partitionKey(chunk),
      from: chunk.fetchOffset,
      to: offset,
    })
    place.queue.reset(offset)
    place.task.dirty ||= offset !== chunk.fetchOffset
    fetcher.seek(chunk, offset)
  }

  #close(task: Task): void {
    this.#stopFetching(task)
    this.#remember(task)
    this.#parts.restorer.remove(task)
    this.set.remove(task)
    task.close()
    this.#parts.logger.debug('task closed', { task: task.id })
  }

  #stopFetching(task: Task): void {
    if (task.state !== 'running') return
    for (const queue of task.queues) this.#parts.fetcher.unassign(queue.partition)
  }
}

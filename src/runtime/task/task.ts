import { assert } from '../../base/assert.ts'
import { forEachAnyway } from '../../base/for-each-anyway.ts'
import type { Clock } from '../../base/clock.ts'
import { toStreamError } from '../../base/errors.ts'
import type { StreamError } from '../../base/errors.ts'
import type { CommittedOffset, TopicPartition } from '../../kafka/contracts.ts'
import type { RawRecord } from '../../process/environment.ts'
import { EventTimes } from '../../process/event-times.ts'
import type { TaskContext } from '../../process/processor.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { newRawRecord, ownRawRecord } from './raw-record.ts'
import { checkMetadataSize, encodePartitionTime, type NamedTimes } from './offset-metadata.ts'
import { PartitionGroup } from './partition-group.ts'
import { nextTaskState } from './task-states.ts'
import type { TaskState } from './task-states.ts'
import { confirmedEveryMs, type TaskStore } from './task-store.ts'
import { repartitionsMark, storeMarks } from './topics-mark.ts'

/** Puts off what is done for the record at hand: what goes wrong then is that record's failure. */
export type Later = (action: () => void) => () => void

/** The operators of one task, as `process` builds them. */
export interface TaskProcessors {
  accept(raw: RawRecord): void
  /** Whether the record has to wait for a schema; see {@link RecordSource}. */
  readonly awaits: ((raw: RawRecord) => boolean) | undefined
  /** Does what time has come for; undefined where nothing waits for a time. @returns whether it did something */
  readonly punctuate: (() => boolean) | undefined
  flush(): void
  close(): void
}

export interface TaskParts {
  readonly id: string
  readonly subTopology: number
  readonly partition: number
  readonly queues: readonly PartitionQueue[]
  readonly stores: readonly TaskStore[]
  /** Repartition topics that the sub-topology has, without the application id. */
  readonly repartitions: readonly string[]
  readonly clock: Clock
  readonly maxTaskIdleMs: number
  /** Built at each start, so that nothing of an aborted transaction is left in an operator. */
  readonly build: (context: TaskContext, times: EventTimes, later: Later) => TaskProcessors
  /** Applies the record's policy. @throws the error with the record's coordinates, where the policy is to fail */
  readonly onRecordError: (raw: RawRecord, error: StreamError, taskId: string) => void
}

/**
 * One sub-topology on one partition, with its stores: a single thread of control. It processes when told, says what a commit
 * must hold, and forgets what was not committed. It awaits nothing and knows no Kafka.
 */
export class Task {
  readonly id: string
  readonly subTopology: number
  readonly partition: number
  readonly queues: readonly PartitionQueue[]
  readonly stores: readonly TaskStore[]
  /** Changes whenever the task starts over: work begun for an earlier start looks at it before it touches the task. */
  attempt = 0
  /** Whether something was processed that no commit holds, not even one that is under way. */
  dirty = false
  /** Whether something was done that no record brought about: a commit of it holds all positions, so that the group checks who makes it. */
  #punctuated = false
  /** When the group took offsets last, or the task began. */
  #confirmedMs = 0
  readonly #parts: TaskParts
  readonly #group: PartitionGroup
  readonly #raw: RawRecord = newRawRecord()
  /** Whether {@link Task.#raw} is what is being processed. */
  #accepting = false
  readonly #context: TaskContext
  readonly #times = new EventTimes()
  /** Of the commits that hold {@link EventTimes}, so that the newest is known among the inputs. */
  #timeCommits = 0
  readonly #marks: NamedTimes
  readonly #committed = new Map<PartitionQueue, number>()
  #sealed: SealedInputs | undefined = undefined
  #state: TaskState = 'created'
  #processors: TaskProcessors | undefined = undefined

  constructor(parts: TaskParts) {
    this.#parts = parts
    this.id = parts.id
    this.subTopology = parts.subTopology
    this.partition = parts.partition
    this.queues = parts.queues
    this.stores = parts.stores
    this.#marks = [
      ...storeMarks(parts.stores.map(({ spec }) => spec)),
      ...repartitionsMark(parts.repartitions),
    ]
    this.#group = new PartitionGroup(parts.queues, parts.clock, parts.maxTaskIdleMs)
    this.#context = { topic: '', partition: -1, offset: -1, streamTimeMs: -1, clock: parts.clock }
  }

  get state(): TaskState {
    return this.#state
  }

  get partitions(): readonly TopicPartition[] {
    return this.queues.map((queue) => queue.partition)
  }

  get streamTimeMs(): number {
    return this.#context.streamTimeMs
  }

  get dirtyEntries(): number {
    let count = 0
    for (const store of this.stores) count += store.managed.dirtyCount
    return count
  }

  /** Whether a commit should hold something of this task. */
  get due(): boolean {
    return this.dirty || (this.#state === 'running' && this.#isStale)
  }

  /** Whether its stores have not been confirmed for long, since there was nothing to commit. */
  get #isStale(): boolean {
    return this.stores.length > 0 && this.#parts.clock.monotonicMs() - this.#confirmedMs > confirmedEveryMs
  }

  /** The committed offsets are known: each input starts there, and times go on from what they say. */
  begin(starts: ReadonlyMap<PartitionQueue, TaskStart>): void {
    this.#go('restoring')
    this.#context.streamTimeMs = -1
    for (const queue of this.queues) {
      const start = starts.get(queue)
      assert(start !== undefined, `task ${this.id} starts without an offset`)
      queue.reset(start.position)
      queue.knownEnd = start.end
      this.#committed.set(queue, start.committed ?? -1)
      // A position that a reset chose is kept by the next commit, 0 included: after a crash, "latest" would be later.
      if (start.committed === undefined) this.dirty = true
      queue.partitionTimeMs = start.partitionTimeMs
      this.#context.streamTimeMs = Math.max(this.#context.streamTimeMs, start.partitionTimeMs)
    }
    this.#restoreTimes(starts.values())
  }

  /** Operators' times are in the offsets of all inputs that a commit moved: the newest are those of the last one. */
  #restoreTimes(starts: Iterable<TaskStart>): void {
    let newest: NamedTimes = []
    this.#timeCommits = 0
    for (const { operatorTimes } of starts) {
      const commits = new Map(operatorTimes).get(commitCount) ?? 0
      if (commits <= this.#timeCommits) continue
      this.#timeCommits = commits
      newest = operatorTimes.filter(([name]) => name !== commitCount)
    }
    this.#times.restore(newest)
  }

  #operatorTimes(): NamedTimes {
    const times = this.#times.entries()
    if (times.length === 0) return this.#marks
    this.#timeCommits += 1
    return [...times, [commitCount, this.#timeCommits], ...this.#marks]
  }

  /** The stores equal their change logs: processing begins. */
  run(): void {
    this.#go('running')
    this.#confirmedMs = this.#parts.clock.monotonicMs()
    this.#processors = this.#parts.build(this.#context, this.#times, (action) => this.#later(action))
    checkMetadataSize(this.id, [...this.#times.names, commitCount, ...this.#marks.map(([name]) => name)])
  }

  /**
   * Processes up to `recordsMax` records, in the order of their timestamps.
   *
   * @returns how many; none where the next one waits for a schema
   * @throws StreamError with the record's coordinates, where its policy is to fail; or what failed in the producer
   */
  process(recordsMax: number): number {
    this.#punctuate()
    let count = 0
    while (count < recordsMax) {
      const queue = this.#group.next()
      if (queue === undefined) break
      const taken = this.#processFrom(queue, this.queues.length === 1 ? recordsMax - count : 1)
      if (taken === 0) break
      count += taken
    }
    return count
  }

  #processFrom(queue: PartitionQueue, recordsMax: number): number {
    const processors = this.#processors
    assert(processors !== undefined, `task ${this.id} is not running`)
    const raw = this.#raw
    let count = 0
    do {
      queue.take(raw)
      // It stays at the head of its queue: nothing has been done for it yet.
      if (processors.awaits?.(raw) === true) break
      this.dirty = true
      this.#accepting = true
      try {
        processors.accept(raw)
      } catch (error) {
        this.#recordFailed(raw, toStreamError(error))
      } finally {
        this.#accepting = false
      }
      queue.partitionTimeMs = raw.partitionTimeMs
      queue.advance()
      count += 1
      this.#punctuate()
    } while (count < recordsMax && queue.load())
    return count
  }

  /** What fails then is of no one record. */
  #punctuate(): void {
    if (this.#processors?.punctuate?.() !== true) return
    this.dirty = true
    this.#punctuated = true
  }

  #later(action: () => void): () => void {
    // What a flush sends is of no one record.
    if (!this.#accepting) return action
    const raw = ownRawRecord(this.#raw)
    return () => {
      try {
        action()
      } catch (error) {
        this.#recordFailed(raw, toStreamError(error))
      }
    }
  }

  #recordFailed(raw: RawRecord, error: StreamError): void {
    this.#parts.onRecordError(raw, error, this.id)
  }

  /**
   * Closes what was processed so far into one commit: operators push out what they hold, stores close their generation into the
   * change log, positions are noted. What is processed from now on belongs to the next commit.
   */
  seal(): void {
    assert(this.#sealed === undefined, `task ${this.id} is sealed twice for one commit`)
    this.#processors?.flush()
    for (const store of this.stores) store.seal(this.queues)
    const operatorTimes = this.#operatorTimes()
    this.#sealed = new Map(
      this.queues.map((queue) => [
        queue,
        { position: queue.position, metadata: encodePartitionTime(queue.partitionTimeMs, operatorTimes) },
      ]),
    )
    this.dirty = false
  }

  /** Where each input had come to at the seal, with its time, as a commit holds it. */
  sealedOffsets(): CommittedOffset[] {
    // All of them where the commit is made for the group to say that the task is still this member's.
    const all = this.#isStale || this.#punctuated
    this.#punctuated = false
    return [...this.#sealedInputs()]
      .filter(([queue, { position }]) => all || this.#committed.get(queue) !== position)
      .map(([{ partition }, { position, metadata }]) => ({ ...partition, offset: position, metadata }))
  }

  /** What {@link Task.seal} closed is safe: it goes to the engines. */
  storesCommitted(): void {
    for (const store of this.stores) store.committed()
  }

  /** The group knows the positions that {@link Task.sealedOffsets} gave. */
  offsetsCommitted(): void {
    for (const [queue, { position }] of this.#sealedInputs()) this.#committed.set(queue, position)
    this.#sealed = undefined
    this.#confirmedMs = this.#parts.clock.monotonicMs()
    for (const store of this.stores) store.confirmed()
  }

  #sealedInputs(): SealedInputs {
    assert(this.#sealed !== undefined, `task ${this.id} is committed without being sealed`)
    return this.#sealed
  }

  /** The last committed position of an input, −1 where there is none. */
  committedPosition(queue: PartitionQueue): number {
    return this.#committed.get(queue) ?? -1
  }

  /** Whether the group has committed anything for it. */
  get hasCommitted(): boolean {
    return this.queues.some((queue) => this.committedPosition(queue) >= 0)
  }

  /** Stops and forgets everything that was not committed. Stores keep what their engines hold. */
  suspend(): void {
    if (this.#state === 'suspended') return
    this.#go('suspended')
    this.#processors?.close()
    this.#processors = undefined
    for (const store of this.stores) store.drop()
    for (const queue of this.queues) queue.reset(queue.position)
    this.#sealed = undefined
    this.dirty = false
  }

  /** From the start again, with the stores as they are: offsets are asked for, tails restored. */
  restart(): void {
    this.suspend()
    this.#go('created')
  }

  close(): void {
    this.suspend()
    this.#go('closed')
    forEachAnyway(this.stores, (store) => store.managed.close())
  }

  #go(to: TaskState): void {
    this.#state = nextTaskState(this.#state, to)
    this.attempt += 1
  }
}

/** Where a task's inputs had come to when it was sealed, in offsets and in time. */
type SealedInputs = ReadonlyMap<PartitionQueue, { readonly position: number; readonly metadata: string }>

/** The name under which times carry the number of their commit. */
const commitCount = ''

/** Where an input begins. */
export interface TaskStart {
  readonly position: number
  /** Absent where the group has committed nothing and a reset chose the position. */
  readonly committed: number | undefined
  readonly partitionTimeMs: number
  readonly operatorTimes: NamedTimes
  readonly end: number
}

import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { RecordColumns } from '../../protocol/record-columns.ts'
import { partitionKey } from '../../kafka/contracts.ts'
import type { FetchedPartition, Fetcher, TopicPartition } from '../../kafka/contracts.ts'
import type { RestoreBatch } from '../../store/contracts.ts'
import { LoggedRecords } from '../../store/logged-records.ts'
import type { Task } from '../task/task.ts'
import type { TaskStore } from '../task/task-store.ts'

/** Where the replay of one store begins and ends. */
export interface RestorePart {
  readonly store: TaskStore
  readonly changeLog: TopicPartition
  readonly from: number
  /** Not included. Reached when the position is here, records or not: the last offsets of a change log are often markers. */
  readonly end: number
}

/** How far something is that must be read before records are processed. */
export interface RestoreProgress {
  /** The replay of a store's change log, or a copy of a whole topic. */
  readonly work: 'restore' | 'load'
  /** The task or the thread that does it. */
  readonly by: string
  /** The store or the topic. */
  readonly name: string
  readonly records: number
  readonly remaining: number
}

interface Replay extends RestorePart {
  readonly task: Task
  position: number
  records: number
  /** When the position moved last; infinite once it was said that it does not. */
  movedMs: number
}

export interface RestorerParts {
  /** Reads committed records only. */
  readonly fetcher: Fetcher
  readonly clock: Clock
  readonly logger: Logger
  readonly onProgress: (progress: RestoreProgress) => void
}

/** Longer than a transaction lasts whose producer has died, by default. */
const stalledMs = 30_000

/**
 * Replays change logs into the engines of tasks that are being restored, beside the tasks that run already.
 *
 * The end is the high watermark as it was after the committed offsets had been read. It is not the last stable offset: the
 * transaction that committed those offsets has its markers written partition by partition, and the offsets' marker may be there
 * before the change log's. Read at that moment, the last stable offset hides records that the offsets already count on. Reading
 * committed records up to the high watermark waits for that marker instead.
 */
export class Restorer {
  readonly #parts: RestorerParts
  readonly #fetcher: Fetcher
  readonly #columns = new RecordColumns()
  readonly #records = new LoggedRecords()
  readonly #replays = new Map<string, Replay>()

  constructor(parts: RestorerParts) {
    this.#parts = parts
    this.#fetcher = parts.fetcher
  }

  get busy(): boolean {
    return this.#replays.size > 0
  }

  /** Records still to be read; for gauges. */
  get remaining(): number {
    let count = 0
    for (const replay of this.#replays.values()) count += replay.end - replay.position
    return count
  }

  /** Begins; a task without parts that have something to read is to be run at once. */
  add(task: Task, parts: readonly RestorePart[]): void {
    for (const part of parts) {
      const movedMs = this.#parts.clock.monotonicMs()
      const replay = { ...part, task, position: part.from, records: 0, movedMs }
      this.#replays.set(partitionKey(part.changeLog), replay)
      this.#fetcher.assign(part.changeLog, part.from)
    }
  }

  /** Stops for a task that is given up or starts over. */
  remove(task: Task): void {
    for (const replay of this.#replays.values()) if (replay.task === task) this.#finish(replay)
  }

  /**
   * Applies what has arrived, up to about `recordsMax` records. `complete` tasks may run. `stale` ones had a position that the
   * log no longer has: what was read up to there may lack deletions that have been cleaned away since, so the store is emptied,
   * and the task is to start over.
   */
  step(recordsMax: number): { readonly applied: number; readonly complete: Task[]; readonly stale: Task[] } {
    const complete: Task[] = []
    const stale: Task[] = []
    let applied = 0
    while (applied < recordsMax) {
      const chunk = this.#fetcher.poll()
      if (chunk === undefined) break
      applied += 1
      const replay = this.#replays.get(partitionKey(chunk))
      if (replay === undefined || chunk.fetchOffset !== replay.position) continue
      if (chunk.outOfRange === true) {
        this.remove(replay.task)
        replay.store.reopen()
        stale.push(replay.task)
        continue
      }
      applied += this.#apply(replay, chunk)
      if (replay.position < replay.end) continue
      this.#finish(replay)
      if (![...this.#replays.values()].some((other) => other.task === replay.task)) complete.push(replay.task)
    }
    if (applied === 0) this.#sayIfStalled()
    return { applied, complete, stale }
  }

  /** What holds a replay up is a transaction in the change log without an end: a broker may have lost its markers when it died. */
  #sayIfStalled(): void {
    const nowMs = this.#parts.clock.monotonicMs()
    for (const replay of this.#replays.values()) {
      if (nowMs - replay.movedMs < stalledMs) continue
      replay.movedMs = Number.POSITIVE_INFINITY
      this.#parts.logger.warn('restore does not advance', {
        task: replay.task.id,
        store: replay.store.spec.name,
        partition: partitionKey(replay.changeLog),
        offset: replay.position,
        end: replay.end,
        why: 'a transaction in the change log has not ended; "kafka-transactions.sh find-hanging" shows those that never will, "abort" ends them',
      })
    }
  }

  ready(maxWaitMs: number): Promise<void> {
    return this.#fetcher.ready(maxWaitMs)
  }

  async close(): Promise<void> {
    await this.#fetcher.close()
  }

  /** One write for all that was fetched: engines take many entries at once faster than a few. */
  #apply(replay: Replay, chunk: FetchedPartition): number {
    const records = this.#records
    records.reset()
    // Of what stands last before the new position: a marker may be of a later epoch than the records before it.
    let leaderEpoch = replay.store.managed.position()?.leaderEpoch ?? -1
    for (const batch of chunk.batches) {
      const columns = this.#columns
      columns.read(batch)
      records.add(columns, rowFrom(columns, replay.position), rowFrom(columns, replay.end))
      if (batch.baseOffset < replay.end) leaderEpoch = batch.leaderEpoch
    }
    if (chunk.nextOffset <= replay.end) leaderEpoch = chunk.leaderEpoch
    chunk.release?.()
    const offset = Math.max(replay.position, Math.min(chunk.nextOffset, replay.end))
    if (offset > replay.position)
      replay.store.managed.restore({
        entries: records,
        position: this.#position(replay, offset, leaderEpoch),
      })
    replay.position = offset
    replay.records += records.length
    replay.movedMs = this.#parts.clock.monotonicMs()
    this.#parts.onProgress({
      work: 'restore',
      by: replay.task.id,
      name: replay.store.spec.name,
      records: replay.records,
      remaining: replay.end - replay.position,
    })
    return records.length
  }

  #position({ store }: Replay, offset: number, leaderEpoch: number): RestoreBatch['position'] {
    const { topicId, layout } = store
    return { topicId, offset, leaderEpoch, committedAtMs: this.#parts.clock.nowMs(), layout }
  }

  #finish(replay: Replay): void {
    this.#replays.delete(partitionKey(replay.changeLog))
    this.#fetcher.unassign(replay.changeLog)
  }
}

/** The first row whose offset is not below this one. */
function rowFrom(columns: RecordColumns, offset: number): number {
  let row = 0
  while (row < columns.count && (columns.offset[row] as number) < offset) row++
  return row
}

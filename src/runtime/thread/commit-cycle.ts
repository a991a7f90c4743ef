import { sleep } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'
import { StreamError, toStreamError } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import type { GroupMember, Producer } from '../../kafka/contracts.ts'
import type { CleanBudget } from '../../store/clean-budget.ts'
import type { ApplicationOptions } from '../options.ts'
import type { Task } from '../task/task.ts'
import type { AssignedTasks } from './assigned-tasks.ts'
import { CommitPace } from './commit-pace.ts'
import { beginExactlyOnce, commitAtLeastOnce } from './commit.ts'
import type { Output } from './output.ts'
import { TransactionSize } from './transaction-size.ts'

export interface CommitCycleParts {
  readonly options: Pick<
    ApplicationOptions,
    'guarantee' | 'commitIntervalMs' | 'transactionTimeoutMs' | 'bounds' | 'restartBackoffMs'
  >
  readonly output: Output
  readonly cleanBudget: Pick<CleanBudget, 'wantsCommit'>
  readonly tasks: AssignedTasks
  readonly member: Pick<GroupMember, 'metadata' | 'commitOffsets'>
  /** A producer of the thread's transactional id, initialised: former transactions of the id have ended. */
  readonly openProducer: () => Promise<Producer>
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly onCommitted: () => void
}

/** Transactions that may fail in a row before the thread gives up and is replaced. */
const recoveriesMax = 20
const recoveryBackoffMaxMs = 1000

/** After these the transaction is gone, and the thread can go on from the last commit. */
const recoverable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'TRANSACTION_ABORTABLE',
  'TRANSACTION_OUTCOME_UNKNOWN',
  'PRODUCER_FENCED',
  'MEMBER_FENCED',
])

/**
 * When a thread commits, and what it does when that fails.
 *
 * Exactly once, the end of a transaction is under way while the next slices are processed, into the next generation of the stores
 * and the next transaction. One end at a time: the next commit begins when it is over. Whoever takes tasks away, or ends the
 * thread, waits for it first.
 */
export class CommitCycle {
  readonly #parts: CommitCycleParts
  readonly #commits: Counter
  readonly #failures: Counter
  readonly #pace: CommitPace
  readonly #size: TransactionSize
  #failuresInRow = 0
  #pending: PendingEnd | undefined = undefined

  constructor(parts: CommitCycleParts) {
    this.#parts = parts
    this.#pace = new CommitPace(parts.options.commitIntervalMs, parts.clock.monotonicMs())
    this.#size = new TransactionSize(parts.options.transactionTimeoutMs, parts.clock)
    this.#commits = parts.metrics.counter('weft_commits_total', 'commits of a stream thread')
    this.#failures = parts.metrics.counter(
      'weft_commit_failures_total',
      'commits that failed and were recovered from',
    )
  }

  /** Milliseconds until the next commit is due; infinite where there is nothing to commit, or the former one is under way. */
  dueInMs(): number {
    if (this.#pending !== undefined || !this.#due()) return Number.POSITIVE_INFINITY
    // A commit says what has failed, also where nothing more is written.
    if (this.full || this.#parts.output.producer.failed) return 0
    return this.#pace.dueInMs(this.#parts.clock.monotonicMs())
  }

  /** Whether what is processed must be committed before there may be more. */
  get full(): boolean {
    if (this.sized) return true
    let count = 0
    for (const task of this.#parts.tasks.set.running) count += task.dirtyEntries
    return count >= this.#parts.options.bounds.dirtyEntries
  }

  /** Whether the commit to come has as many records, or bytes in stores, as it may have. */
  get sized(): boolean {
    return this.#size.full || this.#parts.cleanBudget.wantsCommit
  }

  /** Lets a task process up to `recordsMax` records into the commit to come, fewer where that is full before. @returns how many */
  process(task: Task, recordsMax: number): number {
    const count = task.process(this.#size.room(recordsMax))
    if (count > 0) this.#size.took(count)
    return count
  }

  /** Resolves, and never rejects, when the end that is under way is over; undefined where none is. */
  get pending(): Promise<void> | undefined {
    return this.#pending?.over
  }

  /** Whether {@link CommitCycle.finish} would not wait, and has something to say. */
  get over(): boolean {
    return this.#pending?.isOver === true
  }

  /** Begins to commit everything processed so far. The former end must be over. @throws as {@link CommitCycle.commit} */
  async begin(): Promise<void> {
    const { tasks, options, output, member, clock } = this.#parts
    const due = tasks.set.running.filter((task) => task.due)
    if (due.length === 0) return
    this.#pace.begin(clock.monotonicMs())
    if (options.guarantee === 'exactly_once_v2') {
      const { end } = await beginExactlyOnce(due, { output, member })
      this.#size.ends()
      this.#pending = pendingEnd(end)
    } else {
      await commitAtLeastOnce(due, { output, member })
      this.#committed()
    }
  }

  /** Waits for the end that is under way, if any. @throws as {@link CommitCycle.commit} */
  async finish(): Promise<void> {
    if (this.#pending === undefined) return
    const { end } = this.#pending
    try {
      await end
    } finally {
      this.#pending = undefined
    }
    this.#pace.end(this.#parts.clock.monotonicMs())
    this.#size.ended()
    this.#committed()
  }

  /** Commits everything processed so far. @throws what {@link CommitCycle.recover} can deal with, or what it cannot */
  async commit(): Promise<void> {
    await this.finish()
    await this.begin()
    await this.finish()
  }

  /** Commits, or gets rid of the transaction: after this nothing is open, whatever happened. */
  async commitOrRecover(): Promise<void> {
    try {
      await this.commit()
    } catch (error) {
      await this.recover(toStreamError(error))
    }
  }

  /** Waits until no end is under way, and recovers where it went wrong. */
  async finishOrRecover(): Promise<void> {
    try {
      await this.finish()
    } catch (error) {
      await this.recover(toStreamError(error))
    }
  }

  /** Waits until no end is under way, for whoever has a failure already. @returns whether the end went well */
  async settle(): Promise<boolean> {
    try {
      await this.finish()
      return true
    } catch (error) {
      this.#parts.logger.debug('a commit under way failed too', { error: String(error) })
      return false
    }
  }

  /**
   * Ends a transaction that went wrong, and takes the tasks back to the last commit: dirty generations dropped, offsets read
   * again, tails of change logs restored. Neither outcome of the lost transaction is assumed. Had it been committed after all, the
   * offsets say so, and the tail holds its entries; a task that went on from memory would process those records a second time.
   *
   * The producer is made anew unless it can say for certain that it has aborted: its `init` waits until the coordinator has
   * finished with the former transaction, and only then are offsets asked for. In the other order the answer could be from before
   * a commit that was still under way.
   *
   * @throws `error` when it is of another kind, or too many came in a row; StreamError `TRANSACTION_TOO_SLOW`
   */
  async recover(error: StreamError): Promise<void> {
    const { options, clock, logger } = this.#parts
    await this.settle()
    if (error.code === 'SCHEMA_NOT_HERE') return await this.#rewind({ byAbort: true })
    if (options.guarantee !== 'exactly_once_v2' || !recoverable.has(error.code)) throw error
    this.#failures.value += 1
    this.#failuresInRow += 1
    if (this.#failuresInRow > recoveriesMax) throw lastingCause(error)
    if (error.code === 'PRODUCER_FENCED') this.#size.aborted()
    logger.warn('transaction failed, going back to the last commit', {
      code: error.code,
      error: error.message,
      ...(this.#size.limit === undefined ? {} : { recordsMax: this.#size.limit }),
    })
    await this.#rewind({ byAbort: error.code === 'TRANSACTION_ABORTABLE' || error.code === 'MEMBER_FENCED' })
    const backoffMs = Math.min(
      recoveryBackoffMaxMs,
      options.restartBackoffMs * 2 ** (this.#failuresInRow - 1),
    )
    if (this.#failuresInRow > 1) await sleep(clock, backoffMs)
    this.#pace.begin(clock.monotonicMs())
  }

  /** The group took tasks away: what was done for any of them cannot be committed, and the others share the transaction. */
  async abandon(): Promise<void> {
    const ended = await this.settle()
    if (this.#parts.options.guarantee !== 'exactly_once_v2' || (ended && !this.#dirty())) return
    await this.#rewind({ byAbort: true })
  }

  /** Back to the last commit: what is not committed is dropped and done again. @param byAbort - whether the producer may be kept */
  async #rewind({ byAbort }: { readonly byAbort: boolean }): Promise<void> {
    const { output, tasks } = this.#parts
    if (!byAbort || !(await this.#aborted())) {
      await output.producer.close()
      await output.use(await this.#parts.openProducer())
    }
    output.dropOpen()
    this.#size.dropped()
    tasks.restartRunning()
  }

  async #aborted(): Promise<boolean> {
    const { producer } = this.#parts.output
    try {
      if (producer.inTransaction) await producer.abort()
      return true
    } catch {
      return false
    }
  }

  #committed(): void {
    this.#failuresInRow = 0
    this.#commits.value += 1
    this.#parts.onCommitted()
  }

  #due(): boolean {
    return this.#parts.tasks.set.running.some((task) => task.due)
  }

  #dirty(): boolean {
    return this.#parts.tasks.set.running.some((task) => task.dirty)
  }
}

/** What made transactions fail again and again: where it does not pass by itself, another life of the thread would fail alike. */
function lastingCause(error: StreamError): StreamError {
  const { cause } = error
  return cause instanceof StreamError && cause.retry === 'never' ? cause : error
}

/** The end of a transaction that is under way. */
interface PendingEnd {
  readonly end: Promise<void>
  readonly over: Promise<void>
  isOver: boolean
}

function pendingEnd(end: Promise<void>): PendingEnd {
  const over = (): void => {
    pending.isOver = true
  }
  const pending: PendingEnd = { end, over: end.then(over, over), isOver: false }
  return pending
}

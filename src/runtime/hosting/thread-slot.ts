import { sleep } from '../../base/clock.ts'
import { toStreamError } from '../../base/errors.ts'
import type { StreamError } from '../../base/errors.ts'
import type { ThreadStatus } from '../status.ts'
import { Fencings } from './fencings.ts'
import type { HostedThread, StartThread } from './hosted-thread.ts'
import { BreakingRecords, isLost } from '../thread/breaking-records.ts'
import { KnownOffsets } from '../thread/known-offsets.ts'
import type { ThreadParts } from '../thread/thread-parts.ts'
import { notOpen } from '../thread/thread-status.ts'

/**
 * The place of one stream thread in an application: when a thread fails for a reason that passes, another takes its place after a
 * pause that doubles, up to a number of failures in a row. A commit shows that the thread works, and ends the row.
 */
export class ThreadSlot {
  readonly #parts: ThreadParts
  readonly #start: StartThread
  readonly #stopped = new AbortController()
  readonly #fencings: Fencings
  #thread: HostedThread | undefined = undefined
  #failuresInRow = 0
  #hasOpened = false
  #hasEnded = false

  constructor(parts: ThreadParts, start: StartThread) {
    this.#start = start
    this.#fencings = new Fencings(parts)
    this.#parts = {
      ...parts,
      known: new KnownOffsets(),
      // The next life gets past it: that is a step, as a commit is.
      breaking: new BreakingRecords([], (record) => {
        if (isLost(record)) this.#failuresInRow = 0
      }),
      onOpened: () => {
        this.#hasOpened = true
        parts.onOpened()
      },
      onCommitted: () => {
        this.#failuresInRow = 0
        parts.onCommitted()
      },
    }
  }

  /**
   * Resolves when stopped.
   *
   * @throws StreamError what cannot be mended by another try, or the last of too many failures
   */
  async run(): Promise<void> {
    try {
      while (!this.#isStopped()) await this.#live()
    } finally {
      this.#hasEnded = true
      this.#parts.engines?.release(this.#parts.index)
    }
  }

  async #live(): Promise<void> {
    try {
      const isLastLife = this.#failuresInRow >= this.#parts.options.restartsMax
      this.#thread = this.#start({ ...this.#parts, isFirstLife: !this.#hasOpened, isLastLife })
      await this.#thread.done
    } catch (thrown) {
      await this.#pause(toStreamError(thrown))
    } finally {
      this.#thread = undefined
    }
  }

  /** Whether any life of the thread has found the cluster and what it needs there. */
  get hasOpened(): boolean {
    return this.#hasOpened
  }

  /** Whether no other life follows. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  stop(): void {
    this.#stopped.abort()
    this.#thread?.stop()
  }

  terminate(): void {
    this.#thread?.terminate()
  }

  status(): ThreadStatus {
    return this.#thread?.status() ?? notOpen(this.#parts.index)
  }

  async #pause(error: StreamError): Promise<void> {
    const { options, surroundings, index } = this.#parts
    const { logger, clock } = surroundings
    this.#fencings.check(error)
    this.#failuresInRow += 1
    // A cluster that was never reached is a wrong address more often than an outage, and the client has tried for a while already.
    const unreachable = error.code === 'BROKER_UNREACHABLE' && !this.#hasOpened
    if (error.retry === 'never' || unreachable || this.#failuresInRow > options.restartsMax) throw error
    if (this.#isStopped()) {
      logger.warn('thread failed while stopping', {
        thread: index + 1,
        code: error.code,
        error: error.message,
      })
      return
    }
    const doubled = options.restartBackoffMs * 2 ** (this.#failuresInRow - 1)
    const backoffMs =
      error.retry === 'now' && this.#failuresInRow === 1 ? 0 : Math.min(options.restartBackoffMaxMs, doubled)
    logger.warn('thread failed, another takes its place', {
      thread: index + 1,
      code: error.code,
      error: error.message,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      backoffMs,
    })
    await sleep(clock, backoffMs, this.#stopped.signal)
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted
  }
}

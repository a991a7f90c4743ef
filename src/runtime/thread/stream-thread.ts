import { deferred } from '../../base/deferred.ts'
import { sleep } from '../../base/clock.ts'
import { toStreamError, type StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { RebalanceListener, TopicPartition } from '../../kafka/contracts.ts'
import { FollowUps } from '../assignment/follow-ups.ts'
import { decodeFacts } from '../assignment/member-facts.ts'
import type { ThreadStatus } from '../status.ts'
import { assembleThread, closeThread } from './assemble-thread.ts'
import type { OpenThread } from './assemble-thread.ts'
import { compileFunctions } from './compile-functions.ts'
import { internalTopicGone } from './internal-topic-gone.ts'
import type { Membership } from './open-thread.ts'
import type { ThreadParts } from './thread-parts.ts'
import { threadStatus } from './thread-status.ts'
import { yieldToSockets } from './yield.ts'

/** The longest a thread sleeps when nothing wakes it. */
const idleMaxMs = 100
/** Without tasks for longer than this, a thread says so, once. */
const withoutTasksMs = 5000
/** Heartbeats that an owner has to hear of an assignment and give up what is not its own, before others ask again. */
const followUpHeartbeats = 3

/**
 * One life of a stream thread: connections, group member, producer, functions, global tables and tasks of its own. It is one loop;
 * everything that changes a task happens between two turns of it. It does not know whether it has a worker thread to itself.
 *
 * A turn: do what a rebalance asks, take what has arrived, process for a few milliseconds, begin a commit if it is time, then let
 * sockets and timers run. No record is awaited for. While a transaction ends, records of the next one are processed.
 */
export class StreamThread {
  readonly #parts: ThreadParts
  readonly #logger: Logger
  readonly #followUps: FollowUps
  #stopping = false
  #isLastLife: boolean
  /** What the group gave is for another topology. */
  #misplaced = false
  #wake = deferred()
  #open: OpenThread | undefined = undefined
  #knowsItsTasks = false
  #withoutTasksMs: number | undefined = undefined
  #saidWithoutTasks = false

  constructor(parts: ThreadParts) {
    this.#isLastLife = parts.isLastLife
    this.#parts = {
      ...parts,
      onCommitted: () => {
        this.#isLastLife = false
        parts.onCommitted()
      },
    }
    this.#logger = parts.surroundings.logger
    this.#followUps = new FollowUps(parts.surroundings.clock, followUpHeartbeats * parts.options.heartbeatMs)
  }

  /** Commits, closes and ends {@link StreamThread.run}. */
  stop(): void {
    this.#stopping = true
    this.#wake.resolve()
  }

  status(): ThreadStatus {
    return threadStatus(this.#parts.index, { open: this.#open, knowsItsTasks: this.#knowsItsTasks })
  }

  /**
   * Resolves after {@link StreamThread.stop}, or where topics that its patterns fit have come or gone, or the
   * group kept its place for another topology: another life is to follow.
   *
   * @throws StreamError what ended this life; its retry advice says whether another may follow
   */
  async run(): Promise<void> {
    const functions = await compileFunctions(this.#parts)
    await this.#parts.compiled()
    if (this.#stopping) return await functions.close()
    const open = await assembleThread(this.#parts, {
      functions,
      membership: this.#membership(),
      stopping: () => this.#stopping,
    })
    this.#open = open
    this.#parts.onOpened()
    try {
      await this.#loop(open)
      await open.cycle.commitOrRecover()
    } catch (error) {
      const failure = await internalTopicGone(this.#parts, open, toStreamError(error))
      await this.#closeFailed(open, failure)
      throw failure
    }
    // Its assignment is for what there was: it comes back as a new member.
    await closeThread(open, this.#parts.options.leaveOnClose || this.#isOutdated(open))
    this.#open = undefined
  }

  /** A thread that will not be replaced makes room for others at once; one that will be keeps its place. */
  async #closeFailed(open: OpenThread, failure: StreamError): Promise<void> {
    this.#open = undefined
    const endsForGood = this.#stopping || failure.retry === 'never' || this.#isLastLife
    const leave =
      failure.domain === 'internal' || this.#misplaced || (this.#parts.options.leaveOnClose && endsForGood)
    try {
      await closeThread(open, leave)
    } catch (error) {
      this.#logger.warn('could not close a failed thread cleanly', { error: String(error) })
    }
  }

  async #loop(open: OpenThread): Promise<void> {
    while (!this.#stopping && !this.#isOutdated(open)) {
      // Outside of the recovery: what the membership fails with ends this life.
      if (this.#followUps.take()) open.member.rejoin()
      if (open.member.rebalancing) await open.member.poll()
      try {
        const work = await this.#turn(open)
        if (this.#stopping) return
        if (work > 0) await yieldToSockets(this.#parts.surroundings.clock)
        else await this.#idle(open)
      } catch (error) {
        await open.cycle.recover(toStreamError(error))
      }
    }
  }

  #isOutdated(open: OpenThread): boolean {
    return this.#misplaced || open.topics.changed()
  }

  async #turn(open: OpenThread): Promise<number> {
    const { tasks, globals, output, cycle } = open
    const { bounds } = this.#parts.options
    let work = await tasks.step(bounds.restoreRecords)
    work += globals.step()
    work += this.#slice(open)
    if (output.holds) await output.settle()
    if (cycle.over) await cycle.finish()
    if (cycle.dueInMs() <= 0) await cycle.begin()
    return work
  }

  /** Processes for `sliceMs`, or until there is nothing, or until a bound is reached. */
  #slice({ tasks, output, cycle, formats }: OpenThread): number {
    formats.check()
    const { bounds } = this.#parts.options
    const { clock } = this.#parts.surroundings
    const endMs = clock.monotonicMs() + bounds.sliceMs
    let total = 0
    let round = 0
    do {
      round = 0
      if (cycle.full) break
      for (let left = tasks.set.running.length; left > 0; left--) {
        if (output.full || formats.waiting || cycle.sized) break
        round += cycle.process(tasks.set.next(), bounds.sliceRecords)
      }
      total += round
    } while (round > 0 && clock.monotonicMs() < endMs)
    if (total > 0) tasks.resumeFetching()
    return total
  }

  async #idle({ tasks, fetcher, restorer, output, cycle, member }: OpenThread): Promise<void> {
    if (member.rebalancing) return
    const { clock } = this.#parts.surroundings
    if (tasks.set.all.length === 0) this.#sayIfLongWithoutTasks()
    else this.#withoutTasksMs = undefined
    const waitMs = Math.min(cycle.dueInMs(), idleMaxMs)
    if (waitMs <= 0 || this.#stopping) return
    // A new promise for each sleep: one that lives as long as the thread would collect a reaction at each race.
    this.#wake = deferred()
    const wakes = [this.#wake.promise]
    if (cycle.pending !== undefined) wakes.push(cycle.pending)
    // A full producer has work waiting: what wakes this thread is an acknowledgement, not a fetch.
    if (output.full) wakes.push(output.producer.drained(), sleep(clock, waitMs))
    else wakes.push(fetcher.ready(waitMs))
    if (restorer.busy) wakes.push(restorer.ready(waitMs))
    await Promise.race(wakes)
  }

  #membership(): Membership {
    return { listener: this.#listener(), followUps: this.#followUps, wake: () => this.#wake.resolve() }
  }

  /** A start that seems to hang mostly waits for a member that died without leaving: whoever reads the log should know. */
  #sayIfLongWithoutTasks(): void {
    const { clock } = this.#parts.surroundings
    this.#withoutTasksMs ??= clock.monotonicMs()
    if (this.#saidWithoutTasks || clock.monotonicMs() - this.#withoutTasksMs < withoutTasksMs) return
    this.#saidWithoutTasks = true
    const { sessionTimeoutMs, applicationId } = this.#parts.options
    this.#logger.info('no tasks yet', {
      group: applicationId,
      why: `other members have them all, or one that did not leave is waited for, up to ${sessionTimeoutMs} ms`,
    })
  }

  #listener(): RebalanceListener {
    return {
      onAssigned: async (partitions, userData) => {
        if (this.#isOfAnotherTopology(partitions, userData)) return this.#leavePlace()
        const facts = decodeFacts(userData)
        this.#followUps.assigned(facts?.incomplete === true)
        this.#logger.info('partitions assigned', { partitions: partitions.length })
        await this.#open?.cycle.finishOrRecover()
        this.#open?.tasks.take(partitions)
        this.#knowsItsTasks =
          facts?.incomplete === false && facts.topologyHash === this.#open?.plan.topologyHash
      },
      // Drain, commit, then give up: the next owner reads the offsets and the change log that this commit wrote.
      onRevoked: async (partitions) => {
        this.#logger.info('partitions revoked', { partitions: partitions.length })
        await this.#open?.cycle.commitOrRecover()
        this.#open?.tasks.giveUp(partitions)
      },
      onLost: async (partitions) => {
        this.#logger.warn('partitions lost', { partitions: partitions.length })
        this.#knowsItsTasks = false
        await this.#open?.cycle.abandon()
        this.#open?.tasks.giveUp(partitions)
      },
      onDue: () => this.#wake.resolve(),
    }
  }

  /**
   * A static member that comes back gets its old assignment without a rebalance, and that may be one for another topology:
   * it was stopped, the definition was changed, and it started within its session. It has to leave and join as a new member.
   */
  #isOfAnotherTopology(partitions: readonly TopicPartition[], userData: Buffer): boolean {
    const hash = this.#open?.plan.topologyHash
    return partitions.length > 0 && decodeFacts(userData)?.topologyHash !== hash
  }

  #leavePlace(): void {
    this.#misplaced = true
    this.#logger.info('the place in the group was kept for another topology: the thread joins anew')
  }
}

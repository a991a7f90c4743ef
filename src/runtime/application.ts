import { sleep } from '../base/clock.ts'
import { deferred } from '../base/deferred.ts'
import { StreamError, toStreamError } from '../base/errors.ts'
import type { LogFields } from '../base/logger.ts'
import { MetricRegistry } from '../base/metrics.ts'
import type { ProcessEngines } from '../store/state-engines.ts'
import type { Topology } from '../topology/topology.ts'
import { nextApplicationState } from './application-states.ts'
import type { ApplicationState } from './application-states.ts'
import { startInline } from './hosting/inline-thread.ts'
import { ThreadSlot } from './hosting/thread-slot.ts'
import { startWorker } from './hosting/worker-thread.ts'
import { openIdentity } from './identity/process-identity.ts'
import type { ProcessIdentity } from './identity/process-identity.ts'
import type { ApplicationOptions, Surroundings } from './options.ts'
import { needsEngines, openEngines, registerEngineMetrics, sayUnused } from './state/open-engines.ts'
import { StateCleaner } from './state/state-cleaner.ts'
import { engineBytes } from './state/state-memory.ts'
import type { ThreadStatus } from './status.ts'
import type { RestoreProgress } from './thread/restorer.ts'

export type { ApplicationState, RestoreProgress }

export interface ApplicationEvents {
  onState?(state: ApplicationState): void
  /**
   * A thread has compiled its functions; before that nothing is asked of the cluster, or made there. Threads wait for what it gives.
   */
  onCompiled?(): Promise<void>
  /** How far the replay of a store's change log or the load of a global table is; called while it goes on. */
  onRestore?(progress: RestoreProgress): void
}

/** How often the state is looked up from the threads' tasks. */
const stateIntervalMs = 100

/**
 * A topology that runs: one consumer group of stream threads in this process, and in as many others as are started with the
 * same application id. Threads are isolated: one that fails is replaced and the others go on, until a failure is one that no
 * other try can mend; then the whole application stops with it.
 */
export class Application {
  readonly metrics = new MetricRegistry()
  readonly #topology: Topology
  readonly #options: ApplicationOptions
  readonly #surroundings: Surroundings
  readonly #events: ApplicationEvents
  readonly #done = deferred()
  #state: ApplicationState = 'created'
  #identity: ProcessIdentity | undefined = undefined
  /** Its own, to be closed. */
  #engines: ProcessEngines | undefined = undefined
  readonly #lent: ProcessEngines | undefined
  #slots: ThreadSlot[] = []
  #failure: StreamError | undefined = undefined

  constructor(topology: Topology, options: ApplicationOptions, runtime: ApplicationRuntime) {
    this.#topology = topology
    this.#options = options
    this.#surroundings = runtime.surroundings
    this.#events = runtime.events ?? {}
    this.#lent = runtime.engines
    // Whoever only stops the application need not look at how it ended.
    this.#done.promise.catch(() => {})
  }

  /** Whether any of its threads has found the cluster and what it needs there: before, there is nothing to stop in order. */
  get hasOpened(): boolean {
    return this.#slots.some((slot) => slot.hasOpened)
  }

  get state(): ApplicationState {
    return this.#state
  }

  /** Resolves when the application has stopped; rejects with what it failed with. */
  get done(): Promise<void> {
    return this.#done.promise
  }

  /** What each thread's tasks are doing. */
  threads(): readonly ThreadStatus[] {
    return this.#slots.map((slot) => slot.status())
  }

  /**
   * Takes the state folder and starts the threads. What goes wrong later is told by {@link Application.done}.
   *
   * @throws StreamError `STATE_LOCKED`, `CONFIG_INVALID`
   */
  start(): void {
    const { hosting, identity, applicationId } = this.#options
    if (hosting === 'worker' && this.#surroundings.connector !== undefined) {
      throw new StreamError('CONFIG_INVALID', 'worker threads cannot share a connector', {
        hint: 'Run the threads inline, or leave the connector out.',
      })
    }
    this.#identity = openIdentity(identity, applicationId, (waitMs) =>
      this.#surroundings.logger.info('another process has the state folder, waiting for it to end', {
        waitMs,
      }),
    )
    const { guarantee, commitIntervalMs } = this.#options
    this.#go('starting', { guarantee, commitIntervalMs })
    const opensOwn =
      this.#lent === undefined && needsEngines(this.#topology, this.#options, this.#surroundings)
    if (this.#isStopped()) this.#end()
    else if (opensOwn) void this.#openEngines()
    else {
      if (this.#lent === undefined) sayUnused(this.#options, this.#surroundings, undefined)
      this.#startThreads(this.#identity.processId)
    }
  }

  async #openEngines(): Promise<void> {
    try {
      this.#engines = await openEngines(this.#options, this.#surroundings)
    } catch (thrown) {
      this.#failure = toStreamError(thrown)
    }
    if (this.#failure === undefined && this.#state === 'starting') {
      registerEngineMetrics(this.metrics, this.#engines, engineBytes(this.#options))
      this.#startThreads(this.#identity?.processId ?? '')
    } else await this.#closeAndEnd()
  }

  #startThreads(processId: string): void {
    const { hosting, threads } = this.#options
    const engines = this.#lent ?? this.#engines
    this.#slots = Array.from(
      { length: threads },
      (_, index) =>
        new ThreadSlot(
          {
            index,
            processId,
            isFirstLife: true,
            isLastLife: false,
            topology: this.#topology,
            options: this.#options,
            surroundings: this.#surroundings,
            ...(engines === undefined ? {} : { engines }),
            metrics: this.metrics,
            compiled: async () => await this.#events.onCompiled?.(),
            onOpened: () => {},
            onCommitted: () => {},
            onRestore: (progress) => this.#events.onRestore?.(progress),
          },
          hosting === 'inline' ? startInline : startWorker,
        ),
    )
    void this.#supervise()
  }

  /**
   * Commits, closes and resolves when all threads have ended, or after `closeTimeoutMs`: what is not committed by then is
   * processed again by whoever comes next.
   */
  async stop(): Promise<void> {
    if (this.#state === 'created') this.#finish('stopped')
    if (this.#state === 'starting' || this.#state === 'running') {
      this.#go('stopping')
      for (const slot of this.#slots) slot.stop()
    }
    const { clock, logger } = this.#surroundings
    const limit = new AbortController()
    const timedOut = sleep(clock, this.#options.closeTimeoutMs, limit.signal).then(() => {
      if (limit.signal.aborted) return
      logger.warn('threads did not close in time', { closeTimeoutMs: this.#options.closeTimeoutMs })
      for (const slot of this.#slots) slot.terminate()
      this.#end()
    })
    await Promise.race([this.#done.promise.catch(() => {}), timedOut])
    limit.abort()
  }

  async #supervise(): Promise<void> {
    const watching = new AbortController()
    void this.#watch(watching.signal)
    void this.#cleaner()?.run(watching.signal)
    let running = this.#slots.length
    await Promise.all(
      this.#slots.map((slot, index) =>
        slot.run().catch((thrown: unknown) => {
          running -= 1
          this.#threadEnded(toStreamError(thrown), { thread: index + 1, running })
        }),
      ),
    )
    watching.abort()
    await this.#closeAndEnd()
  }

  #cleaner(): StateCleaner | undefined {
    const engines = this.#lent ?? this.#engines
    if (engines === undefined) return undefined
    const { stateCleanupDelayMs: delayMs, threads } = this.#options
    const { clock, logger } = this.#surroundings
    const isRunning = (): boolean => this.#state === 'running'
    return new StateCleaner({ engines, clock, logger, delayMs, owner: threads, isRunning })
  }

  /** By whoever was told just now that it starts. */
  #isStopped(): boolean {
    return this.#state !== 'starting'
  }

  /** All threads have ended: nobody uses the stores any more. */
  async #closeAndEnd(): Promise<void> {
    await this.#engines?.close().catch((thrown: unknown) => {
      this.#failure ??= toStreamError(thrown)
    })
    this.#end()
  }

  /**
   * Our own bug in one thread is no reason to stop the others: its tasks move to them, unless none is left. When they have ended, it is
   * still a failure. What the application ends by at once is not logged here: it is said by whoever waits for its end.
   */
  #threadEnded(error: StreamError, { thread, running }: { thread: number; running: number }): void {
    const othersGoOn = error.domain === 'internal' && running > 0
    if (othersGoOn || this.#failure !== undefined) {
      const { code, message, detail } = error
      this.#surroundings.logger.error('thread ended', { thread, code, error: message, detail })
    }
    this.#failure ??= error
    if (othersGoOn) return
    for (const slot of this.#slots) slot.stop()
  }

  #end(): void {
    if (this.#state === 'stopped' || this.#state === 'failed') return
    if (this.#failure !== undefined) return this.#finish('failed')
    if (this.#state !== 'stopping') this.#go('stopping')
    this.#finish('stopped')
  }

  #finish(state: 'stopped' | 'failed'): void {
    this.#identity?.release()
    this.#go(state)
    if (this.#failure === undefined) this.#done.resolve()
    else this.#done.reject(this.#failure)
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#surroundings.clock, stateIntervalMs, signal)
      const allRun = this.#allRun()
      if (this.#state === 'starting' && allRun) this.#go('running')
      else if (this.#state === 'running' && !allRun) this.#go('starting')
    }
  }

  #allRun(): boolean {
    const threads = this.#slots.filter((slot) => !slot.hasEnded).map((slot) => slot.status())
    return (
      threads.length > 0 &&
      threads.every(({ knowsItsTasks, tasks }) =>
        tasks.length === 0 ? knowsItsTasks : tasks.every(({ state }) => state === 'running'),
      )
    )
  }

  #go(state: ApplicationState, facts: LogFields = {}): void {
    this.#state = nextApplicationState(this.#state, state)
    this.#surroundings.logger.info('application state', { state, ...facts })
    this.#events.onState?.(state)
  }
}

export interface ApplicationRuntime {
  readonly surroundings: Surroundings
  readonly events?: ApplicationEvents
  /** Stores on disk that are open already; whoever opened them closes them. Absent: the application opens its own, where it needs any. */
  readonly engines?: ProcessEngines
}

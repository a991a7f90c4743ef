import { sleep } from '../base/clock.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { deferred } from '../base/deferred.ts'
import type { LogFields, Logger } from '../base/logger.ts'
import type { Connection, Connector, EncodedRequest } from '../kafka/contracts.ts'
import { apis } from '../protocol/apis.ts'

/**
 * A point at which a process touches the world outside: `send EndTxn`, `answer EndTxn`, `write store`, `log task runs`. Between
 * two of them only its memory changes, which nobody sees: a process that dies or stops at one of them has died or stopped at
 * every moment that makes a difference.
 */
export type Step = string

export interface SimulatedHostOptions {
  readonly clock: Clock
  readonly connector: Connector
  readonly logger: Logger
  /** Called at each step, before what it names happens; the process may be paused or killed meanwhile. */
  readonly onStep?: StepListener
  /** How long a request or an answer is under way; asked for each. Absent: no time at all. */
  readonly latencyMs?: () => number
}

/** @param detail - who or what: the client that sends, the store that is written */
export type StepListener = (step: Step, detail: string) => void

/** A connection, and when what was sent last over it arrives. */
interface Wire {
  readonly connection: Connection
  readonly clientId: string
  requestsAtMs: number
  answersAtMs: number
}

/** The least time that a turn of a process's event loop takes; without it, a busy loop would stop time. */
const turnMs = 0.25

const apiNames = new Map<number, string>(Object.values(apis).map(({ key, name }) => [key, name]))

/**
 * The machine under one process of a simulation: its clock, its way to the cluster, and its log. All of them stand still while it is
 * paused (`SIGSTOP`), and for ever once it is killed (`kill -9`): whatever the process awaits never comes.
 */
export class SimulatedHost {
  readonly clock: Clock
  readonly connector: Connector
  readonly logger: Logger
  readonly #options: SimulatedHostOptions
  readonly #connections = new Set<Connection>()
  #state: 'running' | 'paused' | 'dead' = 'running'
  #resumed = deferred()
  #held: (() => void)[] = []

  constructor(options: SimulatedHostOptions) {
    this.#options = options
    const { clock, connector } = options
    this.clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      setTimer: (delayMs, work) => this.#setTimer(delayMs, work),
    }
    this.connector = {
      connect: async (host, port, clientId) => {
        await this.#runs()
        const connection = await this.#after(connector.connect(host, port, clientId))
        return this.#hosted(connection, clientId)
      },
    }
    this.logger = this.#logged(options.logger)
  }

  get dead(): boolean {
    return this.#state === 'dead'
  }

  get paused(): boolean {
    return this.#state === 'paused'
  }

  /** Tells whoever watches that the process has come to this point. */
  step(step: Step, detail = ''): void {
    if (this.#state === 'running') this.#options.onStep?.(step, detail)
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  /** Everything that came due in the meantime comes now. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    const held = this.#held
    this.#held = []
    this.#resumed.resolve()
    this.#resumed = deferred()
    for (const work of held) work()
  }

  kill(): void {
    this.#state = 'dead'
    this.#held = []
    for (const connection of this.#connections) void connection.close()
    this.#connections.clear()
  }

  #setTimer(delayMs: number, work: () => void): Timer {
    let cancelled = false
    const run = (): void => {
      if (cancelled || this.#state === 'dead') return
      if (this.#state === 'paused') this.#held.push(run)
      else work()
    }
    const timer = this.#options.clock.setTimer(Math.max(turnMs, delayMs), run)
    return {
      cancel: () => {
        cancelled = true
        timer.cancel()
      },
    }
  }

  /** Resolves when the process is running: at once, later, or never. */
  async #runs(): Promise<void> {
    while (this.#state !== 'running') await (this.#state === 'paused' ? this.#resumed.promise : never())
  }

  /** What the process hears of something only when it runs. */
  async #after<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } finally {
      if (this.#state !== 'running') await this.#runs()
    }
  }

  #hosted(connection: Connection, clientId: string): Connection {
    for (const known of this.#connections) if (known.closed) this.#connections.delete(known)
    this.#connections.add(connection)
    const wire: Wire = { connection, clientId, requestsAtMs: 0, answersAtMs: 0 }
    return {
      send: (request) => this.#send(wire, request),
      recycle: (response) => connection.recycle?.(response),
      get closed() {
        return connection.closed
      },
      close: () => connection.close(),
    }
  }

  async #send(wire: Wire, request: EncodedRequest): Promise<Buffer> {
    const api = apiNames.get(request.apiKey) ?? String(request.apiKey)
    this.step(`send ${api}`, wire.clientId)
    if (this.#state !== 'running') await this.#runs()
    await this.#underWay(wire, 'requestsAtMs')
    const answer = await this.#after(this.#answered(wire, request))
    this.step(`answer ${api}`, wire.clientId)
    if (this.#state !== 'running') await this.#runs()
    return answer
  }

  /** An answer that is under way arrives in spite of what happens to the process meanwhile, and waits for it there. */
  async #answered(wire: Wire, request: EncodedRequest): Promise<Buffer> {
    const bytes = await wire.connection.send(request)
    await this.#underWay(wire, 'answersAtMs')
    return bytes
  }

  /** Nothing overtakes what was sent before it over the same connection. */
  async #underWay(wire: Wire, direction: 'requestsAtMs' | 'answersAtMs'): Promise<void> {
    const { clock, latencyMs } = this.#options
    if (latencyMs === undefined) return
    const nowMs = clock.monotonicMs()
    wire[direction] = Math.max(wire[direction], nowMs + latencyMs())
    await sleep(clock, wire[direction] - nowMs)
  }

  #logged(logger: Logger): Logger {
    const at =
      (level: 'error' | 'warn' | 'info' | 'debug' | 'trace') => (message: string, fields?: LogFields) => {
        if (this.#state === 'dead') return
        logger[level](message, fields)
        this.step(`log ${message}`)
      }
    return {
      error: at('error'),
      warn: at('warn'),
      info: at('info'),
      debug: at('debug'),
      trace: at('trace'),
      with: (fields) => this.#logged(logger.with(fields)),
    }
  }
}

/** A promise of its own for each that waits: one for all would hold on to every process that ever died. */
function never(): Promise<void> {
  return new Promise(() => {})
}

import { topicMissing } from '../topic-missing.ts'
import { sleep, type Timer } from '../../base/clock.ts'
import { formatDuration } from '../../base/duration.ts'
import { StreamError, toStreamError } from '../../base/errors.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { Connections } from './connections.ts'
import { addressText, type Address, type ClientContext } from './context.ts'
import { Outage } from './outage.ts'
import { Metadata, type TopicFacts } from './metadata.ts'
import { responseError } from './response-error.ts'
import { backoffMs, isTransient, retrying } from './retrying.ts'

/** Requests that nobody holds back: metadata, offsets, coordinators, administration. */
export const mainLane = 'main'

/** What a broker may take for its first answer, however short the first contact is to be. */
const firstTryMs = 1000

/** One cluster as one client sees it: how to reach its brokers, and who leads what. */
export class Cluster {
  readonly context: ClientContext
  readonly connections: Connections
  readonly metadata = new Metadata()
  readonly #interest = new Set<string>()
  #started = false
  #starting: Promise<void> | undefined
  #refreshing: Promise<void> | undefined
  #soon: Timer | undefined
  #aged: Timer | undefined
  #failedRounds = 0
  readonly #outage: Outage

  constructor(context: ClientContext) {
    this.context = context
    this.connections = new Connections(context)
    this.#outage = new Outage(context)
    context.closing.addEventListener('abort', () => this.#cancelTimers())
  }

  /**
   * Makes the first contact, tried for as long as a start may take; done once, and then nothing.
   *
   * @throws StreamError `BROKER_UNREACHABLE` naming every address that was tried and why it failed
   */
  async start(): Promise<void> {
    if (this.#started) return
    this.#starting ??= this.#startNow().finally(() => {
      this.#starting = undefined
    })
    await this.#starting
  }

  /** A connection to any broker, once started. @throws as {@link Cluster.start}, without trying again */
  async anyBroker(): Promise<BrokerConnection> {
    await this.start()
    return this.#tryAll()
  }

  /** A connection to a broker by its id. @throws StreamError `KAFKA_RETRIABLE` when the metadata does not know it */
  broker(node: number, lane: string): Promise<BrokerConnection> {
    const address = this.metadata.address(node)
    if (address !== undefined) return this.connections.get(address, lane)
    this.refreshSoon()
    return Promise.reject(new StreamError('KAFKA_RETRIABLE', `broker ${node} is not in the metadata yet`))
  }

  /** Tries an operation against any broker until it succeeds, fails for good, or the time is over. */
  async retryingAny<T>(attempt: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    await this.start()
    return retrying(this.context, this.context.retryTimeoutMs, async () => attempt(await this.anyBroker()))
  }

  /**
   * A topic's partitions; asks the cluster where it is not known yet.
   *
   * @throws StreamError `TOPIC_MISSING` with the command that makes it, `TOPIC_INVALID`, `NOT_AUTHORIZED`
   */
  async topic(name: string): Promise<TopicFacts> {
    const known = this.metadata.topic(name)
    if (known !== undefined) return known
    return retrying(this.context, this.context.retryTimeoutMs, () => this.#askTopic(name))
  }

  async #askTopic(name: string): Promise<TopicFacts> {
    await this.refresh([name])
    const found = this.metadata.topic(name)
    if (found !== undefined) return found
    throw this.whyUnknown(name)
  }

  /** What keeps a topic out of the metadata, as the brokers said it last. */
  whyUnknown(name: string): StreamError {
    const refusal = this.metadata.refusal(name) ?? 0
    if (refusal === 0 || kafkaErrorName(refusal) === 'UNKNOWN_TOPIC_OR_PARTITION') return topicMissing(name)
    return responseError(refusal, `use topic "${name}"`)
  }

  /**
   * What an answer that is of one topic stands for. Of a broker that does not know it: what it said, which may pass, or that the topic is
   * missing, once the metadata has said so for longer than a broker's start may explain. It is asked for again.
   */
  topicError(name: string, code: number, what: string): StreamError {
    const error = responseError(code, what)
    if (kafkaErrorName(code) !== 'UNKNOWN_TOPIC_OR_PARTITION') return error
    if (this.metadata.isGone(name)) return topicMissing(name)
    this.refreshSoon()
    return error
  }

  /** Asks for the metadata of all topics in use, and of these from now on too. */
  async refresh(names: readonly string[] = []): Promise<void> {
    const isNew = names.some((name) => !this.#interest.has(name))
    for (const name of names) this.#interest.add(name)
    // One that is under way already was sent before the new names were known.
    if (isNew && this.#refreshing !== undefined) await this.#refreshing.catch(() => {})
    this.#refreshing ??= this.#refreshNow().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** Asks in the background, soon: at once after a success, with back-off while the trouble lasts. */
  refreshSoon(): void {
    if (this.#soon !== undefined || this.context.closing.aborted) return
    this.#soon = this.context.clock.setTimer(backoffMs(this.context, this.#failedRounds++), () => {
      this.#soon = undefined
      this.refresh().catch((error: unknown) => {
        if (this.context.closing.aborted) return
        this.context.logger.warn('could not refresh metadata', { error: toStreamError(error).message })
        if (isTransient(error)) this.refreshSoon()
      })
    })
  }

  /** Tells that what the metadata says was right after all: the next failure is followed at once. */
  settled(): void {
    this.#failedRounds = 0
  }

  async close(): Promise<void> {
    this.#cancelTimers()
    await this.connections.close()
  }

  #cancelTimers(): void {
    this.#soon?.cancel()
    this.#aged?.cancel()
  }

  async #refreshNow(): Promise<void> {
    const names = [...this.#interest]
    const { clock, metadataMaxAgeMs, closing } = this.context
    await this.retryingAny(async (connection) =>
      this.metadata.update(await askMetadata(connection, names), clock.monotonicMs()),
    )
    this.#aged?.cancel()
    if (!closing.aborted) this.#aged = clock.setTimer(metadataMaxAgeMs, () => this.refreshSoon())
  }

  async #startNow(): Promise<void> {
    const { clock, startTimeoutMs } = this.context
    const startMs = clock.monotonicMs()
    const over = new AbortController()
    const wait = this.#outage.waiting(this.context.bootstrap)
    /** What the try before this one met: where this one has no answer yet when the time is over, it tells more. */
    let met: unknown
    try {
      // A broker that wants SASL or other TLS may answer ApiVersions and end the connection at the next request.
      const contact = retrying(this.context, startTimeoutMs, async () => {
        try {
          this.metadata.update(await askMetadata(await this.#tryAll(), []), clock.monotonicMs())
        } catch (error) {
          met = error
          throw error
        }
      })
      const silence = this.#silence(startTimeoutMs, over.signal).catch((error: unknown) => {
        throw met ?? error
      })
      await Promise.race([contact, silence])
      this.#started = true
    } catch (thrown) {
      const error = toStreamError(thrown)
      if (!isTransient(error)) throw error
      throw startFailure(this.context, error, clock.monotonicMs() - startMs)
    } finally {
      wait.cancel()
      over.abort()
    }
  }

  /** A broker that takes connections and says nothing is not waited for longer than one that refuses them, the least time aside. */
  async #silence(limitMs: number, over: AbortSignal): Promise<void> {
    const { clock, bootstrap } = this.context
    await sleep(clock, Math.max(limitMs, firstTryMs), over)
    if (over.aborted) return
    const names = bootstrap.map(addressText).join(', ')
    throw new StreamError('REQUEST_TIMED_OUT', `${names} did not answer`)
  }

  async #tryAll(): Promise<BrokerConnection> {
    const failures: StreamError[] = []
    const candidates = this.#candidates()
    for (const address of candidates) {
      try {
        const connection = await this.connections.get(address, mainLane)
        this.#outage.over()
        return connection
      } catch (error) {
        if (!isTransient(error)) throw error
        failures.push(toStreamError(error))
      }
    }
    this.#outage.failed(candidates)
    throw unreachableCluster(this.context.bootstrap, failures)
  }

  /** The brokers that are known, in random order; then those we were told of. */
  #candidates(): Address[] {
    const known = this.metadata.addresses()
    const first = known.length === 0 ? 0 : this.context.random.below(known.length)
    const seen = new Map<string, Address>()
    for (const address of [...known.slice(first), ...known.slice(0, first), ...this.context.bootstrap]) {
      seen.set(addressText(address), address)
    }
    return [...seen.values()]
  }
}

/** @param names - null for all topics */
export function askMetadata(
  connection: BrokerConnection,
  names: readonly string[] | null,
): Promise<ResponseOf<typeof apis.metadata>> {
  return connection.send(apis.metadata, () => ({
    topics: names === null ? null : names.map((name) => ({ name })),
    allowAutoTopicCreation: false,
  }))
}

function unreachableCluster(bootstrap: readonly Address[], failures: readonly StreamError[]): StreamError {
  const names = bootstrap.map((address) => addressText(address)).join(', ')
  const hint = failures.find((failure) => failure.hint !== undefined)?.hint
  return new StreamError('BROKER_UNREACHABLE', `could not reach Kafka at ${names}`, {
    detail: failures.map(sentencesOf).join('\n'),
    ...(hint === undefined ? {} : { hint }),
    cause: failures[0],
  })
}

function sentencesOf({ message, detail }: StreamError): string {
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
  return detail === undefined ? sentence : `${sentence} ${detail}`
}

function startFailure(
  { bootstrap, startTimeoutMs }: ClientContext,
  error: StreamError,
  elapsedMs: number,
): StreamError {
  const failure = error.code === 'BROKER_UNREACHABLE' ? error : unreachableCluster(bootstrap, [error])
  const { code, message, detail, hint, cause } = failure
  // The last pause would have been longer than what was left: whoever gave the limit knows it, not what came of it.
  const triedFor = formatDuration(Math.max(firstTryMs, startTimeoutMs, Math.round(elapsedMs / 1000) * 1000))
  return new StreamError(code, message, {
    detail: `Tried for ${triedFor}.${detail === undefined ? '' : `\n${detail}`}`,
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
}

/**
 * Fetches from the leaders of all assigned partitions.
 *
 * One request is under way per broker. When its answer has come, the next one leaves at once, before what came was
 * processed: a partition is asked for again while at most {@link waitingPerPartitionMax} parts of it wait. A partition that is
 * held back (paused, or enough waits) is left out; as the broker must not then sit on a long poll for the others, such a
 * request waits {@link heldWaitMs} at most.
 *
 * An answer counts for a partition only if its position is still the object that was asked for, in the same era: now the owner
 * seeks, or gives the partition up and takes it again at another offset; now the answer for the old position arrives; it is
 * dropped.
 *
 * Cost. Per answer: one pass over the assigned partitions and one over the batch headers. Nothing per record.
 */
import { StreamError, toStreamError } from '../../base/errors.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { isRetriable, kafkaErrorName } from '../../protocol/error-codes.ts'
import { Alarm } from '../cluster/alarm.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { checkResponse, responseError } from '../cluster/response-error.ts'
import { backoffMs, isTransient } from '../cluster/retrying.ts'
import { topicMissing } from '../topic-missing.ts'
import {
  partitionKey,
  type FetchedPartition,
  type Fetcher,
  type FetcherOptions,
  type TopicPartition,
} from '../contracts.ts'
import { AnswerMemory } from './answer-memory.ts'
import { FetchBuffer } from './fetch-buffer.ts'
import { FetchPosition } from './fetch-position.ts'
import { FetchSession } from './fetch-session.ts'
import { readBatches } from './read-batches.ts'
import { checkPositions, needsCheck } from './truncation.ts'

type PartitionResponse = ResponseOf<typeof apis.fetch>['responses'][number]['partitions'][number]

/** How long a broker may hold a request that leaves a partition out for the moment. */
export const heldWaitMs = 20
/** Answers' worth of bytes that may wait, all partitions together. */
const waitingAnswersMax = 2

export class ClusterFetcher implements Fetcher {
  readonly #cluster: Cluster
  readonly #options: FetcherOptions
  readonly #lane: string
  readonly #buffer: FetchBuffer
  readonly #positions = new Map<string, FetchPosition>()
  readonly #nodesAsked = new Set<number>()
  /** By node; at most one request of each is under way. */
  readonly #sessions = new Map<number, FetchSession>()
  readonly #stopListening: () => void
  readonly #alarm: Alarm
  #turn = 0
  #pumpDue = false
  #closed = false

  constructor(cluster: Cluster, options: FetcherOptions, lane: string) {
    this.#cluster = cluster
    this.#options = options
    this.#lane = lane
    this.#buffer = new FetchBuffer(cluster.context.clock)
    this.#alarm = new Alarm(cluster.context.clock, () => this.#schedulePump())
    this.#stopListening = cluster.metadata.onChange(() => this.#schedulePump())
  }

  assign(partition: TopicPartition, offset: number): void {
    const key = partitionKey(partition)
    this.unassign(partition)
    this.#positions.set(key, new FetchPosition(partition, offset))
    if (this.#cluster.metadata.topic(partition.topic) === undefined) this.#learn(partition.topic)
    this.#schedulePump()
  }

  unassign(partition: TopicPartition): void {
    const position = this.#positions.get(partitionKey(partition))
    if (position === undefined) return
    position.era++
    this.#buffer.drop(position)
    this.#positions.delete(position.key)
  }

  pause(partition: TopicPartition): void {
    const position = this.#positions.get(partitionKey(partition))
    if (position !== undefined) position.paused = true
  }

  resume(partition: TopicPartition): void {
    const position = this.#positions.get(partitionKey(partition))
    if (position === undefined || !position.paused) return
    position.paused = false
    if (position.waitingCount > 0) this.#buffer.wake()
    this.#schedulePump()
  }

  seek(partition: TopicPartition, offset: number): void {
    const position = this.#positions.get(partitionKey(partition))
    if (position === undefined) return this.assign(partition, offset)
    this.#buffer.drop(position)
    position.seek(offset)
    this.#schedulePump()
  }

  poll(): FetchedPartition | undefined {
    const taken = this.#buffer.take()
    if (taken !== undefined) this.#schedulePump()
    return taken
  }

  ready(maxWaitMs: number): Promise<void> {
    return this.#buffer.ready(maxWaitMs)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stopListening()
    this.#alarm.cancel()
    this.#positions.clear()
    this.#buffer.wake()
    await this.#cluster.connections.closeLane(this.#lane)
  }

  #learn(topic: string): void {
    this.#cluster.refresh([topic]).catch((error: unknown) => {
      if (!this.#closed) this.#buffer.fail(toStreamError(error))
    })
  }

  /** Many assignments, seeks and polls in one go make one round. */
  #schedulePump(): void {
    if (this.#pumpDue || this.#closed) return
    this.#pumpDue = true
    queueMicrotask(() => {
      this.#pumpDue = false
      if (!this.#closed) this.#pump()
    })
  }

  #pump(): void {
    if (this.#buffer.bytes >= waitingAnswersMax * this.#options.maxBytes) return
    const nowMs = this.#cluster.context.clock.monotonicMs()
    const wanted = new Map<number, FetchPosition[]>()
    const holding = new Set<number>()
    for (const position of this.#positions.values()) {
      if (position.stopped) continue
      if (position.retryAtMs > nowMs) this.#alarm.set(position.retryAtMs)
      const leader = this.#leaderOf(position, nowMs)
      if (leader === undefined) continue
      if (position.paused || position.full || position.retryAtMs > nowMs) holding.add(leader)
      else if (!this.#nodesAsked.has(leader)) {
        const positions = wanted.get(leader)
        if (positions === undefined) wanted.set(leader, [position])
        else positions.push(position)
      }
    }
    for (const [node, positions] of wanted) {
      void this.#ask(node, positions, holding.has(node))
    }
  }

  #leaderOf(position: FetchPosition, nowMs: number): number | undefined {
    const topic = this.#cluster.metadata.topic(position.topic)
    if (topic !== undefined) {
      position.topicId ??= topic.id
      if (topic.id !== position.topicId) {
        this.#fail(position, recreated(position))
        return undefined
      }
    }
    const leader = topic?.partitions[position.partition]?.leader ?? -1
    if (leader >= 0) return leader
    if (position.retryAtMs > nowMs) return undefined
    const why = topic === undefined ? this.#cluster.whyUnknown(position.topic) : leaderless(position)
    this.#retryLater(position, why)
    return undefined
  }

  #sessionWith(node: number): FetchSession {
    const session = this.#sessions.get(node) ?? new FetchSession()
    this.#sessions.set(node, session)
    return session
  }

  async #ask(node: number, positions: readonly FetchPosition[], held: boolean): Promise<void> {
    this.#nodesAsked.add(node)
    const session = this.#sessionWith(node)
    try {
      const connection = await this.#cluster.broker(node, this.#lane)
      const { metadata } = this.#cluster
      const unchecked = positions.filter((position) => needsCheck(position, metadata))
      if (unchecked.length > 0) {
        await checkPositions(connection, unchecked, metadata, (position, error) =>
          this.#fail(position, error),
        )
        return
      }
      const options = held
        ? { ...this.#options, maxWaitMs: Math.min(this.#options.maxWaitMs, heldWaitMs) }
        : this.#options
      const asked = this.#inTurn(positions)
      const asking = new Map(asked.map((position) => [position, position.era]))
      const { response, body } = await connection.exchange(
        apis.fetch,
        (version) => session.request(asked, options, metadata, version),
        { extraMs: options.maxWaitMs },
      )
      const memory = new AnswerMemory(() => connection.recycle(body))
      if (session.answered(response)) this.#takeAnswer(response, { asking, memory })
      memory.release()
    } catch (error) {
      session.reset()
      this.#askFailed(positions, toStreamError(error))
    } finally {
      this.#nodesAsked.delete(node)
      this.#schedulePump()
    }
  }

  /** Another partition stands first each time: where an answer is full, the broker leaves out the last ones. */
  #inTurn(positions: readonly FetchPosition[]): FetchPosition[] {
    const first = this.#turn++ % positions.length
    return [...positions.slice(first), ...positions.slice(0, first)]
  }

  #takeAnswer(response: ResponseOf<typeof apis.fetch>, { asking, memory }: Asked): void {
    if (this.#closed) return
    checkResponse(response.errorCode, 'fetch')
    for (const { topic, topicId, partitions } of response.responses) {
      const name = topic === '' ? this.#cluster.metadata.nameOf(topicId) : topic
      for (const part of partitions) {
        const position = this.#positions.get(`${name}-${part.partitionIndex}`)
        if (position !== undefined && position.era === asking.get(position))
          this.#takePart(position, part, memory)
      }
    }
  }

  #takePart(position: FetchPosition, part: PartitionResponse, memory: AnswerMemory): void {
    const name = kafkaErrorName(part.errorCode)
    if (name === 'NONE') {
      this.#succeeded(position)
      this.#takeRecords(position, part, memory)
    } else if (name === 'OFFSET_OUT_OF_RANGE') {
      position.stopped = true
      this.#buffer.push(position, 0, { ...partOf(position, part), outOfRange: true })
    } else {
      const error = responseError(part.errorCode, `fetch from ${position.key}`)
      if (isRetriable(part.errorCode)) this.#retryLater(position, error)
      else this.#fail(position, error)
    }
  }

  #takeRecords(position: FetchPosition, part: PartitionResponse, memory: AnswerMemory): void {
    const { records } = part
    if (records === null || records.length === 0) return
    try {
      const { isolation } = this.#options
      const read = readBatches(records, position.offset, isolation, part.abortedTransactions ?? [])
      const { batches, nextOffset, leaderEpoch } = read
      const release = memory.share()
      const fetched = { batches, nextOffset, leaderEpoch, release }
      this.#buffer.push(position, records.length, { ...partOf(position, part), ...fetched })
      position.offset = nextOffset
      position.lastEpoch = leaderEpoch
    } catch (error) {
      const { code, message, detail } = toStreamError(error)
      const where = `partition ${position.key} from offset ${position.offset}: ${message}`
      this.#fail(position, new StreamError(code, where, { ...(detail && { detail }), cause: error }))
    }
  }

  #succeeded(position: FetchPosition): void {
    if (position.failureCount === 0) return
    position.failureCount = 0
    this.#cluster.settled()
  }

  #askFailed(positions: readonly FetchPosition[], error: StreamError): void {
    if (this.#closed) return
    for (const position of positions) {
      if (position.stopped || this.#positions.get(position.key) !== position) continue
      if (isTransient(error)) this.#retryLater(position, error)
      else this.#fail(position, error)
    }
  }

  #retryLater(position: FetchPosition, error: StreamError): void {
    const { context, metadata } = this.#cluster
    if (metadata.isGone(position.topic)) return this.#fail(position, topicMissing(position.topic))
    const nowMs = context.clock.monotonicMs()
    if (position.failureCount === 0) position.failingSinceMs = nowMs
    if (nowMs - position.failingSinceMs > context.retryTimeoutMs) return this.#fail(position, error)
    const waitMs = backoffMs(context, position.failureCount++)
    position.retryAtMs = nowMs + waitMs
    this.#alarm.set(position.retryAtMs)
    this.#cluster.refreshSoon()
  }

  #fail(position: FetchPosition, error: StreamError): void {
    position.stopped = true
    this.#buffer.fail(error, position)
  }
}

interface Asked {
  /** The era that each position was in when it was asked for. */
  readonly asking: ReadonlyMap<FetchPosition, number>
  readonly memory: AnswerMemory
}

function partOf(position: FetchPosition, part: PartitionResponse): FetchedPartition {
  return {
    topic: position.topic,
    partition: position.partition,
    fetchOffset: position.offset,
    highWatermark: part.highWatermark,
    lastStableOffset: part.lastStableOffset,
    batches: [],
    nextOffset: position.offset,
    leaderEpoch: -1,
  }
}

function leaderless({ key }: FetchPosition): StreamError {
  return new StreamError('KAFKA_RETRIABLE', `partition ${key} has no leader`)
}

function recreated({ key, topic }: FetchPosition): StreamError {
  return new StreamError('LOG_TRUNCATED', `partition ${key} lost records that were read already`, {
    detail: `Topic "${topic}" was deleted and made anew since.`,
    hint: 'State built from it must be rebuilt.',
  })
}

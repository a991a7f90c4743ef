/**
 * Fetch sessions (KIP-227): a client says once which partitions it follows, and from then on only what changes; it is answered
 * only about partitions that have something new.
 *
 * A request names its session and the number of the request in it (epoch):
 *
 * | session | epoch | what it is |
 * |---|---|---|
 * | any | −1 | a fetch by itself; a session that it names ends |
 * | any | 0 | a fetch of everything that begins a session; one that it names ends |
 * | id | next one | incremental: changes to the session's partitions |
 *
 * A session takes memory for each of its partitions, so there are only so many; one that has not been used for a while makes
 * room, then an old one that is smaller than the new one. Who gets none is answered with session 0 and goes on with full fetches.
 */
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { DeepPartial } from '../../protocol/api.ts'
import type { apis, RequestOf, ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'

export type FetchRequest = RequestOf<typeof apis.fetch>
export type FetchResponse = DeepPartial<ResponseOf<typeof apis.fetch>>
type TopicAnswer = NonNullable<FetchResponse['responses']>[number]
export type PartitionAnswer = NonNullable<TopicAnswer['partitions']>[number]

const finalEpoch = -1
const firstEpoch = 0
const epochMax = 2_147_483_647
const zeroUuid = '0'.repeat(32)
const invalidEpochCode = kafkaErrorCode('INVALID_FETCH_SESSION_EPOCH')

/** One partition that a client wants, by name or by id as its version has it. */
export type WantedPartition = FetchRequest['topics'][number]['partitions'][number] & {
  readonly topic: string
  readonly topicId: string
}

/** What one request asks for, and how its answer is told. */
export interface FetchContext {
  readonly wanted: readonly WantedPartition[]
  /** @param answers - one for each that is wanted */
  finish(answers: readonly PartitionAnswer[]): FetchResponse
}

interface SessionPartition {
  wanted: WantedPartition
  /** What the client was told last. */
  highWatermark: number
  logStartOffset: number
}

interface Session {
  readonly id: number
  readonly createdMs: number
  readonly byTopicId: boolean
  /** Who had records last stands last, so that all get their turn. */
  readonly partitions: Map<string, SessionPartition>
  epoch: number
  usedMs: number
}

export interface FetchSessionSettings {
  readonly clock: Clock
  readonly random: Random
  readonly sessionsMax: number
  /** How long a session is safe from others. */
  readonly evictionMs: number
}

export class FetchSessions {
  readonly #settings: FetchSessionSettings
  /** The one used longest ago stands first. */
  readonly #sessions = new Map<number, Session>()

  constructor(settings: FetchSessionSettings) {
    this.#settings = settings
  }

  get count(): number {
    return this.#sessions.size
  }

  open(request: FetchRequest): FetchContext | { readonly error: KafkaErrorName } {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch !== finalEpoch && sessionEpoch !== firstEpoch) return this.#continue(request)
    this.#sessions.delete(sessionId)
    const wanted = wantedOf(request)
    if (sessionEpoch === finalEpoch) return { wanted, finish: (answers) => response(0, wanted, answers) }
    return {
      wanted,
      finish: (answers) => response(this.#begin(wanted, answers), wanted, answers),
    }
  }

  #begin(wanted: readonly WantedPartition[], answers: readonly PartitionAnswer[]): number {
    if (!this.#makeRoom(wanted.length)) return 0
    const { clock, random } = this.#settings
    let id = 0
    while (id === 0 || this.#sessions.has(id)) id = random.below(epochMax)
    const nowMs = clock.monotonicMs()
    const session: Session = {
      id,
      createdMs: nowMs,
      byTopicId: isByTopicId(wanted),
      partitions: new Map(),
      epoch: firstEpoch + 1,
      usedMs: nowMs,
    }
    for (const [index, partition] of wanted.entries()) {
      const { highWatermark = -1, logStartOffset = -1 } = answers[index] ?? {}
      session.partitions.set(keyOf(partition), { wanted: partition, highWatermark, logStartOffset })
    }
    this.#sessions.set(id, session)
    return id
  }

  #continue(request: FetchRequest): FetchContext | { readonly error: KafkaErrorName } {
    const { sessionId, sessionEpoch } = request
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return { error: 'FETCH_SESSION_ID_NOT_FOUND' }
    if (session.epoch !== sessionEpoch) return { error: 'INVALID_FETCH_SESSION_EPOCH' }
    const changes = wantedOf(request)
    if (changes.length > 0 && isByTopicId(changes) !== session.byTopicId)
      return { error: 'FETCH_SESSION_TOPIC_ID_ERROR' }
    this.#change(session, request, changes)
    if (session.partitions.size === 0) {
      this.#sessions.delete(sessionId)
      return { wanted: [], finish: () => response(0, [], []) }
    }
    const epoch = session.epoch === epochMax ? firstEpoch + 1 : session.epoch + 1
    session.epoch = epoch
    const wanted = [...session.partitions.values()].map((partition) => partition.wanted)
    return { wanted, finish: (answers) => this.#answer(session, epoch, answers) }
  }

  #change(session: Session, request: FetchRequest, changes: readonly WantedPartition[]): void {
    for (const { topic, topicId, partitions } of request.forgottenTopicsData)
      for (const partition of partitions) session.partitions.delete(keyOf({ topic, topicId, partition }))
    for (const wanted of changes) {
      const known = session.partitions.get(keyOf(wanted))
      if (known === undefined)
        session.partitions.set(keyOf(wanted), { wanted, highWatermark: -1, logStartOffset: -1 })
      else known.wanted = wanted
    }
    session.usedMs = this.#settings.clock.monotonicMs()
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }

  /** Tells only what is new. */
  #answer(session: Session, epoch: number, answers: readonly PartitionAnswer[]): FetchResponse {
    // Another connection went on with the session while this one waited.
    if (session.epoch !== epoch) return { errorCode: invalidEpochCode, sessionId: session.id }
    const wanted: WantedPartition[] = []
    const told: PartitionAnswer[] = []
    const served: [string, SessionPartition][] = []
    for (const [index, [key, partition]] of [...session.partitions].entries()) {
      const answer = answers[index]
      if (answer === undefined || !takeNews(partition, answer)) continue
      wanted.push(partition.wanted)
      told.push(answer)
      if ((answer.records?.length ?? 0) > 0) served.push([key, partition])
    }
    for (const [key, partition] of served) {
      session.partitions.delete(key)
      session.partitions.set(key, partition)
    }
    return response(session.id, wanted, told)
  }

  #makeRoom(partitions: number): boolean {
    const { sessionsMax } = this.#settings
    if (partitions === 0 || sessionsMax === 0) return false
    if (this.#sessions.size < sessionsMax) return true
    const evicted = this.#evictable(partitions)
    return evicted !== undefined && this.#sessions.delete(evicted.id)
  }

  /** Who makes room for a session of so many partitions. */
  #evictable(partitions: number): Session | undefined {
    const { clock, evictionMs } = this.#settings
    const nowMs = clock.monotonicMs()
    const [idlest] = this.#sessions.values()
    if (idlest !== undefined && nowMs - idlest.usedMs > evictionMs) return idlest
    const [smallest] = [...this.#sessions.values()]
      .filter(({ createdMs }) => nowMs - createdMs > evictionMs)
      .toSorted((a, b) => a.partitions.size - b.partitions.size)
    return smallest !== undefined && smallest.partitions.size < partitions ? smallest : undefined
  }
}

/** Whether there is something to tell of a partition; takes note of what is told. */
function takeNews(partition: SessionPartition, answer: PartitionAnswer): boolean {
  const { highWatermark = -1, logStartOffset = -1, errorCode = 0, records, divergingEpoch } = answer
  const isNews =
    errorCode !== 0 ||
    divergingEpoch !== undefined ||
    (records?.length ?? 0) > 0 ||
    highWatermark !== partition.highWatermark ||
    logStartOffset !== partition.logStartOffset
  // After an error everything is news.
  partition.highWatermark = errorCode === 0 ? highWatermark : -1
  partition.logStartOffset = logStartOffset
  return isNews
}

function wantedOf({ topics }: FetchRequest): WantedPartition[] {
  return topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({ ...partition, topic, topicId })),
  )
}

function isByTopicId(wanted: readonly WantedPartition[]): boolean {
  return wanted.some(({ topicId }) => topicId !== zeroUuid)
}

function keyOf({
  topic,
  topicId,
  partition,
}: Pick<WantedPartition, 'topic' | 'topicId' | 'partition'>): string {
  return `${topicId === zeroUuid ? topic : topicId}/${partition}`
}

/** Groups answers by topic, in their order. */
function response(
  sessionId: number,
  wanted: readonly WantedPartition[],
  answers: readonly PartitionAnswer[],
): FetchResponse {
  const responses: { topic: string; topicId: string; partitions: PartitionAnswer[] }[] = []
  for (const [index, { topic, topicId }] of wanted.entries()) {
    const answer = answers[index]
    if (answer === undefined) continue
    const last = responses.at(-1)
    if (last?.topic === topic && last.topicId === topicId) last.partitions.push(answer)
    else responses.push({ topic, topicId, partitions: [answer] })
  }
  return { sessionId, responses }
}

/**
 * What one broker remembers of our fetches (KIP-227), so that a request names only what changed since the last one, and an answer only
 * partitions that have something to tell.
 *
 * A full request has epoch 0 and asks for a session; the broker may grant one or not. Each request of a session counts its epoch up.
 * After anything but an orderly answer nobody knows what the broker remembers: the next request is a full one, which also ends the
 * session before it.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import type { apis, RequestOf, ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorName, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { Metadata } from '../cluster/metadata.ts'
import type { FetcherOptions } from '../contracts.ts'
import type { FetchPosition } from './fetch-position.ts'

type FetchRequest = DeepPartial<RequestOf<typeof apis.fetch>>
type FetchResponse = ResponseOf<typeof apis.fetch>

const isolationLevels = { read_uncommitted: 0, read_committed: 1 } as const
/** From here on topics go by their id. */
const topicIdVersion = 13
const noTopicId = '0'.repeat(32)
const fullEpoch = 0
const epochMax = 0x7f_ff_ff_ff
const sessionErrors: ReadonlySet<KafkaErrorName> = new Set<KafkaErrorName>([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
])

/** One partition as a request names it; what the broker remembers of it. */
interface Wanted {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly leaderEpoch: number
  readonly offset: number
}

export class FetchSession {
  #id = 0
  /** Of the next request. */
  #epoch = fullEpoch
  #remembered = new Map<string, Wanted>()

  /** A request for exactly these partitions, in this order. A topic's id is the one that its positions were found with. */
  request(
    positions: readonly FetchPosition[],
    options: FetcherOptions,
    metadata: Metadata,
    version: number,
  ): FetchRequest {
    const wanted = new Map(positions.map((position) => [position.key, wantedOf(position, metadata)]))
    const full = this.#epoch === fullEpoch
    const before = full ? new Map<string, Wanted>() : this.#remembered
    const changed = [...wanted].filter(([key, now]) => !same(before.get(key), now)).map(([, now]) => now)
    const forgotten = [...before]
      .filter(([key, then]) => wanted.get(key)?.topicId !== then.topicId)
      .map(([, then]) => then)
    this.#remembered = wanted
    const topicOf = ({ topic, topicId }: Wanted): { topic: string } | { topicId: string } =>
      version >= topicIdVersion ? { topicId } : { topic }
    return {
      maxWaitMs: options.maxWaitMs,
      minBytes: options.minBytes,
      maxBytes: options.maxBytes,
      isolationLevel: isolationLevels[options.isolation],
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: byTopic(changed).map((parts) => ({
        ...topicOf(parts[0]),
        partitions: parts.map(({ partition, leaderEpoch, offset }) => ({
          partition,
          currentLeaderEpoch: leaderEpoch,
          fetchOffset: offset,
          partitionMaxBytes: options.maxPartitionBytes,
        })),
      })),
      forgottenTopicsData: byTopic(forgotten).map((parts) => ({
        ...topicOf(parts[0]),
        partitions: parts.map(({ partition }) => partition),
      })),
    }
  }

  /** @returns whether the answer is one; otherwise the session is over, and a full request is to follow at once */
  answered({ errorCode, sessionId }: Pick<FetchResponse, 'errorCode' | 'sessionId'>): boolean {
    const partial = this.#epoch !== fullEpoch
    if (partial && sessionErrors.has(kafkaErrorName(errorCode))) {
      this.reset()
      return false
    }
    if (errorCode !== 0 || sessionId === 0) this.#id = 0
    else if (!partial) this.#id = sessionId
    this.#epoch = this.#id === 0 ? fullEpoch : this.#epoch === epochMax ? 1 : this.#epoch + 1
    return true
  }

  /** No answer came, or not one to go on from: the next request is a full one. */
  reset(): void {
    this.#epoch = fullEpoch
  }
}

function wantedOf({ topic, topicId, partition, offset }: FetchPosition, metadata: Metadata): Wanted {
  const leaderEpoch = metadata.partition(topic, partition)?.leaderEpoch ?? -1
  return { topic, topicId: topicId ?? noTopicId, partition, leaderEpoch, offset }
}

function same(then: Wanted | undefined, now: Wanted): boolean {
  return then?.offset === now.offset && then.leaderEpoch === now.leaderEpoch && then.topicId === now.topicId
}

/** In the order of their first partition; no group is empty. */
function byTopic(wanted: readonly Wanted[]): (readonly [Wanted, ...Wanted[]])[] {
  const groups = new Map<string, [Wanted, ...Wanted[]]>()
  for (const one of wanted) {
    const group = groups.get(one.topicId + one.topic)
    if (group === undefined) groups.set(one.topicId + one.topic, [one])
    else group.push(one)
  }
  return [...groups.values()]
}

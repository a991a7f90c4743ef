import { StreamError } from '../../base/errors.ts'
import type { Api, DeepPartial } from '../../protocol/api.ts'
import { apis } from '../../protocol/apis.ts'
import { mainLane, type Cluster } from '../cluster/cluster.ts'
import { topicMissing } from '../topic-missing.ts'
import { checkResponse, responseError } from '../cluster/response-error.ts'
import { retrying } from '../cluster/retrying.ts'
import { partitionKey, type IsolationLevel, type TopicPartition } from '../contracts.ts'

interface LeaderCall<P extends TopicPartition, Request, Response> {
  readonly api: Api<Request, Response>
  /** The request for partitions that one broker leads, by topic. */
  readonly request: (topics: ReadonlyMap<string, readonly P[]>) => DeepPartial<Request>
  readonly answer: (response: Response) => void
}

const isolationLevels = { read_uncommitted: 0, read_committed: 1 } as const
const timestamps = { latest: -1, earliest: -2 } as const
const noReplica = -1

/** Asks the leader of each partition, all brokers at once; asks anew where a leader moved. */
async function askLeaders<P extends TopicPartition, Request, Response>(
  cluster: Cluster,
  partitions: readonly P[],
  call: LeaderCall<P, Request, Response>,
): Promise<void> {
  for (const topic of new Set(partitions.map(({ topic }) => topic))) await cluster.topic(topic)
  const { context } = cluster
  let stale = false
  await retrying(context, context.retryTimeoutMs, async () => {
    if (stale) await cluster.refresh()
    stale = true
    const byLeader = Map.groupBy(partitions, (partition) => leaderOf(cluster, partition))
    await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        const connection = await cluster.broker(leader, mainLane)
        const topics = Map.groupBy(led, ({ topic }) => topic)
        call.answer(await connection.send(call.api, () => call.request(topics)))
      }),
    )
  })
}

function leaderOf(cluster: Cluster, partition: TopicPartition): number {
  const { topic } = partition
  const facts = cluster.metadata.partition(topic, partition.partition)
  if (cluster.metadata.topic(topic) === undefined) throw topicMissing(topic)
  if (facts !== undefined && facts.leader >= 0) return facts.leader
  throw responseError(leaderNotAvailable, `reach the leader of ${partitionKey(partition)}`)
}

const leaderNotAvailable = 5

/** See `Admin.listOffsets`. */
export async function listOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  at: 'earliest' | 'latest' | number,
  isolation: IsolationLevel,
): Promise<Map<string, number>> {
  const timestamp = typeof at === 'number' ? at : timestamps[at]
  const offsets = new Map<string, number>()
  // A broker refuses a partition that stands twice in one request.
  const once = new Map(partitions.map((partition) => [partitionKey(partition), partition]))
  await askLeaders(cluster, [...once.values()], {
    api: apis.listOffsets,
    request: (topics) => ({
      replicaId: noReplica,
      isolationLevel: isolationLevels[isolation],
      timeoutMs: cluster.context.requestTimeoutMs,
      topics: [...topics].map(([name, parts]) => ({
        name,
        partitions: parts.map(({ partition }) => ({ partitionIndex: partition, timestamp })),
      })),
    }),
    answer: (response) => {
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode, offset } of partitions) {
          const key = partitionKey({ topic: name, partition: partitionIndex })
          checkResponse(errorCode, `list the offsets of ${key}`)
          offsets.set(key, offset)
        }
      }
    },
  })
  // Taken for 0, a partition that an answer left out would be read from its beginning, or a change log not at all.
  const missing = once.keys().find((key) => !offsets.has(key))
  if (missing !== undefined)
    throw new StreamError('KAFKA_RETRIABLE', `the leader of ${missing} does not say its offsets`)
  return offsets
}

/** See `Admin.deleteRecords`. */
export function deleteRecords(
  cluster: Cluster,
  before: readonly (TopicPartition & { readonly offset: number })[],
): Promise<void> {
  return askLeaders(cluster, before, {
    api: apis.deleteRecords,
    request: (topics) => ({
      timeoutMs: cluster.context.requestTimeoutMs,
      topics: [...topics].map(([name, parts]) => ({
        name,
        partitions: parts.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
      })),
    }),
    answer: (response) => {
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          checkResponse(errorCode, `delete records of ${name}-${partitionIndex}`)
        }
      }
    },
  })
}

/** See `Admin.epochEnds`. */
export async function epochEnds(
  cluster: Cluster,
  positions: readonly (TopicPartition & { readonly leaderEpoch: number })[],
): Promise<Map<string, number>> {
  const ends = new Map<string, number>()
  await askLeaders(cluster, positions, {
    api: apis.offsetForLeaderEpoch,
    request: (topics) => ({
      topics: [...topics].map(([topic, parts]) => ({
        topic,
        partitions: parts.map(({ partition, leaderEpoch }) => ({
          partition,
          currentLeaderEpoch: cluster.metadata.partition(topic, partition)?.leaderEpoch ?? -1,
          leaderEpoch,
        })),
      })),
    }),
    answer: (response) => {
      for (const { topic, partitions } of response.topics) {
        for (const { partition, errorCode, endOffset } of partitions) {
          const key = partitionKey({ topic, partition })
          checkResponse(errorCode, `find an epoch in ${key}`)
          ends.set(key, endOffset)
        }
      }
    },
  })
  return ends
}

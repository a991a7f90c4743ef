/**
 * Fetch (1): whole batches from some partitions, as views of the logs.
 *
 * Waits until `minBytes` are there, something is wrong with a partition, or `maxWaitMs` have passed. The first partition
 * with data gives at least one batch, however large, so that a reader never stands still. With read_committed nothing from the last
 * stable offset on is given, and the aborted transactions among what is given are listed.
 *
 * Versions before 4 would need formats that are gone. Version 13 names topics by id. A client that asks for a fetch session (7+) is
 * answered with session 0: there is none, every fetch is a full one. From version 12 on, a reader that says which epoch it
 * read last is told where the log has left its own (`divergingEpoch`).
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { PartitionLog, ReadLimits } from '../log/partition-log.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { CurrentLeaders } from './current-leader.ts'
import { waitForMore } from './fetch-wait.ts'
import { findLed, findTopic } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.fetch>
type Response = DeepPartial<ResponseOf<typeof apis.fetch>>
type Wanted = Request['topics'][number]['partitions'][number]
type PartitionAnswer = NonNullable<NonNullable<Response['responses']>[number]['partitions']>[number]

const readCommitted = 1
const leadersSince = { leader: 12, endpoints: 16 }
/** About what a topic and a partition take in an answer beside names and records. */
const topicBytes = 64
const partitionBytes = 128
const noRecords = Buffer.alloc(0)

/** One look at all partitions that were asked for. */
interface Look {
  readonly responses: NonNullable<Response['responses']>
  readonly logs: readonly PartitionLog[]
  /** Of partitions that the reader asked the wrong node for. */
  readonly leaders: CurrentLeaders
  readonly bytes: number
  /** Whether the answer cannot wait, because something is wrong with a partition. */
  readonly urgent: boolean
}

export const fetchHandler = defineHandler({
  api: apis.fetch,
  minVersion: 4,
  async handle(request, call): Promise<Response> {
    if (request.sessionId !== 0) return { errorCode: kafkaErrorCode('FETCH_SESSION_ID_NOT_FOUND') }
    const { clock } = call.node
    const deadlineMs = clock.monotonicMs() + request.maxWaitMs
    for (;;) {
      const look = lookAt(request, call)
      const leftMs = deadlineMs - clock.monotonicMs()
      const done = look.urgent || look.bytes >= request.minBytes || look.logs.length === 0
      if (done || leftMs <= 0 || call.closed.aborted) {
        return { responses: look.responses, ...look.leaders.endpoints() }
      }
      await waitForMore(look.logs, { clock, limitMs: leftMs, signal: call.closed })
    }
  },
  sizeBytes: sizeOf,
  refuse: (request, errorCode): Response => ({
    responses: request.topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => failedAnswer(partition, errorCode)),
    })),
  }),
})

function sizeOf({ responses = [] }: Response): number {
  let bytes = 0
  for (const { topic = '', partitions = [] } of responses) {
    bytes += topicBytes + topic.length
    for (const { records } of partitions) bytes += partitionBytes + (records?.length ?? 0)
  }
  return bytes
}

function lookAt(request: Request, call: Call): Look {
  const logs: PartitionLog[] = []
  const leaders = new CurrentLeaders(call, leadersSince)
  let bytes = 0
  let urgent = false
  const limitBytes = Math.min(request.maxBytes, call.node.config.fetchBytesMax)
  const responses = request.topics.map(({ topic, topicId, partitions }) => {
    const found = findTopic(call, { name: topic, topicId }, 'read')
    const answers = partitions.map((wanted): PartitionAnswer => {
      const partition = findLed(found, wanted.partition, call, wanted.currentLeaderEpoch)
      const answer =
        partition.kind === 'missing'
          ? failedAnswer(wanted.partition, kafkaErrorCode(partition.error))
          : readPartition(partition.it, wanted, {
              isolation: request.isolationLevel === readCommitted ? 'read_committed' : 'read_uncommitted',
              maxBytes: Math.min(wanted.partitionMaxBytes, limitBytes - bytes),
              atLeastOne: bytes === 0,
            })
      if (partition.kind === 'found') logs.push(partition.it)
      bytes += answer.records?.length ?? 0
      if (answer.errorCode !== 0 || answer.divergingEpoch !== undefined) urgent = true
      return { ...answer, ...leaders.of(answer, found, wanted.partition) }
    })
    return { topic, topicId, partitions: answers }
  })
  return { responses, logs, leaders, bytes, urgent }
}

function readPartition(log: PartitionLog, wanted: Wanted, limits: ReadLimits): PartitionAnswer {
  const { partition, fetchOffset } = wanted
  const facts = {
    partitionIndex: partition,
    errorCode: 0,
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.startOffset,
    records: noRecords,
  }
  const diverging = divergence(log, wanted)
  if (diverging !== undefined) return { ...facts, divergingEpoch: diverging }
  if (fetchOffset < log.startOffset || fetchOffset > log.endOffset)
    return failedAnswer(partition, kafkaErrorCode('OFFSET_OUT_OF_RANGE' satisfies KafkaErrorName))
  const committedOnly = limits.isolation === 'read_committed'
  if (limits.maxBytes <= 0) return { ...facts, abortedTransactions: committedOnly ? [] : null }
  const { records, aborted } = log.read(fetchOffset, limits)
  const abortedTransactions = committedOnly
    ? aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
    : null
  return { ...facts, abortedTransactions, records }
}

/** Where the log has left what the reader read, or undefined where both agree. */
function divergence(
  log: PartitionLog,
  { lastFetchedEpoch, fetchOffset }: Wanted,
): { epoch: number; endOffset: number } | undefined {
  if (lastFetchedEpoch < 0) return undefined
  const end = log.endOfEpoch(lastFetchedEpoch)
  return end.epoch === lastFetchedEpoch && end.endOffset >= fetchOffset ? undefined : end
}

function failedAnswer(partitionIndex: number, errorCode: number): PartitionAnswer {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    records: noRecords,
  }
}

/**
 * Fetch (1): whole batches from some partitions, as views of the logs.
 *
 * Waits until `minBytes` are there, something is wrong with a partition, or `maxWaitMs` have passed. The first partition
 * with data gives at least one batch, however large, so that a reader never stands still. With read_committed nothing from the last
 * stable offset on is given, and the aborted transactions among what is given are listed.
 *
 * Versions before 4 would need formats that are gone. Version 13 names topics by id. From version 7 on there are sessions
 * (`fetch-sessions.ts`). From version 12 on, a reader that says which epoch it read last is told where the log has left its own
 * (`divergingEpoch`).
 */
import { apis } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { PartitionLog, ReadLimits } from '../log/partition-log.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { CurrentLeaders } from './current-leader.ts'
import type { FetchRequest, FetchResponse, PartitionAnswer, WantedPartition } from './fetch-sessions.ts'
import { waitForMore } from './fetch-wait.ts'
import { findLed, findTopic } from './partition-lookup.ts'

const readCommitted = 1
const leadersSince = { leader: 12, endpoints: 16 }
const unknownEpoch = -1
const noRecords = Buffer.alloc(0)

/** One look at all partitions that were asked for. */
interface Look {
  readonly answers: readonly PartitionAnswer[]
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
  async handle(request, call): Promise<FetchResponse> {
    const context = call.node.fetchSessions.open(request)
    if ('error' in context) return { errorCode: kafkaErrorCode(context.error), sessionId: request.sessionId }
    const { clock } = call.node
    const deadlineMs = clock.monotonicMs() + request.maxWaitMs
    for (;;) {
      const look = lookAt(context.wanted, request, call)
      const leftMs = deadlineMs - clock.monotonicMs()
      const done = look.urgent || look.bytes >= request.minBytes || look.logs.length === 0
      if (done || leftMs <= 0 || call.closed.aborted)
        return { ...context.finish(look.answers), ...look.leaders.endpoints() }
      await waitForMore(look.logs, { clock, limitMs: leftMs, signal: call.closed })
    }
  },
  refuse(request, errorCode, { node }): FetchResponse {
    const context = node.fetchSessions.open(request)
    if ('error' in context) return { errorCode: kafkaErrorCode(context.error), sessionId: request.sessionId }
    return context.finish(context.wanted.map(({ partition }) => failedAnswer(partition, errorCode)))
  },
})

function lookAt(wanted: readonly WantedPartition[], request: FetchRequest, call: Call): Look {
  const logs: PartitionLog[] = []
  const leaders = new CurrentLeaders(call, leadersSince)
  let bytes = 0
  let urgent = false
  const limitBytes = Math.min(request.maxBytes, call.node.config.fetchBytesMax)
  const isolation = request.isolationLevel === readCommitted ? 'read_committed' : 'read_uncommitted'
  const answers = wanted.map((one): PartitionAnswer => {
    const topic = findTopic(call, { name: one.topic, topicId: one.topicId }, 'read')
    const found = findLed(topic, one.partition, call, one.currentLeaderEpoch)
    if (found.kind === 'missing') {
      urgent = true
      const failed = failedAnswer(one.partition, kafkaErrorCode(found.error))
      return { ...failed, ...leaders.of(failed, topic, one.partition) }
    }
    logs.push(found.it)
    const maxBytes = Math.min(one.partitionMaxBytes, limitBytes - bytes)
    const answer = readPartition(found.it, one, { isolation, maxBytes, atLeastOne: bytes === 0 })
    bytes += answer.records?.length ?? 0
    if (answer.errorCode !== 0 || answer.divergingEpoch !== undefined) urgent = true
    return answer
  })
  return { answers, logs, leaders, bytes, urgent }
}

function readPartition(log: PartitionLog, wanted: WantedPartition, limits: ReadLimits): PartitionAnswer {
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
  if (fetchOffset < log.startOffset || diverging?.epoch === unknownEpoch) return outOfRange(partition)
  if (diverging !== undefined) return { ...facts, divergingEpoch: diverging }
  if (fetchOffset > log.endOffset) return outOfRange(partition)
  const committedOnly = limits.isolation === 'read_committed'
  if (limits.maxBytes <= 0) return { ...facts, abortedTransactions: committedOnly ? [] : null }
  const { records, aborted } = log.read(fetchOffset, limits)
  const abortedTransactions = committedOnly
    ? aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
    : null
  return { ...facts, abortedTransactions, records }
}

function outOfRange(partition: number): PartitionAnswer {
  return failedAnswer(partition, kafkaErrorCode('OFFSET_OUT_OF_RANGE' satisfies KafkaErrorName))
}

/** Where the log has left what the reader read, or undefined where both agree; its epoch is −1 where the log does not know the reader's. */
function divergence(
  log: PartitionLog,
  { lastFetchedEpoch, fetchOffset }: WantedPartition,
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

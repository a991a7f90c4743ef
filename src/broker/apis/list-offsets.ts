/**
 * ListOffsets (2): the offset at a time, or at a marked place: −1 the end (for read_committed the last stable offset), −2 the start,
 * −3 the record with the largest timestamp (version 7+), −4 the start of what is kept locally (8+, the same here), −5 the end of what is
 * kept remotely (9+, nothing), −6 what is to be kept remotely next (11+, nothing). Version 0, with its several offsets per partition, is refused.
 *
 * A partition that stands twice in a request is refused.
 *
 * A search by time reads the records of one batch, the only place outside of groups where this broker looks into records.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { batchAt, RecordColumns, recordsOf } from '../../protocol/record-batch-reader.ts'
import type { PartitionLog, ReadLimits } from '../log/partition-log.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { findLed, findTopic } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.listOffsets>
type Response = DeepPartial<ResponseOf<typeof apis.listOffsets>>

const places = {
  end: -1,
  start: -2,
  maxTimestamp: -3,
  localStart: -4,
  remoteEnd: -5,
  pendingUpload: -6,
} as const
/** Since which version a place may be asked for. */
const placeSince: Readonly<Record<number, number>> = {
  [places.end]: 1,
  [places.start]: 1,
  [places.maxTimestamp]: 7,
  [places.localStart]: 8,
  [places.remoteEnd]: 9,
  [places.pendingUpload]: 11,
}
const readCommitted = 1

interface Place {
  readonly offset: number
  readonly timestamp: number
}

const nowhere: Place = { offset: -1, timestamp: -1 }

export const listOffsetsHandler = defineHandler({
  api: apis.listOffsets,
  minVersion: 1,
  handle: (request, call): Response => ({
    topics: request.topics.map(({ name, partitions }) => {
      const topic = findTopic(call, { name }, 'describe')
      const isolation = request.isolationLevel === readCommitted ? 'read_committed' : 'read_uncommitted'
      const twice = repeatedPartitions(partitions)
      return {
        name,
        partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) => {
          if (twice.has(partitionIndex))
            return { partitionIndex, errorCode: kafkaErrorCode('INVALID_REQUEST'), ...nowhere }
          const found = findLed(topic, partitionIndex, call, currentLeaderEpoch)
          if (found.kind === 'missing') return { partitionIndex, errorCode: kafkaErrorCode(found.error) }
          if (timestamp < 0 && call.apiVersion < (placeSince[timestamp] ?? Infinity))
            return { partitionIndex, errorCode: kafkaErrorCode('UNSUPPORTED_VERSION'), ...nowhere }
          const place = placeAt(found.it, timestamp, isolation)
          const leaderEpoch = leaderEpochOf(place, found.it, call, timestamp)
          return { partitionIndex, ...place, leaderEpoch }
        }),
      }
    }),
  }),
  refuse: (request: Request, errorCode): Response => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
})

function repeatedPartitions(partitions: readonly { readonly partitionIndex: number }[]): ReadonlySet<number> {
  const seen = new Set<number>()
  const repeated = new Set<number>()
  for (const { partitionIndex } of partitions) {
    if (seen.has(partitionIndex)) repeated.add(partitionIndex)
    seen.add(partitionIndex)
  }
  return repeated
}

/** Of a record, that of its leader; of the end, that of the one who will write there. In versions before 4 the field must stay at its default. */
function leaderEpochOf(
  { offset }: Place,
  log: PartitionLog,
  { apiVersion }: Call,
  timestamp: number,
): number {
  if (offset < 0 || apiVersion < 4) return -1
  return timestamp === places.end ? log.leaderEpoch : log.epochAt(offset)
}

function placeAt(log: PartitionLog, timestamp: number, isolation: ReadLimits['isolation']): Place {
  const end = log.visibleEnd(isolation)
  switch (timestamp) {
    case places.end:
      return { offset: end, timestamp: -1 }
    case places.start:
    case places.localStart:
      return { offset: log.startOffset, timestamp: -1 }
    case places.remoteEnd:
    case places.pendingUpload:
      return nowhere
    case places.maxTimestamp:
      return recordAtTime(log, log.maxTimestampMs(), end)
    default:
      return recordAtTime(log, timestamp, end)
  }
}

/** The first record at or after a time, if a reader may see it. */
function recordAtTime(log: PartitionLog, timestampMs: number, end: number): Place {
  if (timestampMs < 0) return nowhere
  const columns = new RecordColumns()
  let from = log.startOffset
  for (;;) {
    const batch = log.batchAtTime(timestampMs, from)
    const header = batch === undefined ? undefined : batchAt(batch, 0)
    if (batch === undefined || header === undefined) return nowhere
    columns.read(recordsOf(batch, header))
    const index = columns.timestampMs.subarray(0, columns.count).findIndex((timestamp, index) => {
      return timestamp >= timestampMs && (columns.offset[index] ?? -1) >= log.startOffset
    })
    if (index >= 0) return placeOf(columns, index, end)
    // What the batch has of that time lies before the log's start.
    from = header.lastOffset + 1
  }
}

function placeOf({ offset, timestampMs }: RecordColumns, index: number, end: number): Place {
  const place = { offset: offset[index] ?? -1, timestamp: timestampMs[index] ?? -1 }
  return place.offset < end ? place : nowhere
}

import '../base/node-extras.ts'
import type { Headers } from '../base/headers.ts'
import type { FetchedPartition, IsolationLevel, Kafka } from '../kafka/contracts.ts'
import { topicMissing } from '../kafka/topic-missing.ts'
import { RecordColumns } from '../protocol/record-batch-reader.ts'

export interface ConsumedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  /** As text; null where the record has none. */
  readonly key: string | null
  readonly value: string | null
  readonly headers: Headers | undefined
}

export interface ConsumeOptions {
  readonly from: 'earliest' | 'latest'
  readonly isolation: IsolationLevel
  /** Ends the reading; records that were handed over before are done. */
  readonly signal: AbortSignal
  /** Gives false when it wants no more. */
  readonly onRecord: (record: ConsumedRecord) => boolean
}

const pollMs = 200

/**
 * Reads a topic outside any group, all its partitions, until told to stop.
 *
 * @throws StreamError `TOPIC_MISSING`
 */
export async function consumeTopic(kafka: Kafka, topic: string, options: ConsumeOptions): Promise<void> {
  const [description] = await kafka.admin.describeTopics([topic])
  if (description === undefined) throw topicMissing(topic)
  const partitions = description.partitions.map(({ partition }) => ({ topic, partition }))
  const offsets = await kafka.admin.listOffsets(partitions, options.from, options.isolation)
  const fetcher = kafka.fetcher({
    isolation: options.isolation,
    minBytes: 1,
    maxWaitMs: pollMs,
    maxBytes: 16_777_216,
    maxPartitionBytes: 1_048_576,
  })
  for (const at of partitions) fetcher.assign(at, offsets.get(`${topic}-${at.partition}`) ?? 0)
  const columns = new RecordColumns()
  try {
    while (!options.signal.aborted) {
      const fetched = fetcher.poll()
      if (fetched === undefined) {
        await fetcher.ready(pollMs)
        continue
      }
      if (!handOverAll(fetched, columns, options.onRecord)) return
    }
  } finally {
    await fetcher.close()
  }
}

/** Gives false when the receiver wants no more. */
function handOverAll(
  fetched: FetchedPartition,
  columns: RecordColumns,
  onRecord: ConsumeOptions['onRecord'],
): boolean {
  return fetched.batches.every((batch) => {
    columns.read(batch)
    for (let index = 0; index < batch.count; index++) {
      if ((columns.offset[index] as number) < fetched.fetchOffset) continue
      if (!onRecord(recordAt(columns, index, fetched))) return false
    }
    return true
  })
}

function recordAt(
  columns: RecordColumns,
  index: number,
  { topic, partition }: FetchedPartition,
): ConsumedRecord {
  return {
    topic,
    partition,
    offset: columns.offset[index] as number,
    timestampMs: columns.timestampMs[index] as number,
    key: textOf(columns.buffer, columns.keyStart[index] as number, columns.keyEnd[index] as number),
    value: textOf(columns.buffer, columns.valueStart[index] as number, columns.valueEnd[index] as number),
    headers: columns.headersOf(index),
  }
}

function textOf(buffer: Buffer, start: number, end: number): string | null {
  return end < 0 ? null : buffer.utf8Slice(start, end)
}

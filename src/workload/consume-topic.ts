import '../base/node-extras.ts'
import type { Headers } from '../base/headers.ts'
import { partitionKey } from '../kafka/contracts.ts'
import type { FetchedPartition, Fetcher, IsolationLevel, Kafka, TopicPartition } from '../kafka/contracts.ts'
import { topicMissing } from '../kafka/topic-missing.ts'
import { RecordColumns } from '../protocol/record-batch-reader.ts'

/** A record as its bytes: views that hold until the receiver returns. */
export interface RawRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers | undefined
}

export interface ConsumedRecord extends Omit<RawRecord, 'key' | 'value'> {
  /** As text; null where the record has none. */
  readonly key: string | null
  readonly value: string | null
}

interface ReadOptions<R> {
  readonly from: 'earliest' | 'latest'
  /** `end`: no further than where the topic ends when the reading begins. Absent: until told to stop. */
  readonly until?: 'end'
  readonly isolation: IsolationLevel
  /** Ends the reading; records that were handed over before are done. */
  readonly signal: AbortSignal
  /** Gives what a record has to wait for before it is handed over; the reading stands still meanwhile. */
  readonly ready?: (record: RawRecord) => Promise<void> | undefined
  /** Gives false when it wants no more. */
  readonly onRecord: (record: R) => boolean
}

export type ConsumeOptions = ReadOptions<ConsumedRecord>

const pollMs = 200

/**
 * Reads a topic outside any group, all its partitions, keys and values as text.
 *
 * @throws StreamError `TOPIC_MISSING`
 */
export async function consumeTopic(kafka: Kafka, topic: string, options: ConsumeOptions): Promise<void> {
  await readTopic(kafka, topic, {
    ...options,
    onRecord: (record) =>
      options.onRecord({ ...record, key: textOf(record.key), value: textOf(record.value) }),
  })
}

/**
 * Reads a topic outside any group, all its partitions, keys and values as bytes.
 *
 * @throws StreamError `TOPIC_MISSING`
 */
export async function readTopic(kafka: Kafka, topic: string, options: ReadOptions<RawRecord>): Promise<void> {
  const [description] = await kafka.admin.describeTopics([topic])
  if (description === undefined) throw topicMissing(topic)
  const partitions = description.partitions.map(({ partition }) => ({ topic, partition }))
  const { isolation } = options
  const starts = await kafka.admin.listOffsets(partitions, options.from, isolation)
  const ends =
    options.until === 'end'
      ? // The high watermark, not the last stable offset: a transaction whose markers are still to come is waited for.
        await kafka.admin.listOffsets(partitions, 'latest', 'read_uncommitted')
      : undefined
  await readPartitions(kafka, { partitions, starts, ends }, options)
}

/** Who reads, wherever the reading begins and ends. */
type Reader = Omit<ReadOptions<RawRecord>, 'from' | 'until'>

interface Stretch {
  readonly partitions: readonly TopicPartition[]
  /** Keyed by `topic-partition`, as {@link Admin.listOffsets} gives them. */
  readonly starts: ReadonlyMap<string, number>
  /** Absent: until told to stop. */
  readonly ends: ReadonlyMap<string, number> | undefined
}

/** Reads partitions from where to where one says. */
export async function readPartitions(
  kafka: Kafka,
  { partitions, starts, ends }: Stretch,
  options: Reader,
): Promise<void> {
  const { isolation } = options
  const fetcher = kafka.fetcher({
    isolation,
    minBytes: 1,
    maxWaitMs: pollMs,
    maxBytes: 16_777_216,
    maxPartitionBytes: 1_048_576,
  })
  const unread = new UnreadPartitions(partitions, starts, ends)
  for (const partition of partitions) fetcher.assign(partition, starts.get(partitionKey(partition)) ?? 0)
  try {
    await readOn({ kafka, fetcher, unread }, options)
  } finally {
    await fetcher.close()
  }
}

/** The partitions that are not read to where the reading is to end. */
class UnreadPartitions {
  readonly #ends: ReadonlyMap<string, number> | undefined
  readonly #unread: Set<string>

  constructor(
    partitions: readonly TopicPartition[],
    starts: ReadonlyMap<string, number>,
    ends: ReadonlyMap<string, number> | undefined,
  ) {
    this.#ends = ends
    const keys = partitions.map(partitionKey)
    this.#unread = new Set(keys.filter((key) => (starts.get(key) ?? 0) < (ends?.get(key) ?? Infinity)))
  }

  get none(): boolean {
    return this.#unread.size === 0
  }

  /** The offset at which the reading of a partition ends. */
  endOf(partition: TopicPartition): number {
    return this.#ends?.get(partitionKey(partition)) ?? Infinity
  }

  read(fetched: FetchedPartition): void {
    this.goneTo(fetched, fetched.nextOffset)
  }

  goneTo(partition: TopicPartition, offset: number): void {
    if (offset >= this.endOf(partition)) this.#unread.delete(partitionKey(partition))
  }
}

interface Reading {
  readonly kafka: Kafka
  readonly fetcher: Fetcher
  readonly unread: UnreadPartitions
}

async function readOn(reading: Reading, { signal, isolation, ready, onRecord }: Reader): Promise<void> {
  const { fetcher, unread } = reading
  const columns = new RecordColumns()
  while (!signal.aborted && !unread.none) {
    const fetched = fetcher.poll()
    if (fetched === undefined) {
      await fetcher.ready(pollMs)
      continue
    }
    if (fetched.outOfRange === true) {
      await skipDeleted(reading, fetched, isolation)
      continue
    }
    const endOffset = unread.endOf(fetched)
    for (const record of recordsOf(fetched, columns)) {
      if (record.offset >= endOffset) break
      const waiting = ready?.(record)
      if (waiting !== undefined) await waiting
      if (signal.aborted || !onRecord(record)) return
    }
    unread.read(fetched)
  }
}

/** Records were deleted before they could be read: the reading goes on with the first that is left. */
async function skipDeleted(
  { kafka, fetcher, unread }: Reading,
  { topic, partition }: TopicPartition,
  isolation: IsolationLevel,
): Promise<void> {
  const place = { topic, partition }
  const start = (await kafka.admin.listOffsets([place], 'earliest', isolation)).get(partitionKey(place)) ?? 0
  fetcher.seek(place, start)
  unread.goneTo(place, start)
}

function* recordsOf(fetched: FetchedPartition, columns: RecordColumns): Generator<RawRecord> {
  for (const batch of fetched.batches) {
    columns.read(batch)
    for (let index = 0; index < batch.count; index++)
      if ((columns.offset[index] as number) >= fetched.fetchOffset) yield recordAt(columns, index, fetched)
  }
}

function recordAt(columns: RecordColumns, index: number, { topic, partition }: FetchedPartition): RawRecord {
  return {
    topic,
    partition,
    offset: columns.offset[index] as number,
    timestampMs: columns.timestampMs[index] as number,
    key: bytesOf(columns.buffer, columns.keyStart[index] as number, columns.keyEnd[index] as number),
    value: bytesOf(columns.buffer, columns.valueStart[index] as number, columns.valueEnd[index] as number),
    headers: columns.headersOf(index),
  }
}

function bytesOf(buffer: Buffer, start: number, end: number): Buffer | null {
  return end < 0 ? null : buffer.subarray(start, end)
}

function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.utf8Slice(0, bytes.length)
}

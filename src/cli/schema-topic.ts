/**
 * The topic that the embedded registry keeps its schemas in: `_schemas`, compacted, of one partition, as Confluent's registry has it.
 * The registry is its only writer.
 */
import type { Clock } from '../base/clock.ts'
import type {
  AppendedRecord,
  FetchedPartition,
  Kafka,
  Producer,
  ProducerOptions,
} from '../kafka/contracts.ts'
import { partitionKey } from '../kafka/contracts.ts'
import { RecordColumns } from '../protocol/record-columns.ts'
import type { LogRecord, SchemaLog } from '../registry/registry-server.ts'

export const schemaTopic = '_schemas'
const partition = { topic: schemaTopic, partition: 0 }

const producerOptions: ProducerOptions = {
  lingerMs: 0,
  batchBytes: 1_048_576,
  bufferBytes: 4_194_304,
  maxRequestBytes: 2_097_152,
  compression: 'none',
  deliveryTimeoutMs: 30_000,
}

/** @param kafka - stays the caller's to close, after the log */
export async function openSchemaTopic(kafka: Kafka, clock: Clock): Promise<SchemaLog> {
  await kafka.admin.createTopics([
    { name: schemaTopic, partitions: 1, replicationFactor: -1, configs: { 'cleanup.policy': 'compact' } },
  ])
  let producer: Producer | undefined
  return {
    read: (take) => readAll(kafka, take),
    append: async (records) => {
      producer ??= await openProducer(kafka)
      try {
        for (const record of records) producer.append(schemaTopic, toAppended(record, clock.nowMs()))
        await producer.flush()
      } catch (error) {
        // A producer that has failed stays failed: the next records get a new one.
        const failed = producer
        producer = undefined
        await failed.close().catch(() => {})
        throw error
      }
    },
    close: async () => {
      await producer?.close()
    },
  }
}

async function openProducer(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer(producerOptions)
  await producer.partitionCount(schemaTopic)
  return producer
}

function toAppended({ key, value }: LogRecord, timestampMs: number): AppendedRecord {
  const keyBytes = Buffer.from(key)
  const valueBytes = Buffer.from(value ?? '')
  return {
    partition: partition.partition,
    timestampMs,
    key: keyBytes,
    keyStart: 0,
    keyEnd: keyBytes.length,
    value: valueBytes,
    valueStart: 0,
    valueEnd: value === null ? -1 : valueBytes.length,
    headers: undefined,
  }
}

const pollMs = 200

/** Reads up to where the topic ends now. */
async function readAll(kafka: Kafka, take: (record: LogRecord) => void): Promise<void> {
  const [starts, ends] = await Promise.all(
    (['earliest', 'latest'] as const).map((at) =>
      kafka.admin.listOffsets([partition], at, 'read_uncommitted'),
    ),
  )
  const start = starts?.get(partitionKey(partition)) ?? 0
  const end = ends?.get(partitionKey(partition)) ?? 0
  if (start >= end) return
  const fetcher = kafka.fetcher({
    isolation: 'read_uncommitted',
    minBytes: 1,
    maxWaitMs: pollMs,
    maxBytes: 16_777_216,
    maxPartitionBytes: 16_777_216,
  })
  fetcher.assign(partition, start)
  const columns = new RecordColumns()
  try {
    for (let position = start; position < end;) {
      const fetched = fetcher.poll()
      if (fetched === undefined) await fetcher.ready(pollMs)
      else {
        handOver(fetched, columns, take)
        position = fetched.nextOffset
      }
    }
  } finally {
    await fetcher.close()
  }
}

function handOver(
  fetched: FetchedPartition,
  columns: RecordColumns,
  take: (record: LogRecord) => void,
): void {
  for (const batch of fetched.batches) {
    columns.read(batch)
    for (let row = 0; row < columns.count; row++) {
      if ((columns.offset[row] ?? 0) < fetched.fetchOffset) continue
      const key = textAt(columns.buffer, columns.keyStart[row], columns.keyEnd[row])
      // Confluent's registry wakes itself with records that have no value and keys of no meaning: the state passes them over.
      if (key !== null)
        take({ key, value: textAt(columns.buffer, columns.valueStart[row], columns.valueEnd[row]) })
    }
  }
  fetched.release?.()
}

function textAt(buffer: Buffer, start = 0, end = -1): string | null {
  return end < 0 ? null : buffer.toString('utf8', start, end)
}

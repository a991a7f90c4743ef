import { StreamError } from '../base/errors.ts'
import type { Column } from '../data/types.ts'
import type { Kafka } from '../kafka/contracts.ts'
import type { Catalog } from '../language/catalog.ts'
import { inferJsonColumns } from '../serde/infer-json-columns.ts'
import { consumeTopic } from '../workload/consume-topic.ts'

/** How many records of a topic are looked at, and for how long, to find its columns. */
const sampleRecords = 200
const sampleMs = 3000

/** Finds the columns of topics from their first records; each topic is read once. */
export function topicCatalog(kafka: Kafka): Catalog {
  const known = new Map<string, Promise<readonly Column[] | undefined>>()
  return {
    columns: (topic) => {
      const columns = known.get(topic) ?? sampleColumns(kafka, topic)
      known.set(topic, columns)
      return columns
    },
  }
}

async function sampleColumns(kafka: Kafka, topic: string): Promise<readonly Column[] | undefined> {
  const samples: string[] = []
  const available = await countRecords(kafka, topic)
  if (available === 0) return undefined
  await consumeTopic(kafka, topic, {
    from: 'earliest',
    isolation: 'read_committed',
    signal: AbortSignal.timeout(sampleMs),
    onRecord: ({ value }) => {
      if (value !== null) samples.push(value)
      return samples.length < Math.min(sampleRecords, available)
    },
  }).catch(ignoreMissing)
  return samples.length === 0 ? undefined : inferJsonColumns(samples)
}

async function countRecords(kafka: Kafka, topic: string): Promise<number> {
  const [description] = await kafka.admin.describeTopics([topic])
  if (description === undefined) return 0
  const partitions = description.partitions.map(({ partition }) => ({ topic, partition }))
  const starts = await kafka.admin.listOffsets(partitions, 'earliest', 'read_committed')
  const ends = await kafka.admin.listOffsets(partitions, 'latest', 'read_committed')
  return [...ends].reduce((sum, [partition, end]) => sum + end - (starts.get(partition) ?? 0), 0)
}

/** A topic that goes away meanwhile is one of which nothing is known. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof StreamError) || error.code !== 'TOPIC_MISSING') throw error
}

import { toStreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import {
  partitionKey,
  type FetchedPartition,
  type Fetcher,
  type Kafka,
  type TopicPartition,
} from '../../kafka/contracts.ts'
import { nameInCluster } from '../../topology/name-pattern.ts'
import { internalTopics } from '../internal-topics.ts'
import type { ApplicationOptions } from '../options.ts'
import type { TopicPlan } from '../plan/topic-plan.ts'

interface Looking {
  readonly kafka: Pick<Kafka, 'admin'>
  /** Of its own, for readers of committed records. */
  readonly openFetcher: () => Fetcher
  readonly plan: Pick<TopicPlan, 'repartitionTopics'>
  readonly options: Pick<ApplicationOptions, 'applicationId' | 'names'>
  readonly logger: Logger
}

/**
 * Says which records on their way between operations nobody will read any more: those in repartition topics of a former definition,
 * whose operations had other names. They were taken from the input, and their offsets are committed.
 */
export async function sayWhatIsUnread(looking: Looking): Promise<void> {
  try {
    for (const [topic, records] of await unread(looking))
      looking.logger.warn(
        'records of a former definition are not read: an internal topic has a name that is not in this one',
        {
          topic,
          // Ends of transactions have offsets, too.
          recordsMax: records,
          hint: 'Run the former definition to its end (weft run FILE --until-end), then this one; or begin anew with "weft reset".',
        },
      )
  } catch (thrown) {
    const error = toStreamError(thrown)
    if (error.code !== 'NOT_AUTHORIZED') throw error
    looking.logger.debug('whether records of a former definition are left is not known', {
      error: error.message,
    })
  }
}

/** By topic: how many records are there at most. */
async function unread(looking: Looking): Promise<Map<string, number>> {
  const { kafka, options, plan, openFetcher } = looking
  const present = await internalTopics(kafka.admin, options, ['repartition'])
  const left = present.filter((name) => !plan.repartitionTopics.has(name))
  if (left.length === 0) return new Map()
  const extents = await extentsBehind(looking, left)
  const fetcher = openFetcher()
  try {
    const held = await withRecords(fetcher, extents)
    return new Map(
      Array.from(
        Map.groupBy(held, ({ partition }) => partition.topic),
        ([topic, own]) => [topic, own.reduce((sum, { start, end }) => sum + end - start, 0)],
      ),
    )
  } finally {
    await fetcher.close()
  }
}

/** What lies behind the group's offset in a partition: something. */
interface Extent {
  readonly partition: TopicPartition
  readonly start: number
  readonly end: number
}

async function extentsBehind(
  { kafka: { admin }, options }: Looking,
  topics: readonly string[],
): Promise<Extent[]> {
  const partitions = (await admin.describeTopics(topics)).flatMap(({ name, partitions: own }) =>
    own.map(({ partition }) => ({ topic: name, partition })),
  )
  const offsets = await admin.groupOffsets(nameInCluster(options.applicationId, options.names.group))
  const committed = new Map(offsets.map((one) => [partitionKey(one), one.offset]))
  const starts = await admin.listOffsets(partitions, 'earliest', 'read_committed')
  const ends = await admin.listOffsets(partitions, 'latest', 'read_committed')
  return partitions
    .map((partition) => {
      const key = partitionKey(partition)
      return {
        partition,
        start: Math.max(committed.get(key) ?? 0, starts.get(key) ?? 0),
        end: ends.get(key) ?? 0,
      }
    })
    .filter(({ start, end }) => start < end)
}

const waitMs = 200
/** A partition that does not answer in that time is not spoken of: the application begins all the same. */
const waitsMax = 50

/** Those that have a record behind their start: the end of the last transaction lies there, too, and is none. */
async function withRecords(fetcher: Fetcher, extents: readonly Extent[]): Promise<Extent[]> {
  const open = new Map(extents.map((extent) => [partitionKey(extent.partition), extent]))
  for (const { partition, start } of extents) fetcher.assign(partition, start)
  const held: Extent[] = []
  for (let waits = 0; open.size > 0 && waits < waitsMax;) {
    const fetched = fetcher.poll()
    if (fetched === undefined) {
      await fetcher.ready(waitMs)
      waits++
      continue
    }
    const extent = open.get(partitionKey(fetched))
    if (extent === undefined) continue
    const found = hasRecord(fetched)
    if (found) held.push(extent)
    if (!found && fetched.outOfRange !== true && fetched.nextOffset < extent.end) continue
    open.delete(partitionKey(fetched))
    fetcher.unassign(extent.partition)
  }
  return held
}

function hasRecord({ batches, fetchOffset }: FetchedPartition): boolean {
  return batches.some(({ count, lastOffset }) => count > 0 && lastOffset >= fetchOffset)
}

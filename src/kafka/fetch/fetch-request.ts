import type { DeepPartial } from '../../protocol/api.ts'
import type { apis, RequestOf } from '../../protocol/apis.ts'
import type { Metadata } from '../cluster/metadata.ts'
import type { FetcherOptions } from '../contracts.ts'
import type { FetchPosition } from './fetch-position.ts'

type FetchRequest = DeepPartial<RequestOf<typeof apis.fetch>>

const isolationLevels = { read_uncommitted: 0, read_committed: 1 } as const
/** From here on topics go by their id. */
const topicIdVersion = 13
const noTopicId = '0'.repeat(32)

/**
 * A full request, without a session, for these partitions in this order. A topic's id is the one that its positions were found
 * with: a refresh may have dropped the topic from the metadata while the connection was awaited.
 */
export function fetchRequest(
  positions: readonly FetchPosition[],
  options: FetcherOptions,
  metadata: Metadata,
  version: number,
): FetchRequest {
  const byTopic = Map.groupBy(positions, ({ topic }) => topic)
  return {
    maxWaitMs: options.maxWaitMs,
    minBytes: options.minBytes,
    maxBytes: options.maxBytes,
    isolationLevel: isolationLevels[options.isolation],
    topics: [...byTopic].map(([topic, partitions]) => ({
      ...(version >= topicIdVersion ? { topicId: partitions[0]?.topicId ?? noTopicId } : { topic }),
      partitions: partitions.map(({ partition, offset }) => ({
        partition,
        currentLeaderEpoch: metadata.partition(topic, partition)?.leaderEpoch ?? -1,
        fetchOffset: offset,
        partitionMaxBytes: options.maxPartitionBytes,
      })),
    })),
  }
}

import { StreamError } from '../../base/errors.ts'
import { apis } from '../../protocol/apis.ts'
import type { Cluster } from '../cluster/cluster.ts'

const topicResource = 2
const settings = {
  batchBytes: 'max.message.bytes',
  beforeMaxMs: 'message.timestamp.before.max.ms',
  afterMaxMs: 'message.timestamp.after.max.ms',
  timestampType: 'message.timestamp.type',
  cleanup: 'cleanup.policy',
} as const

/** What a topic takes; infinite where nobody says. */
export interface TopicLimits {
  /** A batch may have so many bytes. */
  readonly batchBytes: number
  /** A record's time may be so far behind the broker's clock. */
  readonly beforeMaxMs: number
  /** And so far ahead of it. */
  readonly afterMaxMs: number
  /** Records without a key are refused: the topic is compacted. */
  readonly needsKeys: boolean
}

export const noLimits: TopicLimits = {
  batchBytes: Infinity,
  beforeMaxMs: Infinity,
  afterMaxMs: Infinity,
  needsKeys: false,
}

/**
 * What a topic takes, by its own settings (they may be hidden from this client). What exceeds it would be refused in the middle of a
 * transaction, where the record that was too much can no longer be told.
 */
export async function topicLimits(cluster: Cluster, topic: string): Promise<TopicLimits> {
  try {
    const response = await cluster.retryingAny((connection) =>
      connection.send(apis.describeConfigs, () => ({
        resources: [
          {
            resourceType: topicResource,
            resourceName: topic,
            configurationKeys: Object.values(settings),
          },
        ],
      })),
    )
    return limitsOf(new Map(response.results[0]?.configs.map(({ name, value }) => [name, value])))
  } catch (error) {
    if (error instanceof StreamError && error.code === 'API_NOT_SUPPORTED') return noLimits
    throw error
  }
}

function limitsOf(configs: ReadonlyMap<string, string | null>): TopicLimits {
  const limit = (name: string): number => {
    const value = configs.get(name)
    const number = value === null || value === undefined ? Infinity : Number(value)
    // The largest number of 64 bits is Kafka's word for none.
    return number > Number.MAX_SAFE_INTEGER ? Infinity : number
  }
  // Where the broker stamps records, it does not look at the times that they come with.
  const stamps = configs.get(settings.timestampType) === 'LogAppendTime'
  return {
    batchBytes: limit(settings.batchBytes),
    beforeMaxMs: stamps ? Infinity : limit(settings.beforeMaxMs),
    afterMaxMs: stamps ? Infinity : limit(settings.afterMaxMs),
    needsKeys: configs.get(settings.cleanup)?.split(',').includes('compact') === true,
  }
}

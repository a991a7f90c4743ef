import { StreamError } from '../../base/errors.ts'
import { apis } from '../../protocol/apis.ts'
import type { Cluster } from '../cluster/cluster.ts'

const topicResource = 2
const setting = 'max.message.bytes'

/**
 * How large a batch a topic takes, by its own settings; infinite where nobody says (settings may be hidden from this client). What
 * exceeds it would be refused in the middle of a transaction, where the record that was too large can no longer be told.
 */
export async function topicBatchLimit(cluster: Cluster, topic: string): Promise<number> {
  try {
    const response = await cluster.retryingAny((connection) =>
      connection.send(apis.describeConfigs, () => ({
        resources: [{ resourceType: topicResource, resourceName: topic, configurationKeys: [setting] }],
      })),
    )
    const value = response.results[0]?.configs.find(({ name }) => name === setting)?.value
    return value === null || value === undefined ? Infinity : Number(value)
  } catch (error) {
    if (error instanceof StreamError && error.code === 'API_NOT_SUPPORTED') return Infinity
    throw error
  }
}

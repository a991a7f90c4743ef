import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import type { BrokerConnection } from '../cluster/broker-connection.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { topicMissing } from '../topic-missing.ts'
import { checkResponse } from '../cluster/response-error.ts'
import type { NewTopic } from '../contracts.ts'

const topicResource = 2
const operations = { set: 0, delete: 1 } as const

/** @returns names that existed already */
export async function createTopics(
  connection: BrokerConnection,
  topics: readonly NewTopic[],
  options: { readonly timeoutMs: number; readonly validateOnly: boolean },
): Promise<string[]> {
  const response = await connection.send(apis.createTopics, () => ({
    ...options,
    topics: topics.map(({ name, partitions, replicationFactor, configs }) => ({
      name,
      numPartitions: partitions,
      replicationFactor,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    })),
  }))
  const existing: string[] = []
  for (const { name, errorCode, errorMessage } of response.topics) {
    if (kafkaErrorName(errorCode) === 'TOPIC_ALREADY_EXISTS') existing.push(name)
    else checkResponse(errorCode, `create topic "${name}"`, errorMessage)
  }
  return existing
}

/** @returns names that did not exist */
export async function deleteTopics(
  connection: BrokerConnection,
  names: readonly string[],
  timeoutMs: number,
): Promise<string[]> {
  const response = await connection.send(apis.deleteTopics, (version) => ({
    timeoutMs,
    ...(version >= 6 ? { topics: names.map((name) => ({ name })) } : { topicNames: names }),
  }))
  const missing: string[] = []
  for (const { name, errorCode, errorMessage } of response.responses) {
    if (kafkaErrorName(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') missing.push(name ?? '')
    else checkResponse(errorCode, `delete topic "${name}"`, errorMessage)
  }
  return missing
}

export async function createPartitions(
  connection: BrokerConnection,
  topic: string,
  count: number,
  timeoutMs: number,
): Promise<void> {
  const response = await connection.send(apis.createPartitions, () => ({
    timeoutMs,
    topics: [{ name: topic, count, assignments: null }],
  }))
  for (const { errorCode, errorMessage } of response.results) {
    if (kafkaErrorName(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') throw topicMissing(topic)
    checkResponse(errorCode, `give topic "${topic}" ${count} partitions`, errorMessage)
  }
}

/**
 * Settings in force by topic, defaults included; those that are secret are left out, and topics that are not there.
 *
 * @param names - null: all
 */
export async function topicConfigs(
  cluster: Cluster,
  topics: readonly string[],
  names: readonly string[] | null = null,
): Promise<Map<string, Record<string, string>>> {
  return cluster.retryingAny(async (connection) => {
    const { results } = await connection.send(apis.describeConfigs, () => ({
      resources: topics.map((resourceName) => ({
        resourceType: topicResource,
        resourceName,
        configurationKeys: names === null ? null : [...names],
      })),
    }))
    const known = results.filter(
      ({ errorCode }) => kafkaErrorName(errorCode) !== 'UNKNOWN_TOPIC_OR_PARTITION',
    )
    return new Map(known.map((result) => [result.resourceName, configsOf(result)]))
  })
}

type DescribedConfigs = ResponseOf<typeof apis.describeConfigs>['results'][number]

function configsOf({
  resourceName: topic,
  errorCode,
  errorMessage,
  configs,
}: DescribedConfigs): Record<string, string> {
  checkResponse(errorCode, `read the settings of topic "${topic}"`, errorMessage)
  return Object.fromEntries(
    configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])),
  )
}

/** @param changes - null: back to the default */
export async function alterTopicConfigs(
  connection: BrokerConnection,
  topic: string,
  changes: Readonly<Record<string, string | null>>,
): Promise<void> {
  const configs = Object.entries(changes).map(([name, value]) => ({
    name,
    configOperation: value === null ? operations.delete : operations.set,
    value,
  }))
  const { responses } = await connection.send(apis.incrementalAlterConfigs, () => ({
    resources: [{ resourceType: topicResource, resourceName: topic, configs }],
  }))
  for (const { errorCode, errorMessage } of responses) {
    if (kafkaErrorName(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') throw topicMissing(topic)
    checkResponse(errorCode, `change the settings of topic "${topic}"`, errorMessage)
  }
}

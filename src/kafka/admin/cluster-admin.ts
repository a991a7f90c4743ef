import { StreamError } from '../../base/errors.ts'
import { isRetriable, kafkaErrorName } from '../../protocol/error-codes.ts'
import type { BrokerConnection } from '../cluster/broker-connection.ts'
import { askMetadata, mainLane, type Cluster } from '../cluster/cluster.ts'
import { topicMissing } from '../topic-missing.ts'
import { topicFacts, type TopicFacts } from '../cluster/metadata.ts'
import { checkResponse, responseError } from '../cluster/response-error.ts'
import { retrying } from '../cluster/retrying.ts'
import type {
  Admin,
  CommittedOffset,
  GroupDescription,
  GroupListing,
  IsolationLevel,
  NewTopic,
  TopicDescription,
  TopicPartition,
} from '../contracts.ts'
import {
  deleteGroup,
  deleteGroupOffsets,
  describeGroup,
  groupOffsets,
  listGroups,
  removeMembers,
  setGroupOffsets,
} from './group-requests.ts'
import { deleteRecords, epochEnds, listOffsets } from './leader-requests.ts'
import {
  alterTopicConfigs,
  createPartitions,
  createTopics,
  deleteTopics,
  topicConfigs,
} from './topic-requests.ts'

export class ClusterAdmin implements Admin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  listTopics(): Promise<TopicDescription[]> {
    return this.#describe(null)
  }

  describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    return names.length === 0 ? Promise.resolve([]) : this.#describe(names)
  }

  async createTopics(topics: readonly NewTopic[]): Promise<string[]> {
    if (topics.length === 0) return []
    const { requestTimeoutMs } = this.#cluster.context
    // A try whose answer was lost may have made them: then the next one would say that they existed already.
    let tries = 0
    const existing = await this.#atController((connection) => {
      tries++
      return createTopics(connection, topics, { timeoutMs: requestTimeoutMs, validateOnly: false })
    })
    // Of one that existed, nobody said how many partitions it has: there may be fewer than were asked for.
    await this.#untilLed(
      topics.map((topic) => (existing.includes(topic.name) ? { ...topic, partitions: -1 } : topic)),
    )
    return tries === 1 ? existing : []
  }

  existingTopics(topics: readonly NewTopic[]): Promise<string[]> {
    const options = { timeoutMs: this.#cluster.context.requestTimeoutMs, validateOnly: true }
    return this.#atController((connection) => createTopics(connection, topics, options))
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    const { requestTimeoutMs } = this.#cluster.context
    let tries = 0
    const missing = await this.#atController((connection) => {
      tries++
      return deleteTopics(connection, names, requestTimeoutMs)
    })
    // A try whose answer was lost may have deleted them.
    if (missing[0] !== undefined && tries === 1) throw topicMissing(missing[0])
  }

  async createPartitions(topic: string, count: number): Promise<void> {
    const { requestTimeoutMs } = this.#cluster.context
    // A try whose answer was lost may have made them: then the next one would say that there are as many already.
    let tries = 0
    await this.#atController(async (connection) => {
      if (tries++ > 0 && (await this.#partitionCount(topic)) === count) return
      await createPartitions(connection, topic, count, requestTimeoutMs)
    })
    await this.#untilLed([{ name: topic, partitions: count }])
  }

  deleteRecords(before: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    return deleteRecords(this.#cluster, before)
  }

  epochEnds(
    positions: readonly (TopicPartition & { readonly leaderEpoch: number })[],
  ): Promise<Map<string, number>> {
    return epochEnds(this.#cluster, positions)
  }

  listOffsets(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | number,
    isolation: IsolationLevel,
  ): Promise<Map<string, number>> {
    return listOffsets(this.#cluster, partitions, at, isolation)
  }

  async topicConfigs(topic: string): Promise<Record<string, string>> {
    const settings = (await topicConfigs(this.#cluster, [topic])).get(topic)
    if (settings === undefined) throw topicMissing(topic)
    return settings
  }

  topicSettings(
    topics: readonly string[],
    names: readonly string[],
  ): Promise<Map<string, Record<string, string>>> {
    return topics.length === 0 ? Promise.resolve(new Map()) : topicConfigs(this.#cluster, topics, names)
  }

  alterTopicConfigs(topic: string, changes: Readonly<Record<string, string | null>>): Promise<void> {
    return this.#atController((connection) => alterTopicConfigs(connection, topic, changes))
  }

  listGroups(): Promise<GroupListing[]> {
    return listGroups(this.#cluster)
  }

  describeGroup(groupId: string): Promise<GroupDescription | undefined> {
    return describeGroup(this.#cluster, groupId)
  }

  groupOffsets(groupId: string): Promise<CommittedOffset[]> {
    return groupOffsets(this.#cluster, groupId)
  }

  setGroupOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    return setGroupOffsets(this.#cluster, groupId, offsets)
  }

  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    return deleteGroupOffsets(this.#cluster, groupId, partitions)
  }

  deleteGroup(groupId: string): Promise<void> {
    return deleteGroup(this.#cluster, groupId)
  }

  removeMembers(groupId: string, instanceIds: readonly string[]): Promise<void> {
    return removeMembers(this.#cluster, groupId, instanceIds)
  }

  #describe(names: readonly string[] | null): Promise<TopicDescription[]> {
    return this.#cluster.retryingAny(async (connection) => {
      const { topics } = await askMetadata(connection, names)
      return topics.flatMap((topic) => {
        const error = kafkaErrorName(topic.errorCode)
        if (error === 'UNKNOWN_TOPIC_OR_PARTITION') return []
        if (error !== 'LEADER_NOT_AVAILABLE') checkResponse(topic.errorCode, `describe topic "${topic.name}"`)
        return [topicFacts(topic)]
      })
    })
  }

  async #partitionCount(topic: string): Promise<number | undefined> {
    const [described] = await this.#describe([topic])
    return described?.partitions.length
  }

  /** Old clusters take changes at the controller only; newer ones name a broker that passes them on. */
  async #atController<T>(attempt: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    const { context, metadata, connections } = this.#cluster
    if (metadata.controller === undefined) await this.#cluster.refresh()
    return retrying(context, context.retryTimeoutMs, async () => {
      const { controller } = metadata
      const connection =
        controller === undefined
          ? await this.#cluster.anyBroker()
          : await connections.get(controller, mainLane).catch(() => this.#cluster.anyBroker())
      try {
        return await attempt(connection)
      } catch (error) {
        this.#cluster.refreshSoon()
        throw error
      }
    })
  }

  /**
   * Waits until every partition of these topics has a leader: before, whoever uses them gets errors.
   *
   * @throws StreamError `NOT_AUTHORIZED` and the like where the brokers will never tell
   */
  #untilLed(topics: readonly Pick<NewTopic, 'name' | 'partitions'>[]): Promise<void> {
    const { context, metadata } = this.#cluster
    const names = topics.map(({ name }) => name)
    return retrying(context, context.retryTimeoutMs, async () => {
      await this.#cluster.refresh(names)
      for (const name of names) {
        const refusal = metadata.refusal(name) ?? 0
        if (refusal !== 0 && !isRetriable(refusal)) throw responseError(refusal, `use topic "${name}"`)
      }
      const waiting = topics.filter(({ name, partitions }) => !isLed(metadata.topic(name), partitions))
      if (waiting.length === 0) return
      const listed = waiting.map(({ name }) => `"${name}"`).join(', ')
      throw new StreamError('KAFKA_RETRIABLE', `the partitions of ${listed} have no leader yet`)
    })
  }
}

/** @param count - −1 where the cluster chose it */
function isLed(topic: TopicFacts | undefined, count: number): boolean {
  if (topic === undefined || topic.partitions.length < Math.max(1, count)) return false
  return topic.partitions.every(({ leader }) => leader >= 0)
}

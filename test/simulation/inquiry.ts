/** Asks brokers what nobody in the engine is asked: committed offsets as they stand, open transactions, who is in the group. */
import { partitionKey } from '../../src/kafka/contracts.ts'
import type { TopicPartition } from '../../src/kafka/contracts.ts'
import { apis } from '../../src/protocol/apis.ts'
import { TestClient } from '../../src/broker/fixtures/test-broker.ts'
import type { TestCluster } from '../../src/testing/cluster.ts'
import type { CommittedPosition } from './audit/evidence.ts'

const groupId = 'app'
const unfinished = new Set(['Ongoing', 'PrepareCommit', 'PrepareAbort'])

export class Inquiry {
  readonly #cluster: TestCluster

  constructor(cluster: TestCluster) {
    this.#cluster = cluster
  }

  #coordinator(): TestClient {
    const { broker } = this.#cluster
    return new TestClient(broker, 'test', broker.cluster.coordinatorOf('group', groupId))
  }

  /** In order of topic and partition. */
  async committed(): Promise<CommittedPosition[]> {
    const request = { groups: [{ groupId, topics: null }], requireStable: false }
    const { groups } = await this.#cluster.run(this.#coordinator().send(apis.offsetFetch, request, 9))
    const positions = (groups[0]?.topics ?? []).flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset, metadata }) => ({
        topic: name,
        partition: partitionIndex,
        offset: committedOffset,
        metadata: metadata ?? '',
      })),
    )
    return positions.toSorted((a, b) => (partitionKey(a) < partitionKey(b) ? -1 : 1))
  }

  /** One line for each transactional id that is in the middle of something. */
  async transactions(): Promise<string[]> {
    const { broker } = this.#cluster
    const lines: string[] = []
    for (const nodeId of broker.cluster.nodeIds) {
      const client = new TestClient(broker, 'test', nodeId)
      const { transactionStates } = await this.#cluster.run(client.send(apis.listTransactions, {}, 1))
      for (const { transactionalId, transactionState } of transactionStates)
        if (unfinished.has(transactionState))
          lines.push(`transaction of ${transactionalId} is ${transactionState}`)
    }
    return lines
  }

  async group(): Promise<string> {
    const { groups } = await this.#cluster.run(
      this.#coordinator().send(apis.describeGroups, { groups: [groupId] }, 5),
    )
    const members = (groups[0]?.members ?? []).map(({ groupInstanceId }) => groupInstanceId)
    return `group is ${groups[0]?.groupState} with ${members.join(', ') || 'nobody'}`
  }

  /** All partitions of these topics, as many as they have; of those that are not there yet, the ones that are expected. */
  async partitions(expected: readonly TopicPartition[]): Promise<TopicPartition[]> {
    const topics = await this.#cluster.run(this.#cluster.kafka.admin.listTopics())
    return [...Map.groupBy(expected, ({ topic }) => topic)].flatMap(([topic, parts]) => {
      const known = topics.find(({ name }) => name === topic)
      return known?.partitions.map(({ partition }) => ({ topic, partition })) ?? parts
    })
  }

  /** The offset after the last record that readers see, by partition. */
  async ends(partitions: readonly TopicPartition[]): Promise<Map<string, number>> {
    const { admin } = this.#cluster.kafka
    return this.#cluster.run(admin.listOffsets(partitions, 'latest', 'read_committed'))
  }

  /** Partitions in which a transaction is open. */
  async openPartitions(): Promise<string[]> {
    const { admin } = this.#cluster.kafka
    const topics = await this.#cluster.run(admin.listTopics())
    const partitions = topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition })),
    )
    const stable = await this.#cluster.run(admin.listOffsets(partitions, 'latest', 'read_committed'))
    const ends = await this.#cluster.run(admin.listOffsets(partitions, 'latest', 'read_uncommitted'))
    return partitions.map(partitionKey).filter((key) => stable.get(key) !== ends.get(key))
  }
}

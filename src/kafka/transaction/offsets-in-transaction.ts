import { apis } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { mainLane, type Cluster } from '../cluster/cluster.ts'
import { Coordinator } from '../cluster/coordinators.ts'
import { isTransient } from '../cluster/retrying.ts'
import type { CommittedOffset, GroupMetadata } from '../contracts.ts'
import { retryingAcrossGenerations } from '../group/generation-retry.ts'
import type { ProducerIdentity } from '../produce/sender.ts'

export interface OffsetsTransaction {
  readonly transactionalId: string
  readonly identity: ProducerIdentity
  readonly versionMax: number
}

/** Sends offsets to groups' coordinators inside a transaction; keeps the coordinator of each group. */
export class OffsetsInTransaction {
  readonly #cluster: Cluster
  readonly #coordinators = new Map<string, Coordinator>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** @throws StreamError `MEMBER_FENCED`, `PRODUCER_FENCED`, … */
  async commit(
    transaction: OffsetsTransaction,
    offsets: readonly CommittedOffset[],
    group: GroupMetadata,
  ): Promise<void> {
    await retryingAcrossGenerations(this.#cluster.context, group, (as) =>
      this.#send(transaction, offsets, as),
    )
  }

  async #send(
    { transactionalId, identity, versionMax }: OffsetsTransaction,
    offsets: readonly CommittedOffset[],
    group: GroupMetadata,
  ): Promise<void> {
    const { groupId } = group
    const byTopic = Map.groupBy(offsets, ({ topic }) => topic)
    const response = await this.#coordinator(groupId).once(mainLane, (connection) =>
      connection.send(
        apis.txnOffsetCommit,
        () => ({
          transactionalId,
          groupId,
          ...identity,
          generationId: group.generation,
          memberId: group.memberId,
          groupInstanceId: group.instanceId ?? null,
          topics: [...byTopic].map(([name, parts]) => ({
            name,
            partitions: parts.map(({ partition, offset, leaderEpoch, metadata }) => ({
              partitionIndex: partition,
              committedOffset: offset,
              committedLeaderEpoch: leaderEpoch ?? -1,
              committedMetadata: metadata,
            })),
          })),
        }),
        { maxVersion: versionMax },
      ),
    )
    for (const { name, partitions } of response.topics) {
      const refused = partitions.find(({ errorCode }) => errorCode !== 0)
      if (refused !== undefined) this.#refused(groupId, name, refused.errorCode)
    }
  }

  #refused(groupId: string, topic: string, code: number): never {
    const what = `commit offsets of group "${groupId}" in the transaction`
    const error = this.#cluster.topicError(topic, code, what)
    // Of a topic that is not there another coordinator knows no more.
    if (isTransient(error) && kafkaErrorName(code) !== 'UNKNOWN_TOPIC_OR_PARTITION')
      this.#coordinators.delete(groupId)
    throw error
  }

  #coordinator(groupId: string): Coordinator {
    const known = this.#coordinators.get(groupId)
    if (known !== undefined) return known
    const coordinator = new Coordinator(this.#cluster, { kind: 'group', key: groupId })
    this.#coordinators.set(groupId, coordinator)
    return coordinator
  }
}

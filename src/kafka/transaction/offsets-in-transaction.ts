import { apis } from '../../protocol/apis.ts'
import { mainLane, type Cluster } from '../cluster/cluster.ts'
import { Coordinator } from '../cluster/coordinators.ts'
import { kafkaNameOf, responseError } from '../cluster/response-error.ts'
import { isTransient, retrying } from '../cluster/retrying.ts'
import type { CommittedOffset, GroupMetadata } from '../contracts.ts'
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

  /**
   * The group may rebalance while a commit is under way: now the coordinator begins a generation; now it reads a commit of
   * the one before and refuses it. The partitions are still the member's (a revocation waits for it), so where `group` has
   * moved on meanwhile with the same member id, the same offsets are sent with the new generation.
   *
   * @throws StreamError `MEMBER_FENCED`, `PRODUCER_FENCED`, …
   */
  async commit(
    transaction: OffsetsTransaction,
    offsets: readonly CommittedOffset[],
    group: GroupMetadata,
  ): Promise<void> {
    const { memberId } = group
    let sentGeneration = group.generation
    const movedOn = (error: unknown): boolean =>
      kafkaNameOf(error) === 'ILLEGAL_GENERATION' &&
      group.memberId === memberId &&
      group.generation > sentGeneration
    await retrying(
      this.#cluster.context,
      this.#cluster.context.retryTimeoutMs,
      () => {
        sentGeneration = group.generation
        return this.#send(transaction, offsets, { ...groupOf(group), memberId, generation: sentGeneration })
      },
      (error) => isTransient(error) || movedOn(error),
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
    for (const { partitions } of response.topics) {
      const refused = partitions.find(({ errorCode }) => errorCode !== 0)
      if (refused !== undefined) this.#refused(groupId, refused.errorCode)
    }
  }

  #refused(groupId: string, code: number): never {
    const error = responseError(code, `commit offsets of group "${groupId}" in the transaction`)
    if (isTransient(error)) this.#coordinators.delete(groupId)
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

function groupOf({ groupId, instanceId }: GroupMetadata): Pick<GroupMetadata, 'groupId' | 'instanceId'> {
  return { groupId, instanceId }
}

import { StreamError } from '../../base/errors.ts'
import { apis } from '../../protocol/apis.ts'
import { decodeAssignment, encodeSubscription } from '../../protocol/consumer-protocol.ts'
import { isRetriable, kafkaErrorName } from '../../protocol/error-codes.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Coordinator } from '../cluster/coordinators.ts'
import { checkResponse } from '../cluster/response-error.ts'
import type { GroupMetadata, GroupOptions, TopicPartition } from '../contracts.ts'
import { assignMembers, readSubscriptions, type JoinedMember } from './leader.ts'
import { byTopic, flattened } from './partition-set.ts'

export interface Joined {
  readonly generation: number
  readonly memberId: string
  /** Whether this member divides the partitions now; `members` are then all of them. */
  readonly assigns: boolean
  readonly leads: boolean
  readonly protocolName: string
  readonly members: readonly JoinedMember[]
}

export interface Assigned {
  readonly partitions: readonly TopicPartition[]
  readonly userData: Buffer
}

/** How often a member may be told to come again with the id it was just given. */
const memberIdRoundsMax = 5
const protocolType = 'consumer'
const noBytes = Buffer.alloc(0)

/** The conversation of one member with its group's coordinator. */
export class GroupProtocol {
  readonly #cluster: Cluster
  readonly #options: GroupOptions
  readonly #coordinator: Coordinator
  readonly #lane: string
  /** Partitions of each topic as they were when this member last divided them; what it watches as leader. */
  divided: ReadonlyMap<string, number> = new Map()

  constructor(cluster: Cluster, options: GroupOptions, coordinator: Coordinator, lane: string) {
    this.#cluster = cluster
    this.#options = options
    this.#coordinator = coordinator
    this.#lane = lane
  }

  /**
   * Waits until the coordinator has gathered all members, the rebalance timeout at most.
   *
   * @throws StreamError `NOT_AUTHORIZED`, `TOPIC_INVALID` for a topic that it subscribes to
   */
  async join(group: GroupMetadata, owned: readonly TopicPartition[]): Promise<Joined> {
    const { assignor, subscription } = this.#options
    const { topics, userData } = subscription()
    if (topics.some((topic) => this.#cluster.metadata.topic(topic) === undefined)) await this.#lookAt(topics)
    const metadata = encodeSubscription({
      topics,
      userData,
      ownedPartitions: assignor.protocol === 'cooperative' ? byTopic(owned) : [],
      generationId: group.generation,
    })
    let { memberId } = group
    for (let round = 0; round < memberIdRoundsMax; round++) {
      const answer = await this.#joinAs(memberId, metadata)
      if (kafkaErrorName(answer.errorCode) !== 'MEMBER_ID_REQUIRED') {
        const leads = answer.leader === answer.memberId
        return {
          generation: answer.generationId,
          memberId: answer.memberId,
          leads,
          assigns: leads && !answer.skipAssignment,
          protocolName: answer.protocolName ?? assignor.name,
          members: answer.members,
        }
      }
      memberId = answer.memberId
    }
    throw new StreamError('KAFKA_RETRIABLE', `group "${group.groupId}" gives out member ids without end`)
  }

  /** Tells the assignment if this member divides, and gets its own. */
  async sync(group: GroupMetadata, joined: Joined): Promise<Assigned> {
    const assignments = joined.assigns ? await this.#divide(joined.members) : []
    const answer = await this.#coordinator.once(this.#lane, async (connection) => {
      const response = await connection.send(
        apis.syncGroup,
        () => ({
          ...memberOf(group),
          protocolType,
          protocolName: joined.protocolName,
          assignments,
        }),
        { extraMs: this.#options.rebalanceTimeoutMs },
      )
      checkResponse(response.errorCode, `get the assignment of group "${group.groupId}"`)
      return response
    })
    if (answer.assignment.length === 0) return { partitions: [], userData: noBytes }
    const { assignedPartitions, userData } = decodeAssignment(answer.assignment)
    return { partitions: flattened(assignedPartitions), userData: userData ?? noBytes }
  }

  /** @throws what the coordinator answers */
  async heartbeat(group: GroupMetadata): Promise<void> {
    await this.#coordinator.once(this.#lane, async (connection) => {
      const { errorCode } = await connection.send(apis.heartbeat, () => memberOf(group))
      checkResponse(errorCode, `stay in group "${group.groupId}"`)
    })
  }

  async leave(group: GroupMetadata): Promise<void> {
    const { groupId, memberId, instanceId } = group
    await this.#coordinator.once(this.#lane, async (connection) => {
      const { errorCode } = await connection.send(apis.leaveGroup, (version) =>
        version >= 3
          ? { groupId, members: [{ memberId, groupInstanceId: instanceId ?? null, reason: 'closed' }] }
          : { groupId, memberId },
      )
      checkResponse(errorCode, `leave group "${groupId}"`)
    })
  }

  /** Whether a topic that this member divided has other partitions now. */
  get topicsChanged(): boolean {
    for (const [topic, count] of this.divided) if (this.#countOf(topic) !== count) return true
    return false
  }

  #joinAs(memberId: string, metadata: Buffer) {
    const { groupId, instanceId, assignor, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    return this.#coordinator.retrying(this.#lane, async (connection) => {
      const response = await connection.send(
        apis.joinGroup,
        () => ({
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId,
          groupInstanceId: instanceId ?? null,
          protocolType,
          protocols: [{ name: assignor.name, metadata }],
        }),
        { extraMs: rebalanceTimeoutMs },
      )
      if (kafkaErrorName(response.errorCode) !== 'MEMBER_ID_REQUIRED') {
        checkResponse(response.errorCode, `join group "${groupId}"`)
      }
      return response
    })
  }

  async #divide(members: readonly JoinedMember[]) {
    const subscriptions = readSubscriptions(members)
    const names = [...new Set(subscriptions.flatMap(({ topics }) => topics))]
    await this.#lookAt(names)
    this.divided = new Map(names.map((name) => [name, this.#countOf(name)]))
    const topics = new Map([...this.divided].filter(([, count]) => count > 0))
    return assignMembers(this.#options.assignor, subscriptions, topics)
  }

  /**
   * A topic that is not there may come, and is waited for; one that the brokers will never tell of would be for ever.
   *
   * @throws StreamError `NOT_AUTHORIZED`, `TOPIC_INVALID`
   */
  async #lookAt(topics: readonly string[]): Promise<void> {
    await this.#cluster.refresh(topics)
    for (const topic of topics) {
      const refusal = this.#cluster.metadata.refusal(topic) ?? 0
      if (refusal !== 0 && !isRetriable(refusal)) throw this.#cluster.whyUnknown(topic)
    }
  }

  #countOf(topic: string): number {
    return this.#cluster.metadata.topic(topic)?.partitions.length ?? 0
  }
}

function memberOf({ groupId, generation, memberId, instanceId }: GroupMetadata) {
  return { groupId, generationId: generation, memberId, groupInstanceId: instanceId ?? null }
}

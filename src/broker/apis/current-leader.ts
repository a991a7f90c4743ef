/**
 * Where a client finds the leader of a partition that it asked the wrong node for (KIP-951): answers of Produce and Fetch name it, and its
 * address beside, so that nobody needs to ask for metadata first.
 */
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import type { Topic } from '../topics/topics.ts'
import type { Call, NodeEndpoint } from './api-handler.ts'
import type { Found } from './partition-lookup.ts'

interface CurrentLeader {
  readonly leaderId: number
  readonly leaderEpoch: number
}

const ofOtherLeader = new Set([
  kafkaErrorCode('NOT_LEADER_OR_FOLLOWER'),
  kafkaErrorCode('FENCED_LEADER_EPOCH'),
])

/** Collects what one answer says of leaders. */
export class CurrentLeaders {
  readonly #call: Call
  readonly #since: { readonly leader: number; readonly endpoints: number }
  readonly #named = new Set<number>()

  /** @param since - the versions of the API that have a place for leaders, and for their addresses */
  constructor(call: Call, since: { readonly leader: number; readonly endpoints: number }) {
    this.#call = call
    this.#since = since
  }

  /** What the answer for this partition says beside its error. */
  of(
    { errorCode = 0 }: { readonly errorCode?: number },
    topic: Found<Topic>,
    partition: number,
  ): { currentLeader?: CurrentLeader } {
    const { node, apiVersion } = this.#call
    if (!ofOtherLeader.has(errorCode) || topic.kind === 'missing' || apiVersion < this.#since.leader)
      return {}
    const leaderEpoch = topic.it.partitions[partition]?.leaderEpoch ?? -1
    const { leaderId } = node.layout.placementOf(topic.it, partition)
    this.#named.add(leaderId)
    return { currentLeader: { leaderId, leaderEpoch } }
  }

  /** What the whole answer says. */
  endpoints(): { nodeEndpoints?: readonly NodeEndpoint[] } {
    if (this.#named.size === 0 || this.#call.apiVersion < this.#since.endpoints) return {}
    return { nodeEndpoints: this.#call.endpoints().filter(({ nodeId }) => this.#named.has(nodeId)) }
  }
}

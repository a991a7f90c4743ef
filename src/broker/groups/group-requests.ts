import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { GroupProtocol, JoinResult } from './members.ts'

export interface JoinRequest {
  readonly memberId: string
  readonly instanceId: string | undefined
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly GroupProtocol[]
  /** Whether a member without an id is first told one and has to come again with it. */
  readonly needsKnownId: boolean
  /** Whether a replaced leader understands that it has nothing to assign. */
  readonly maySkipAssignment: boolean
}

export interface SyncRequest {
  readonly memberId: string
  readonly instanceId: string | undefined
  readonly generation: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

export interface MemberClaim {
  readonly memberId: string
  readonly instanceId: string | undefined
}

export interface OffsetCommitClaim extends MemberClaim {
  /** Or the member's epoch; −1 for who commits without being a member. */
  readonly generation: number
  readonly transactional: boolean
  /** Of those partitions, as `topicId:partition`, that there are. */
  readonly partitions: () => readonly string[]
}

export interface GroupSettings {
  readonly clock: Clock
  readonly logger: Logger
  /** How long the first rebalance of an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number
  readonly sizeMax: number
  /** A fresh member id, given what it begins with. */
  readonly newMemberId: (prefix: string) => string
}

export function refusedJoin(error: KafkaErrorName, memberId: string): JoinResult {
  return {
    error,
    memberId,
    generation: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    members: [],
    skipAssignment: false,
  }
}

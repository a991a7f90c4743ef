import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { StateKeeper } from '../log/state-log.ts'
import { ClassicGroup } from './classic-group.ts'
import { ConsumerGroup, type ConsumerGroupSettings } from './consumer-group.ts'
import { GroupOffsets } from './group-offsets.ts'
import type { GroupSettings, OffsetCommitClaim } from './group-requests.ts'

export type Group = ClassicGroup | ConsumerGroup

export interface CoordinatorSettings {
  readonly classic: GroupSettings
  readonly consumer: ConsumerGroupSettings
  readonly groupsMax: number
  /** Where offsets are written down. */
  readonly state: StateKeeper
}

/**
 * All groups of a cluster. A group is of the kind of its members; one without members becomes of the other kind when somebody of that
 * kind joins, and keeps its offsets.
 */
export class GroupCoordinator {
  readonly #settings: CoordinatorSettings
  readonly #groups = new Map<string, Group>()

  constructor(settings: CoordinatorSettings) {
    this.#settings = settings
  }

  all(): Group[] {
    return [...this.#groups.values()]
  }

  get(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  classic(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.kind === 'classic' ? group : undefined
  }

  consumer(groupId: string): ConsumerGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.kind === 'consumer' ? group : undefined
  }

  /** The group, a classic one where there is none yet; undefined when there are too many. */
  obtain(groupId: string): Group | undefined {
    return this.#groups.get(groupId) ?? this.#make(groupId, (offsets) => this.#newClassic(groupId, offsets))
  }

  /** For who joins by the classic protocol. */
  obtainClassic(groupId: string): ClassicGroup | KafkaErrorName {
    const known = this.#groups.get(groupId)
    if (known?.kind === 'classic') return known
    if (known?.kill() === false) return 'INCONSISTENT_GROUP_PROTOCOL'
    const make = (offsets: GroupOffsets): ClassicGroup => this.#newClassic(groupId, offsets)
    return this.#make(groupId, make) ?? 'COORDINATOR_NOT_AVAILABLE'
  }

  /** For who joins by the consumer protocol. */
  obtainConsumer(groupId: string): ConsumerGroup | KafkaErrorName {
    const known = this.#groups.get(groupId)
    if (known?.kind === 'consumer') return known
    if (known?.kill() === false) return 'GROUP_ID_NOT_FOUND'
    const make = (offsets: GroupOffsets): ConsumerGroup =>
      new ConsumerGroup(groupId, this.#settings.consumer, offsets)
    return this.#make(groupId, make) ?? 'COORDINATOR_NOT_AVAILABLE'
  }

  /**
   * For who is a member by the consumer protocol already. After a restart a group with offsets is there without members: who was
   * one is told so, and joins again.
   */
  consumerOfMember(groupId: string): ConsumerGroup | KafkaErrorName {
    const known = this.#groups.get(groupId)
    if (known?.kind === 'consumer') return known
    return known?.state === 'empty' ? 'UNKNOWN_MEMBER_ID' : 'GROUP_ID_NOT_FOUND'
  }

  delete(groupId: string): KafkaErrorName {
    const group = this.#groups.get(groupId)
    if (group === undefined) return 'GROUP_ID_NOT_FOUND'
    if (group.state !== 'empty') return 'NON_EMPTY_GROUP'
    group.offsets.deleteAll()
    group.kill()
    this.#groups.delete(groupId)
    return 'NONE'
  }

  /** Brings back the offsets that were there when the broker was opened; members have to join again. */
  recover(): void {
    for (const kind of ['offset', 'pending-offset'])
      for (const entry of this.#settings.state.recovered(kind))
        this.obtain(String(entry.key[1]))?.offsets.recover(entry)
  }

  /** Whether these offsets may be committed: by a member of this generation, or by anyone while the group has no members. */
  checkCommit(groupId: string, claim: OffsetCommitClaim): KafkaErrorName {
    if (groupId === '') return 'INVALID_GROUP_ID'
    const group = this.#groups.get(groupId)
    if (group === undefined) return claim.generation < 0 ? 'NONE' : 'ILLEGAL_GENERATION'
    return group.kind === 'classic' ? checkClassic(group, claim) : checkConsumer(group, claim)
  }

  /** A deleted topic takes its offsets along. */
  forgetTopic(topic: string): void {
    for (const group of this.#groups.values())
      for (const entry of group.offsets.partitions())
        if (entry.topic === topic) group.offsets.delete(topic, entry.partition)
  }

  #newClassic(groupId: string, offsets: GroupOffsets): ClassicGroup {
    return new ClassicGroup(groupId, this.#settings.classic, offsets)
  }

  /** In place of the one that is there, with its offsets. */
  #make<G extends Group>(groupId: string, make: (offsets: GroupOffsets) => G): G | undefined {
    const before = this.#groups.get(groupId)
    if (before === undefined && !this.#makeRoom()) {
      const { classic, groupsMax } = this.#settings
      classic.logger.warn('too many groups', { groupsMax, refused: groupId })
      return undefined
    }
    const group = make(before?.offsets ?? new GroupOffsets(groupId, this.#settings.state))
    this.#groups.set(groupId, group)
    return group
  }

  #makeRoom(): boolean {
    if (this.#groups.size < this.#settings.groupsMax) return true
    const resting = this.all().filter(({ state, offsets }) => state === 'empty' && !offsets.hasPending)
    const [first, ...others] = resting
    if (first === undefined) return false
    const oldest = others.reduce(
      (old, one) => (one.offsets.committedAtMs < old.offsets.committedAtMs ? one : old),
      first,
    )
    return this.delete(oldest.groupId) === 'NONE'
  }
}

function checkClassic(group: ClassicGroup, claim: OffsetCommitClaim): KafkaErrorName {
  if (claim.generation < 0 && group.state === 'empty') return 'NONE'
  if (isAnonymous(claim)) return claim.transactional ? 'NONE' : 'UNKNOWN_MEMBER_ID'
  const error = group.checkMember(claim)
  if (error !== 'NONE') return error
  if (claim.generation !== group.generation) return 'ILLEGAL_GENERATION'
  if (!claim.transactional && group.state === 'completing') return 'REBALANCE_IN_PROGRESS'
  group.touch(claim.memberId)
  return 'NONE'
}

function checkConsumer(group: ConsumerGroup, claim: OffsetCommitClaim): KafkaErrorName {
  const error = group.checkCommit(claim)
  // A transaction's commit has no word for epochs.
  return claim.transactional && error === 'STALE_MEMBER_EPOCH' ? 'ILLEGAL_GENERATION' : error
}

function isAnonymous({ generation, memberId, instanceId }: OffsetCommitClaim): boolean {
  return generation < 0 && memberId === '' && instanceId === undefined
}

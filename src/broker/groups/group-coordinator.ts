import { ClassicGroup } from './classic-group.ts'
import type { GroupSettings, MemberClaim } from './group-requests.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'

export interface OffsetCommitClaim extends MemberClaim {
  /** −1 for who commits without being a member. */
  readonly generation: number
  readonly transactional: boolean
}

/** All groups of a cluster. */
export class GroupCoordinator {
  readonly #settings: GroupSettings
  readonly #groupsMax: number
  readonly #groups = new Map<string, ClassicGroup>()

  constructor(settings: GroupSettings, groupsMax: number) {
    this.#settings = settings
    this.#groupsMax = groupsMax
  }

  all(): ClassicGroup[] {
    return [...this.#groups.values()]
  }

  get(groupId: string): ClassicGroup | undefined {
    return this.#groups.get(groupId)
  }

  /** The group, made where there is none yet; undefined when there are too many. */
  obtain(groupId: string): ClassicGroup | undefined {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    if (!this.#makeRoom()) {
      this.#settings.logger.warn('too many groups', { groupsMax: this.#groupsMax, refused: groupId })
      return undefined
    }
    const group = new ClassicGroup(groupId, this.#settings)
    this.#groups.set(groupId, group)
    return group
  }

  #makeRoom(): boolean {
    if (this.#groups.size < this.#groupsMax) return true
    const idle = this.all().find(({ state, offsets }) => state === 'empty' && offsets.empty)
    return idle !== undefined && this.delete(idle.groupId) === 'NONE'
  }

  delete(groupId: string): KafkaErrorName {
    const group = this.#groups.get(groupId)
    if (group === undefined) return 'GROUP_ID_NOT_FOUND'
    if (!group.kill()) return 'NON_EMPTY_GROUP'
    this.#groups.delete(groupId)
    return 'NONE'
  }

  /** Whether these offsets may be committed: by a member of this generation, or by anyone while the group has no members. */
  checkCommit(groupId: string, claim: OffsetCommitClaim): KafkaErrorName {
    if (groupId === '') return 'INVALID_GROUP_ID'
    const group = this.#groups.get(groupId)
    if (group === undefined) return claim.generation < 0 ? 'NONE' : 'ILLEGAL_GENERATION'
    if (claim.generation < 0 && group.state === 'empty') return 'NONE'
    if (isAnonymous(claim)) return claim.transactional ? 'NONE' : 'UNKNOWN_MEMBER_ID'
    const error = group.checkMember(claim)
    if (error !== 'NONE') return error
    if (claim.generation !== group.generation) return 'ILLEGAL_GENERATION'
    if (!claim.transactional && group.state === 'completing') return 'REBALANCE_IN_PROGRESS'
    group.touch(claim.memberId)
    return 'NONE'
  }

  /** A deleted topic takes its offsets along. */
  forgetTopic(topic: string): void {
    for (const group of this.#groups.values())
      for (const entry of group.offsets.partitions())
        if (entry.topic === topic) group.offsets.delete(topic, entry.partition)
  }
}

function isAnonymous({ generation, memberId, instanceId }: OffsetCommitClaim): boolean {
  return generation < 0 && memberId === '' && instanceId === undefined
}

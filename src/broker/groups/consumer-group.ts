/**
 * A group whose broker divides the work (the consumer protocol).
 *
 * Walk. Members do nothing but send heartbeats. Whatever changes what should be assigned, a member that comes, goes or subscribes anew, a topic
 * that grows, moves the group to its next epoch; the next heartbeat computes the target of that epoch. Each member is then led to its part
 * of it on its own, heartbeat by heartbeat (`consumer-member.ts`): nobody waits for anybody but for the very partitions it is to take over.
 *
 * A member proves by its epoch that it knows its assignment; one that has another is fenced and begins anew. It is gone when it
 * says so, when it is silent for its session, or when it takes longer than its rebalance timeout to give something up. A static member may
 * go for a while (epoch −2): its place is kept for whoever comes next under its instance id.
 *
 * Source. KIP-848, and Apache Kafka's `GroupMetadataManager`.
 */
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import {
  isReconciled,
  mayCommit,
  nextStep,
  topicsOf,
  type ConsumerMember,
  type PartitionKeys,
} from './consumer-member.ts'
import type { LinearPattern } from '../patterns/linear-pattern.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { OffsetCommitClaim } from './group-requests.ts'
import { defaultAssignor, serverAssignors, type AssignedTopic } from './server-assignors.ts'

/** Epochs by which members say that they come or go. */
export const joining = 0
export const leaving = -1
export const leavingForAWhile = -2

export type ConsumerGroupState = 'empty' | 'assigning' | 'reconciling' | 'stable' | 'dead'

/** What the protocol calls them. */
export const consumerGroupStateNames: Readonly<Record<ConsumerGroupState, string>> = {
  empty: 'Empty',
  assigning: 'Assigning',
  reconciling: 'Reconciling',
  stable: 'Stable',
  dead: 'Dead',
}

/** A heartbeat; what is undefined has not changed. */
export interface ConsumerHeartbeat {
  /** Empty: the broker is to draw one. */
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly epoch: number
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number | undefined
  readonly subscribedTopics: readonly string[] | undefined
  /** Null: by names only, from here on. */
  readonly pattern: LinearPattern | null | undefined
  /** The topics that a pattern fits and the member may know of, in their order. */
  readonly topicsFitting: (pattern: LinearPattern) => readonly string[]
  readonly serverAssignor: string | undefined
  readonly owned: PartitionKeys | undefined
}

export type HeartbeatOutcome =
  | { readonly kind: 'refused'; readonly error: KafkaErrorName; readonly message: string }
  | {
      readonly kind: 'alive'
      readonly memberId: string
      readonly epoch: number
      /** Undefined where the member knows it. */
      readonly assigned: PartitionKeys | undefined
    }

export interface ConsumerGroupSettings {
  readonly clock: Clock
  readonly logger: Logger
  readonly sizeMax: number
  readonly sessionTimeoutMs: number
  readonly newMemberId: () => string
  /** Those of these topics that there are. */
  readonly topicsNamed: (names: ReadonlySet<string>) => readonly AssignedTopic[]
}

const nothing: PartitionKeys = new Set()

export class ConsumerGroup {
  readonly kind = 'consumer'
  readonly protocolType = 'consumer'
  readonly groupId: string
  readonly offsets: GroupOffsets
  readonly #settings: ConsumerGroupSettings
  readonly #members = new Map<string, ConsumerMember>()
  readonly #byInstance = new Map<string, ConsumerMember>()
  #targets = new Map<string, PartitionKeys>()
  #epoch = 0
  #targetEpoch = 0
  /** Of the topics that the last target was computed from. */
  #topicsSeen = ''
  #dead = false

  constructor(groupId: string, settings: ConsumerGroupSettings, offsets: GroupOffsets) {
    this.groupId = groupId
    this.offsets = offsets
    this.#settings = settings
  }

  get epoch(): number {
    return this.#epoch
  }

  get targetEpoch(): number {
    return this.#targetEpoch
  }

  get state(): ConsumerGroupState {
    if (this.#dead) return 'dead'
    if (this.#members.size === 0) return 'empty'
    if (this.#epoch > this.#targetEpoch) return 'assigning'
    const settled = this.members().every((member) => isReconciled(member, this.#targetEpoch))
    return settled ? 'stable' : 'reconciling'
  }

  /** What most members wish, the default where none does. */
  get assignor(): string {
    const votes = new Map<string, number>()
    for (const { serverAssignor } of this.#members.values())
      if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1)
    const [winner] = [...votes].toSorted(([, a], [, b]) => b - a)
    return winner?.[0] ?? defaultAssignor
  }

  members(): ConsumerMember[] {
    return [...this.#members.values()]
  }

  targetOf(memberId: string): PartitionKeys {
    return this.#targets.get(memberId) ?? nothing
  }

  isSubscribedTo(topic: string): boolean {
    return this.members().some((member) => topicsOf(member).includes(topic))
  }

  heartbeat(beat: ConsumerHeartbeat): HeartbeatOutcome {
    if (beat.epoch === leaving || beat.epoch === leavingForAWhile) return this.#leave(beat)
    const found = beat.epoch === joining ? this.#join(beat) : this.#find(beat)
    if ('kind' in found) return found
    const before = found.assigned
    this.#update(found, beat)
    this.#retarget()
    this.#reconcile(found, beat.owned)
    this.#touch(found)
    const subscribes = beat.subscribedTopics !== undefined || beat.pattern !== undefined
    const full =
      beat.epoch === joining ||
      (beat.rebalanceTimeoutMs !== undefined && subscribes && beat.owned !== undefined)
    const changed = full || !samePartitions(before, found.assigned)
    const { memberId, epoch, assigned } = found
    return { kind: 'alive', memberId, epoch, assigned: changed ? assigned : undefined }
  }

  /** Whether these offsets may be committed: by a member that has them, or by anyone while the group has no members. */
  checkCommit({ memberId, generation, partitions }: OffsetCommitClaim): KafkaErrorName {
    if (generation < 0 && this.#members.size === 0) return 'NONE'
    const member = this.#members.get(memberId)
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    return mayCommit(member, generation, partitions) ? 'NONE' : 'STALE_MEMBER_EPOCH'
  }

  checkEpoch(memberId: string, epoch: number): KafkaErrorName {
    const member = this.#members.get(memberId)
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    return member.epoch === epoch ? 'NONE' : 'STALE_MEMBER_EPOCH'
  }

  /** Another node coordinates the group from here on: members have a whole session to come there. */
  changeCoordinator(): void {
    for (const member of this.#members.values()) this.#touch(member)
  }

  /** @returns false where it has members */
  kill(): boolean {
    if (this.#members.size > 0) return false
    this.#dead = true
    return true
  }

  #join(beat: ConsumerHeartbeat): ConsumerMember | HeartbeatOutcome {
    const known = this.#members.get(beat.memberId)
    const resting = beat.instanceId === null ? undefined : this.#byInstance.get(beat.instanceId)
    if (known === undefined && resting === undefined && this.#members.size >= this.#settings.sizeMax)
      return refused(
        'GROUP_MAX_SIZE_REACHED',
        `The consumer group has reached its maximum capacity of ${this.#settings.sizeMax} members.`,
      )
    if (resting !== undefined && resting !== known) return this.#takePlace(resting, beat)
    if (known === undefined) return this.#add(newMember(beat, beat.memberId || this.#settings.newMemberId()))
    // It says that it has nothing: what it had is free, and its epoch begins anew.
    known.epoch = joining
    known.assigned = nothing
    known.revoking = nothing
    known.givenIn = new Map()
    known.state = 'stable'
    return known
  }

  /** Under a new id, with everything that was kept for it. */
  #takePlace(resting: ConsumerMember, beat: ConsumerHeartbeat): ConsumerMember | HeartbeatOutcome {
    if (resting.epoch !== leavingForAWhile)
      return refused(
        'UNRELEASED_INSTANCE_ID',
        `Static member ${beat.memberId} with instance id ${beat.instanceId} cannot join the group because the instance id is owned by ${resting.memberId} member.`,
      )
    const memberId = beat.memberId || this.#settings.newMemberId()
    const target = this.#targets.get(resting.memberId)
    this.#forget(resting)
    if (target !== undefined) this.#targets.set(memberId, target)
    return this.#add({
      ...resting,
      memberId,
      epoch: joining,
      previousEpoch: joining,
      session: undefined,
      rebalance: undefined,
    })
  }

  #add(member: ConsumerMember): ConsumerMember {
    this.#members.set(member.memberId, member)
    if (member.instanceId !== null) this.#byInstance.set(member.instanceId, member)
    const { memberId, instanceId } = member
    this.#settings.logger.debug('member joined', { group: this.groupId, memberId, instanceId })
    return member
  }

  #find(beat: ConsumerHeartbeat): ConsumerMember | HeartbeatOutcome {
    const found = this.#claimed(beat)
    if ('kind' in found) return found
    const { epoch, previousEpoch, assigned } = found
    if (beat.epoch === epoch) return found
    // The answer with its new epoch was lost.
    const behind = beat.epoch === previousEpoch && beat.owned?.isSubsetOf(assigned) === true
    if (beat.epoch < epoch && behind) return found
    const size = beat.epoch > epoch ? 'greater' : 'smaller'
    return refused(
      'FENCED_MEMBER_EPOCH',
      `The consumer group member has a ${size} member epoch (${beat.epoch}) than the one known by the group coordinator (${epoch}). The member must abandon all its partitions and rejoin.`,
    )
  }

  /** The member that the heartbeat says to be of. */
  #claimed({ memberId, instanceId }: ConsumerHeartbeat): ConsumerMember | HeartbeatOutcome {
    const byInstance = instanceId === null ? undefined : this.#byInstance.get(instanceId)
    if (instanceId !== null && byInstance === undefined)
      return refused('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
    if (byInstance !== undefined && byInstance.memberId !== memberId)
      return refused(
        'FENCED_INSTANCE_ID',
        `Static member ${memberId} with instance id ${instanceId} was fenced by member ${byInstance.memberId}.`,
      )
    const member = this.#members.get(memberId)
    if (member !== undefined) return member
    return refused('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${this.groupId}.`)
  }

  #leave(beat: ConsumerHeartbeat): HeartbeatOutcome {
    const member = this.#claimed(beat)
    if ('kind' in member) return member
    const { memberId } = member
    if (beat.epoch === leavingForAWhile) {
      member.epoch = leavingForAWhile
      member.revoking = nothing
    } else this.#remove(member, 'it left')
    return { kind: 'alive', memberId, epoch: beat.epoch, assigned: undefined }
  }

  #update(member: ConsumerMember, beat: ConsumerHeartbeat): void {
    const before = wishOf(member)
    member.clientId = beat.clientId
    member.clientHost = beat.clientHost
    member.rackId = beat.rackId ?? member.rackId
    member.rebalanceTimeoutMs = beat.rebalanceTimeoutMs ?? member.rebalanceTimeoutMs
    member.serverAssignor = beat.serverAssignor ?? member.serverAssignor
    member.subscribedTopics = [...(beat.subscribedTopics ?? member.subscribedTopics)].toSorted()
    if (beat.pattern !== undefined) member.pattern = beat.pattern
    member.matchedTopics = member.pattern === null ? [] : beat.topicsFitting(member.pattern)
    if (wishOf(member) !== before) this.#epoch++
  }

  /** Computes the target of the group's epoch, where it has not been yet, or where topics have changed. */
  #retarget(): void {
    const { topicsNamed, logger } = this.#settings
    const topics = topicsNamed(new Set(this.members().flatMap(topicsOf)))
    const seen = topics.map(({ id, partitions }) => `${id}:${partitions}`).join()
    if (seen !== this.#topicsSeen && this.#epoch === this.#targetEpoch) this.#epoch++
    this.#topicsSeen = seen
    if (this.#epoch === this.#targetEpoch) return
    const subscribers = this.members().map((member) => {
      const { memberId, instanceId } = member
      return { memberId, instanceId, subscribedTopics: topicsOf(member), before: this.targetOf(memberId) }
    })
    const { assignor } = this
    this.#targets =
      (serverAssignors[assignor] ?? serverAssignors[defaultAssignor])?.(subscribers, topics) ?? new Map()
    this.#targetEpoch = this.#epoch
    logger.debug('group has a new target', { group: this.groupId, epoch: this.#epoch, assignor })
  }

  #reconcile(member: ConsumerMember, owned: PartitionKeys | undefined): void {
    const target = { epoch: this.#targetEpoch, partitions: this.targetOf(member.memberId) }
    const step = nextStep(member, target, owned, (partition) => this.#isTaken(partition))
    if (step === undefined) return
    member.previousEpoch = member.epoch
    Object.assign(member, step)
    member.rebalance?.cancel()
    member.rebalance = undefined
    if (step.state === 'unrevoked') this.#limitRevocation(member)
  }

  /** Whether somebody has the partition, or has not given it up yet. */
  #isTaken(partition: string): boolean {
    return this.members().some(({ assigned, revoking }) => assigned.has(partition) || revoking.has(partition))
  }

  #limitRevocation(member: ConsumerMember): void {
    const { epoch, rebalanceTimeoutMs } = member
    member.rebalance = this.#settings.clock.setTimer(rebalanceTimeoutMs, () => {
      if (this.#members.get(member.memberId) === member && member.epoch === epoch)
        this.#remove(member, 'it took too long to give its partitions up')
    })
  }

  #touch(member: ConsumerMember): void {
    member.session?.cancel()
    member.session = this.#settings.clock.setTimer(this.#settings.sessionTimeoutMs, () =>
      this.#remove(member, 'its session ended'),
    )
  }

  #remove(member: ConsumerMember, reason: string): void {
    this.#settings.logger.info('group member removed', {
      group: this.groupId,
      member: member.memberId,
      reason,
    })
    this.#forget(member)
    this.#epoch++
  }

  #forget(member: ConsumerMember): void {
    member.session?.cancel()
    member.rebalance?.cancel()
    this.#members.delete(member.memberId)
    this.#targets.delete(member.memberId)
    if (member.instanceId !== null && this.#byInstance.get(member.instanceId) === member)
      this.#byInstance.delete(member.instanceId)
  }
}

function newMember(beat: ConsumerHeartbeat, memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: beat.instanceId,
    rackId: beat.rackId,
    clientId: beat.clientId,
    clientHost: beat.clientHost,
    rebalanceTimeoutMs: beat.rebalanceTimeoutMs ?? 0,
    subscribedTopics: [],
    pattern: null,
    matchedTopics: [],
    serverAssignor: null,
    epoch: joining,
    previousEpoch: joining,
    state: 'stable',
    assigned: nothing,
    revoking: nothing,
    givenIn: new Map(),
    session: undefined,
    rebalance: undefined,
  }
}

/** What a member's part of the target depends on. */
function wishOf(member: ConsumerMember): string {
  return JSON.stringify([topicsOf(member), member.pattern?.text, member.serverAssignor])
}

function refused(error: KafkaErrorName, message: string): HeartbeatOutcome {
  return { kind: 'refused', error, message }
}

function samePartitions(a: PartitionKeys, b: PartitionKeys): boolean {
  return a.size === b.size && a.isSubsetOf(b)
}

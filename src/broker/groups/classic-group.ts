/**
 * A group whose members divide their work among themselves (the classic protocol).
 *
 * Walk. Members join; when all known ones have (or time is up, and the missing are dropped), a new generation begins and each is
 * answered, the leader with everyone's subscription. Each asks for its assignment (sync); when the leader brings the assignments, all
 * are answered. From then on heartbeats keep members alive and tell them of the next rebalance, which begins when one
 * comes, goes, is silent for its session timeout, or joins again with something new.
 *
 * A static member (one with an instance id) may come back under a new member id and takes its old place without a
 * rebalance; whoever still uses the old id is fenced.
 */
import type { Timer } from '../../base/clock.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { GroupOffsets } from './group-offsets.ts'
import {
  refusedJoin,
  type GroupSettings,
  type JoinRequest,
  type MemberClaim,
  type SyncRequest,
} from './group-requests.ts'
import { nextGroupState, type GroupState } from './group-states.ts'
import { MemberSessions } from './member-sessions.ts'
import {
  Members,
  noAssignment,
  sameProtocols,
  type JoinResult,
  type Member,
  type SyncResult,
} from './members.ts'
import { PromisedIds } from './promised-ids.ts'

const generationMax = 2_147_483_647

export class ClassicGroup {
  readonly kind = 'classic'
  readonly groupId: string
  readonly offsets: GroupOffsets
  readonly members = new Members()
  protocolName: string | null = null
  /** Of the last members; stays when they have gone. */
  protocolType = ''
  generation = 0
  leaderId = ''
  readonly #settings: GroupSettings
  readonly #promisedIds: PromisedIds
  readonly #sessions: MemberSessions
  #state: GroupState = 'empty'
  #joinTimer: Timer | undefined
  #syncTimer: Timer | undefined
  /** Whether the first rebalance still waits for more members, and how much longer it may. */
  #gathering: { leftMs: number; joined: boolean } | undefined

  constructor(groupId: string, settings: GroupSettings, offsets: GroupOffsets) {
    this.groupId = groupId
    this.offsets = offsets
    this.#settings = settings
    this.#promisedIds = new PromisedIds(settings.clock)
    this.#sessions = new MemberSessions(settings.clock, (member) => this.#expire(member))
  }

  get state(): GroupState {
    return this.#state
  }

  join(request: JoinRequest): Promise<JoinResult> | JoinResult {
    const { memberId, instanceId } = request
    const refused = (error: KafkaErrorName): JoinResult => refusedJoin(error, memberId)
    if (this.#state === 'dead') return refused('COORDINATOR_NOT_AVAILABLE')
    const known = instanceId === undefined ? this.members.get(memberId) : this.members.ofInstance(instanceId)
    if (!this.#speaks(request, known)) return refused('INCONSISTENT_GROUP_PROTOCOL')
    if (known === undefined && this.#full(memberId)) return refused('GROUP_MAX_SIZE_REACHED')
    if (memberId === '') return this.#joinWithoutId(request, known)
    if (this.#promisedIds.take(memberId)) return this.#add(request, memberId)
    const error = this.checkMember(request)
    if (error !== 'NONE' || known === undefined) return refused(error)
    return this.#rejoin(request, known)
  }

  sync(request: SyncRequest): Promise<SyncResult> | SyncResult {
    const error = this.#checkSync(request)
    const member = this.members.get(request.memberId)
    if (error !== 'NONE' || member === undefined) return { error, assignment: noAssignment }
    this.#noteSync(member)
    if (this.#state === 'stable') {
      this.#sessions.touch(member)
      return { error: 'NONE', assignment: member.assignment }
    }
    return new Promise((resolve) => {
      member.awaitingSync = resolve
      if (member.memberId === this.leaderId) this.#assign(request)
    })
  }

  heartbeat(claim: MemberClaim, generation: number): KafkaErrorName {
    const error = this.checkMember(claim)
    if (error !== 'NONE') return error
    if (generation !== this.generation) return 'ILLEGAL_GENERATION'
    this.touch(claim.memberId)
    return this.#state === 'preparing' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
  }

  /** A member without id names itself by its instance id. */
  leave(claim: MemberClaim): KafkaErrorName {
    if (claim.instanceId === undefined && this.#promisedIds.take(claim.memberId)) {
      this.#completeJoinWhenAllAreIn()
      return 'NONE'
    }
    const static_ = claim.instanceId === undefined ? undefined : this.members.ofInstance(claim.instanceId)
    if (claim.memberId === '' && static_ !== undefined) return this.#remove(static_)
    const error = this.checkMember(claim)
    const member = this.members.get(claim.memberId)
    return error === 'NONE' && member !== undefined ? this.#remove(member) : error
  }

  /** Whether who says to be a member is one, and still the one. */
  checkMember({ memberId, instanceId }: MemberClaim): KafkaErrorName {
    if (instanceId !== undefined) {
      const holder = this.members.ofInstance(instanceId)
      if (holder === undefined) return 'UNKNOWN_MEMBER_ID'
      if (holder.memberId !== memberId) return 'FENCED_INSTANCE_ID'
    }
    return this.members.get(memberId) === undefined ? 'UNKNOWN_MEMBER_ID' : 'NONE'
  }

  /** Gives a member another session timeout from now. */
  touch(memberId: string): void {
    const member = this.members.get(memberId)
    if (member !== undefined) this.#sessions.touch(member)
  }

  /** @returns false where it has members */
  kill(): boolean {
    if (this.#state !== 'empty') return false
    this.#go('dead')
    this.#promisedIds.clear()
    return true
  }

  /**
   * Another node coordinates the group from here on: who waits must ask there, and has a whole session for it. As in Kafka, which has
   * written down settled generations alone, the new one knows nothing of who was in none yet.
   */
  changeCoordinator(): void {
    this.#promisedIds.clear()
    for (const member of this.members.all()) {
      this.#sessions.answerJoin(member, refusedJoin('NOT_COORDINATOR', member.memberId))
      this.#sessions.answerSync(member, 'NOT_COORDINATOR')
      this.#sessions.touch(member)
    }
    for (const member of this.members.all()) if (!member.settled) this.#remove(member)
  }

  #speaks({ protocolType, protocols }: JoinRequest, known: Member | undefined): boolean {
    if (protocolType === '' || protocols.length === 0) return false
    if (this.members.count > 0 && this.protocolType !== protocolType) return false
    return this.members.accepts(protocols, known)
  }

  #full(memberId: string): boolean {
    const promised = this.#promisedIds.count - (this.#promisedIds.has(memberId) ? 1 : 0)
    return this.members.count + promised >= this.#settings.sizeMax
  }

  #joinWithoutId(request: JoinRequest, known: Member | undefined): Promise<JoinResult> | JoinResult {
    const memberId = this.#settings.newMemberId(request.instanceId ?? request.clientId)
    if (known !== undefined) return this.#replaceStatic(request, known, memberId)
    if (!request.needsKnownId || request.instanceId !== undefined) return this.#add(request, memberId)
    this.#promisedIds.add(memberId, request.sessionTimeoutMs, () => this.#completeJoinWhenAllAreIn())
    return refusedJoin('MEMBER_ID_REQUIRED', memberId)
  }

  #add(request: JoinRequest, memberId: string): Promise<JoinResult> {
    const member: Member = {
      memberId,
      instanceId: request.instanceId,
      clientId: request.clientId,
      clientHost: request.clientHost,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: request.rebalanceTimeoutMs,
      protocols: request.protocols,
      assignment: noAssignment,
      awaitingJoin: undefined,
      awaitingSync: undefined,
      owesSync: false,
      settled: false,
      session: undefined,
    }
    this.members.add(member)
    if (this.members.count === 1) this.leaderId = memberId
    this.protocolType = request.protocolType
    if (this.#gathering !== undefined) this.#gathering.joined = true
    return this.#awaitJoin(member, 'a member came')
  }

  #rejoin(request: JoinRequest, member: Member): Promise<JoinResult> | JoinResult {
    const unchanged = sameProtocols(member.protocols, request.protocols)
    const settled =
      (this.#state === 'completing' && unchanged) ||
      (this.#state === 'stable' && unchanged && member.memberId !== this.leaderId)
    // The answer to its first JoinGroup was lost, or it has nothing new to say.
    if (settled) {
      this.#sessions.touch(member)
      return this.#joined(member)
    }
    this.#update(member, request)
    return this.#awaitJoin(member, 'a member joined again')
  }

  #replaceStatic(request: JoinRequest, member: Member, memberId: string): Promise<JoinResult> | JoinResult {
    const oldId = member.memberId
    this.#sessions.answerJoin(member, refusedJoin('FENCED_INSTANCE_ID', oldId))
    this.#sessions.answerSync(member, 'FENCED_INSTANCE_ID')
    const led = this.leaderId === oldId
    if (led) this.leaderId = memberId
    this.members.rename(member, memberId)
    this.#update(member, request)
    if (this.#state !== 'stable' || this.members.electProtocol() !== this.protocolName)
      return this.#awaitJoin(member, 'a static member was replaced')
    this.#sessions.touch(member)
    const answer = this.#joined(member)
    if (!led || request.maySkipAssignment) return { ...answer, skipAssignment: led }
    // It would assign anew if it knew that it leads: the old id is named as the leader instead.
    return { ...answer, leader: oldId, members: [] }
  }

  #update(member: Member, request: JoinRequest): void {
    member.protocols = request.protocols
    member.clientId = request.clientId
    member.clientHost = request.clientHost
    member.sessionTimeoutMs = request.sessionTimeoutMs
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
  }

  #awaitJoin(member: Member, reason: string): Promise<JoinResult> {
    return new Promise((resolve) => {
      this.#sessions.answerJoin(member, refusedJoin('REBALANCE_IN_PROGRESS', member.memberId))
      member.awaitingJoin = resolve
      if (this.#state === 'preparing') this.#completeJoinWhenAllAreIn()
      else this.#prepareRebalance(reason)
    })
  }

  #prepareRebalance(reason: string): void {
    this.#settings.logger.debug('group rebalances', { group: this.groupId, reason })
    this.#syncTimer?.cancel()
    for (const member of this.members.all()) {
      member.owesSync = false
      if (this.#state !== 'completing') continue
      member.assignment = noAssignment
      this.#sessions.answerSync(member, 'REBALANCE_IN_PROGRESS')
    }
    const first = this.#state === 'empty'
    this.#go('preparing')
    const limitMs = this.members.rebalanceTimeoutMs()
    if (first && this.#settings.initialRebalanceDelayMs > 0) {
      this.#gathering = { leftMs: limitMs, joined: true }
      this.#gather(this.#gathering)
      return
    }
    this.#joinTimer = this.#settings.clock.setTimer(limitMs, () => this.#completeJoin())
    this.#completeJoinWhenAllAreIn()
  }

  /** Each newcomer prolongs the first rebalance, up to the rebalance timeout. */
  #gather(gathering: { leftMs: number; joined: boolean }): void {
    const waitMs = Math.min(this.#settings.initialRebalanceDelayMs, gathering.leftMs)
    gathering.joined = false
    this.#joinTimer = this.#settings.clock.setTimer(waitMs, () => {
      gathering.leftMs -= waitMs
      if (gathering.joined && gathering.leftMs > 0) return this.#gather(gathering)
      this.#gathering = undefined
      this.#completeJoin()
    })
  }

  #completeJoinWhenAllAreIn(): void {
    if (this.#state !== 'preparing' || this.#gathering !== undefined || this.#promisedIds.count > 0) return
    if (this.members.all().every((member) => member.awaitingJoin !== undefined)) this.#completeJoin()
  }

  #completeJoin(): void {
    this.#joinTimer?.cancel()
    for (const member of this.members.all())
      if (member.awaitingJoin === undefined && member.instanceId === undefined) this.#drop(member)
    const joined = this.members.all().filter((member) => member.awaitingJoin !== undefined)
    const [eldest] = joined
    if (this.members.count > 0 && eldest === undefined) {
      // Only static members are left, and none is back yet.
      this.#joinTimer = this.#settings.clock.setTimer(this.members.rebalanceTimeoutMs(), () =>
        this.#completeJoin(),
      )
      return
    }
    this.generation = this.generation === generationMax ? 1 : this.generation + 1
    if (eldest === undefined) return this.#becomeEmpty()
    if (!joined.some(({ memberId }) => memberId === this.leaderId)) this.leaderId = eldest.memberId
    this.protocolName = this.members.electProtocol()
    this.#go('completing')
    const limitMs = this.members.rebalanceTimeoutMs()
    this.#syncTimer = this.#settings.clock.setTimer(limitMs, () => this.#dropUnsynced())
    for (const member of joined) {
      member.owesSync = true
      this.#sessions.answerJoin(member, this.#joined(member))
    }
  }

  #becomeEmpty(): void {
    this.protocolName = null
    this.leaderId = ''
    this.#go('empty')
  }

  #checkSync(request: SyncRequest): KafkaErrorName {
    const error = this.checkMember(request)
    if (error !== 'NONE') return error
    if (request.generation !== this.generation) return 'ILLEGAL_GENERATION'
    const { protocolType, protocolName } = request
    if (protocolType !== null && protocolType !== this.protocolType) return 'INCONSISTENT_GROUP_PROTOCOL'
    if (protocolName !== null && protocolName !== this.protocolName) return 'INCONSISTENT_GROUP_PROTOCOL'
    return this.#state === 'preparing' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
  }

  /** Nobody is waited for once all have asked for their assignments. */
  #noteSync(member: Member): void {
    member.owesSync = false
    if (this.members.all().every(({ owesSync }) => !owesSync)) this.#syncTimer?.cancel()
  }

  #assign({ assignments }: SyncRequest): void {
    const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]))
    this.#go('stable')
    for (const member of this.members.all()) {
      // A copy: the bytes lie in a request whose other bytes need not live as long as the group.
      member.assignment = Buffer.from(byMember.get(member.memberId) ?? noAssignment)
      member.settled = true
      this.#sessions.answerSync(member, 'NONE')
    }
  }

  /** Members that joined and then never ask for their assignment hold the group up, or what the leader gave them. */
  #dropUnsynced(): void {
    for (const member of this.members.all()) if (member.owesSync) this.#drop(member)
    this.#prepareRebalance('a member did not sync in time')
  }

  #expire(member: Member): void {
    this.#settings.logger.info('group member timed out', { group: this.groupId, member: member.memberId })
    this.#remove(member)
  }

  #remove(member: Member): KafkaErrorName {
    this.#drop(member)
    if (this.#state === 'stable' || this.#state === 'completing') this.#prepareRebalance('a member went')
    else this.#completeJoinWhenAllAreIn()
    return 'NONE'
  }

  #drop(member: Member): void {
    this.#sessions.answerJoin(member, refusedJoin('UNKNOWN_MEMBER_ID', member.memberId))
    this.#sessions.answerSync(member, 'UNKNOWN_MEMBER_ID')
    this.#sessions.end(member)
    this.members.delete(member)
  }

  #joined(member: Member): JoinResult {
    const leads = member.memberId === this.leaderId
    return {
      error: 'NONE',
      memberId: member.memberId,
      generation: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leader: this.leaderId,
      members: leads ? this.#subscriptions() : [],
      skipAssignment: false,
    }
  }

  #subscriptions(): JoinResult['members'] {
    return this.members.all().map(({ memberId, instanceId, protocols }) => ({
      memberId,
      instanceId,
      metadata: protocols.find(({ name }) => name === this.protocolName)?.metadata ?? noAssignment,
    }))
  }

  #go(to: GroupState): void {
    this.#state = nextGroupState(this.#state, to)
  }
}

/**
 * A member of a classic consumer group.
 *
 * In the background it joins, synchronises and sends heartbeats. What takes or gives partitions happens inside
 * {@link ClusterGroupMember.poll}, at the owner's time: under the cooperative protocol the owner goes on with what it has
 * while the group gathers; under the eager one it gives all up before it joins.
 *
 * A race. The owner commits in generation 5; the group gathers, and the answer to our join says 6 while the owner still
 * works; the commit is refused. The partitions are still ours (only `poll` revokes), so `metadata` is a live view that
 * shows 6 at once, and the commit is sent again with it (`generation-retry.ts`). The refusal may even overtake the answer: it is
 * sent again as long as the join is under way.
 */
import type { Timer } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import { StreamError, toStreamError } from '../../base/errors.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { Coordinator } from '../cluster/coordinators.ts'
import { kafkaNameOf } from '../cluster/response-error.ts'
import { backoffMs, isTransient } from '../cluster/retrying.ts'
import type {
  CommittedOffset,
  GroupMember,
  GroupMetadata,
  GroupOptions,
  TopicPartition,
} from '../contracts.ts'
import { commitOffsets, fetchOffsets } from './group-offsets.ts'
import { nextMemberState, type MemberState } from './group-state.ts'
import { GroupProtocol, type Assigned } from './join.ts'
import { without } from './partition-set.ts'

interface LiveMetadata extends GroupMetadata {
  generation: number
  joining: boolean
  memberId: string
}

const noGeneration = -1
/** Answers that mean that the coordinator has forgotten this member: its partitions may be another's already. */
const forgotten: ReadonlySet<KafkaErrorName | undefined> = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
] as const)

export class ClusterGroupMember implements GroupMember {
  readonly metadata: GroupMetadata
  readonly #live: LiveMetadata
  readonly #cluster: Cluster
  readonly #options: GroupOptions
  readonly #lane: string
  readonly #coordinator: Coordinator
  readonly #protocol: GroupProtocol
  #state: MemberState = 'due'
  #owned: readonly TopicPartition[] = []
  #assigned: Assigned | undefined
  /** A rebalance began while an assignment waited for the owner. */
  #dueAgain = false
  #leads = false
  /**
   * The coordinator does not know this member any more, and the next join is that of a new one. The live view goes on to
   * show the old one: a commit still under way must be refused, and one without member and generation would not be.
   */
  #forgotten = false
  #joinUntilMs = 0
  #failure: StreamError | undefined
  #heartbeat: Timer | undefined
  #polling = false

  constructor(cluster: Cluster, options: GroupOptions, lane: string) {
    this.#cluster = cluster
    this.#options = options
    this.#lane = lane
    const { groupId, instanceId } = options
    this.#live = { groupId, instanceId, generation: noGeneration, joining: false, memberId: '' }
    this.metadata = this.#live
    this.#coordinator = new Coordinator(cluster, { kind: 'group', key: groupId })
    this.#protocol = new GroupProtocol(cluster, options, this.#coordinator, lane)
  }

  get rebalancing(): boolean {
    return this.#state !== 'joining' && this.#state !== 'stable' && this.#state !== 'closed'
  }

  async poll(): Promise<void> {
    if (this.#polling) return
    this.#polling = true
    try {
      while (this.rebalancing) await this.#step()
    } catch (thrown) {
      const error = toStreamError(thrown)
      this.#fail(error)
      throw error
    } finally {
      this.#polling = false
    }
  }

  rejoin(): void {
    this.#rejoin()
  }

  fetchOffsets(partitions: readonly TopicPartition[]): Promise<Map<string, CommittedOffset>> {
    return fetchOffsets(this.#coordinator, this.#options.groupId, partitions)
  }

  commitOffsets(offsets: readonly CommittedOffset[]): Promise<void> {
    return commitOffsets(this.#cluster, this.#coordinator, offsets, this.#live)
  }

  async close(leave: boolean): Promise<void> {
    if (this.#state === 'closed') return
    // The coordinator may have it already: a static member leaves by its own name, whatever id it was to get.
    const joins = this.#state === 'joining' && this.#options.instanceId !== undefined
    const isKnown = this.#live.memberId !== '' || joins
    this.#go('closed')
    this.#heartbeat?.cancel()
    // A join under way holds its connection: the coordinator would answer the farewell only after it.
    await this.#cluster.connections.closeLane(this.#lane)
    if (leave && isKnown) {
      await this.#protocol.leave(this.#live).catch((error: unknown) => {
        const { message } = toStreamError(error)
        this.#cluster.context.logger.warn('could not leave the group', {
          group: this.#options.groupId,
          error: message,
        })
      })
    }
    await this.#cluster.connections.closeLane(this.#lane)
  }

  #go(to: MemberState): void {
    this.#state = nextMemberState(this.#state, to)
    if (this.rebalancing) this.#options.listener.onDue?.()
  }

  /** One thing of what a rebalance asks of the owner. */
  async #step(): Promise<void> {
    switch (this.#state) {
      case 'due':
        return this.#begin()
      case 'assigned':
        return this.#adopt()
      case 'lost':
        await this.#giveUp()
        if (this.#state === 'lost') this.#go('due')
        return
      case 'failed':
        await this.#giveUp()
        throw this.#failure ?? new StreamError('KAFKA_FATAL', 'the group member has failed')
      case 'joining':
      case 'stable':
      case 'closed':
    }
  }

  async #begin(): Promise<void> {
    if (this.#options.assignor.protocol === 'eager' && this.#owned.length > 0) {
      await this.#options.listener.onRevoked(this.#owned)
      if (this.#state !== 'due') return
      this.#owned = []
    }
    this.#go('joining')
    void this.#join()
  }

  async #giveUp(): Promise<void> {
    const lost = this.#owned
    this.#owned = []
    if (lost.length > 0) await this.#options.listener.onLost(lost)
  }

  /** Now the owner gives up what is not its own any more; now it gets the rest. */
  async #adopt(): Promise<void> {
    const { listener, assignor } = this.#options
    const assigned = this.#assigned
    if (assigned === undefined)
      throw new StreamError('INVARIANT_BROKEN', 'an assignment is there to be adopted')
    const revoked = without(this.#owned, assigned.partitions)
    if (revoked.length > 0) await listener.onRevoked(revoked)
    if (this.#state !== 'assigned') return
    const added = without(assigned.partitions, this.#owned)
    this.#owned = assigned.partitions
    await listener.onAssigned(added, assigned.userData)
    if (this.#state !== 'assigned') return
    const again = this.#dueAgain || (assignor.protocol === 'cooperative' && revoked.length > 0)
    this.#go(again ? 'due' : 'stable')
  }

  /** Joins and synchronises until there is an assignment, the member is lost, or it failed. */
  async #join(): Promise<void> {
    const { clock, retryTimeoutMs } = this.#cluster.context
    this.#heartbeat?.cancel()
    this.#joinUntilMs = clock.monotonicMs() + retryTimeoutMs + this.#options.rebalanceTimeoutMs
    for (let round = 0; this.#state === 'joining'; round++) {
      try {
        await this.#joinOnce()
      } catch (error) {
        if (this.#state === 'joining') await this.#joinFailed(error, round)
      }
    }
  }

  async #joinOnce(): Promise<void> {
    const former = this.#forgotten ? { ...this.#live, generation: noGeneration, memberId: '' } : this.#live
    this.#live.joining = !this.#forgotten
    const joined = await this.#protocol.join(former, this.#owned).finally(() => {
      this.#live.joining = false
    })
    if (this.#state !== 'joining') return
    if (this.#hasMissed(joined.generation)) return this.#lose()
    this.#forgotten = false
    this.#live.generation = joined.generation
    this.#live.memberId = joined.memberId
    this.#leads = joined.leads
    this.#assigned = await this.#protocol.sync(this.#live, joined)
    if (this.#state !== 'joining') return
    this.#dueAgain = false
    this.#go('assigned')
    this.#scheduleHeartbeat()
  }

  /**
   * Whether there was a generation between that did not wait for this member: its partitions are others' since. A coordinator keeps the
   * places of static members, and only theirs, and its leader divided by what this one had said before it had any.
   */
  #hasMissed(generation: number): boolean {
    const { instanceId } = this.#options
    return instanceId !== undefined && this.#owned.length > 0 && generation > this.#live.generation + 1
  }

  async #joinFailed(error: unknown, round: number): Promise<void> {
    const { context } = this.#cluster
    const name = kafkaNameOf(error)
    const mayPass = forgotten.has(name) || name === 'REBALANCE_IN_PROGRESS' || isTransient(error)
    if (!mayPass || context.clock.monotonicMs() > this.#joinUntilMs) return this.#fail(toStreamError(error))
    if (forgotten.has(name)) {
      this.#forgotten = true
      if (this.#owned.length > 0) return this.#go('lost')
    }
    await sleep(context.clock, backoffMs(context, round), context.closing)
  }

  #scheduleHeartbeat(): void {
    this.#heartbeat?.cancel()
    this.#heartbeat = this.#cluster.context.clock.setTimer(this.#options.heartbeatMs, () => {
      void this.#beat()
    })
  }

  async #beat(): Promise<void> {
    const { generation, memberId } = this.#live
    const stillSame = (): boolean =>
      ['stable', 'assigned', 'due'].includes(this.#state) &&
      this.#live.generation === generation &&
      this.#live.memberId === memberId
    if (!stillSame()) return
    if (this.#leads && this.#protocol.topicsChanged) this.#rejoin()
    try {
      await this.#protocol.heartbeat({ ...this.#live })
    } catch (error) {
      if (stillSame()) this.#beatFailed(error)
    }
    if (stillSame()) this.#scheduleHeartbeat()
  }

  #beatFailed(error: unknown): void {
    const name = kafkaNameOf(error)
    if (name === 'REBALANCE_IN_PROGRESS') this.#rejoin()
    else if (forgotten.has(name)) this.#lose()
    else if (!isTransient(error)) this.#fail(toStreamError(error))
  }

  /** What it has may be another's already. */
  #lose(): void {
    this.#forgotten = true
    this.#go('lost')
  }

  #rejoin(): void {
    if (this.#state === 'assigned') this.#dueAgain = true
    else if (this.#state === 'stable') this.#go('due')
  }

  #fail(error: StreamError): void {
    if (this.#state === 'closed') return
    this.#failure ??= error
    this.#heartbeat?.cancel()
    this.#go('failed')
  }
}

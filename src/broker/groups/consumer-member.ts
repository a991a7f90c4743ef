/**
 * One member of a consumer group, and how it gets from the partitions that it has to those that it should have.
 *
 * A member never gives up and takes at the same time. Where it must give something up, it stays in its epoch and is told so; when it has (it
 * no longer reports those partitions), it moves on. Partitions that another member still has are waited for. With nothing left to give up
 * it is in the epoch of the target, whether all has come or not.
 *
 * Source. KIP-848, and Apache Kafka's `CurrentAssignmentBuilder`.
 */
import type { Timer } from '../../base/clock.ts'
import type { LinearPattern } from '../patterns/linear-pattern.ts'

/** Partitions as `topicId:partition`. */
export type PartitionKeys = ReadonlySet<string>

export type ReconciliationState =
  /** It has what the target of its epoch gives it. */
  | 'stable'
  /** It is to give partitions up, and has not yet. */
  | 'unrevoked'
  /** It waits for partitions that others have not given up yet. */
  | 'unreleased'

export interface ConsumerMember {
  readonly memberId: string
  readonly instanceId: string | null
  rackId: string | null
  clientId: string
  clientHost: string
  rebalanceTimeoutMs: number
  /** By name, in their order. */
  subscribedTopics: readonly string[]
  pattern: LinearPattern | null
  /** The topics that the pattern fits, in their order. */
  matchedTopics: readonly string[]
  serverAssignor: string | null
  /** −2 while a static member is away and its place is kept. */
  epoch: number
  previousEpoch: number
  state: ReconciliationState
  assigned: PartitionKeys
  /** What it was told to give up. */
  revoking: PartitionKeys
  /** In which epoch it was given what it has or is to give up. */
  givenIn: ReadonlyMap<string, number>
  session: Timer | undefined
  /** Runs while it takes its time to give something up. */
  rebalance: Timer | undefined
}

export interface Target {
  readonly epoch: number
  readonly partitions: PartitionKeys
}

/** What changes of a member in a step. */
export type MemberStep = Pick<ConsumerMember, 'state' | 'epoch' | 'assigned' | 'revoking' | 'givenIn'>

/** All topics that a member is to have partitions of. */
export function topicsOf({ subscribedTopics, matchedTopics }: ConsumerMember): readonly string[] {
  return [...new Set([...subscribedTopics, ...matchedTopics])]
}

export function isReconciled({ state, epoch }: ConsumerMember, targetEpoch: number): boolean {
  return state === 'stable' && epoch === targetEpoch
}

/**
 * The next step towards the target; undefined where the member must act first.
 *
 * @param owned - what the member says that it has; undefined where it does not say
 * @param taken - whether any member has a partition, or has not given it up yet
 */
export function nextStep(
  member: ConsumerMember,
  target: Target,
  owned: PartitionKeys | undefined,
  taken: (partition: string) => boolean,
): MemberStep | undefined {
  if (isReconciled(member, target.epoch)) return undefined
  if (member.state === 'unrevoked') {
    if (holdsOn(owned, member.revoking)) return undefined
    return step({ ...member, epoch: member.epoch + 1 }, target, owned, taken)
  }
  return step(member, target, owned, taken)
}

function step(
  member: ConsumerMember,
  target: Target,
  owned: PartitionKeys | undefined,
  taken: (partition: string) => boolean,
): MemberStep {
  const kept = member.assigned.intersection(target.partitions)
  const revoking = member.assigned.difference(target.partitions)
  if (revoking.size > 0 && holdsOn(owned, revoking))
    return { state: 'unrevoked', epoch: member.epoch, assigned: kept, revoking, givenIn: member.givenIn }
  const missing = [...target.partitions.difference(kept)]
  const free = missing.filter((partition) => !taken(partition))
  const { epoch } = target
  const assigned = kept.union(new Set(free))
  const state = free.length < missing.length ? 'unreleased' : 'stable'
  const since = (key: string): number => (kept.has(key) ? member.givenIn.get(key) : undefined) ?? epoch
  const givenIn = new Map([...assigned].map((key) => [key, since(key)]))
  return { state, epoch, assigned, revoking: new Set(), givenIn }
}

/**
 * Whether a member may commit offsets of these partitions in an epoch: in its own, and in one that is over where it has had all of
 * them since (KIP-1251).
 */
export function mayCommit(
  member: ConsumerMember,
  epoch: number,
  partitions: () => readonly string[],
): boolean {
  if (epoch >= member.epoch) return epoch === member.epoch
  return partitions().every((key) => (member.givenIn.get(key) ?? Infinity) <= epoch)
}

/** Whether the member may still have one of these; who does not say may. */
function holdsOn(owned: PartitionKeys | undefined, revoking: PartitionKeys): boolean {
  return owned === undefined || !owned.isDisjointFrom(revoking)
}

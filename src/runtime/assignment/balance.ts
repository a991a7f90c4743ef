import { partitionKey } from '../../kafka/contracts.ts'
import type { MemberSubscription, TopicPartition } from '../../kafka/contracts.ts'

/** One unit of work: everything that must be with one member. */
export interface TaskUnit {
  readonly id: string
  readonly partitions: readonly TopicPartition[]
}

/**
 * Who should have which task. Sticky: members keep what they own, as far as the shares stay even (they differ by at most one); the
 * rest goes to whoever has least. The same members and owners give the same answer, whatever their order.
 *
 * @returns task ids by member id
 */
export function balance(
  members: readonly MemberSubscription[],
  tasks: readonly TaskUnit[],
  owners: ReadonlyMap<string, string>,
): Map<string, TaskUnit[]> {
  const ordered = [...members].sort((a, b) => (stableName(a) < stableName(b) ? -1 : 1))
  const target = new Map<string, TaskUnit[]>(ordered.map((member) => [member.memberId, []]))
  if (ordered.length === 0) return target
  const owned = new Map<string, TaskUnit[]>(ordered.map((member) => [member.memberId, []]))
  const free: TaskUnit[] = []
  for (const task of tasks) (owned.get(owners.get(task.id) ?? '') ?? free).push(task)
  const least = Math.floor(tasks.length / ordered.length)
  let extras = tasks.length % ordered.length
  const byOwned = [...ordered].sort((a, b) => countOf(owned, b) - countOf(owned, a))
  for (const { memberId } of byOwned) {
    const mine = owned.get(memberId) ?? []
    const takesExtra = mine.length > least && extras > 0
    if (takesExtra) extras -= 1
    const keep = Math.min(mine.length, takesExtra ? least + 1 : least)
    target.set(memberId, mine.slice(0, keep))
    free.push(...mine.slice(keep))
  }
  const order = new Map(tasks.map((task, index) => [task.id, index]))
  free.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
  for (const task of free) leastLoaded(ordered, target).push(task)
  return target
}

/**
 * Which member owns each task now. A task whose partitions two members claim, or which only a part of is owned, belongs to nobody:
 * one of the claims is stale, and a member that kept such a partition would go on from an old position without knowing. Everyone
 * gives it up, and the next rebalance gives it anew.
 */
export function currentOwners(
  members: readonly MemberSubscription[],
  tasks: readonly TaskUnit[],
): { readonly tasks: Map<string, string>; readonly claims: Map<string, Set<string>> } {
  const claims = new Map<string, Set<string>>()
  for (const { memberId, ownedPartitions } of members) {
    for (const partition of ownedPartitions) {
      const key = partitionKey(partition)
      claims.set(key, (claims.get(key) ?? new Set()).add(memberId))
    }
  }
  const owners = new Map<string, string>()
  for (const task of tasks) {
    const sets = task.partitions.map((partition) => claims.get(partitionKey(partition)))
    const first = sets[0]?.values().next().value
    if (first !== undefined && sets.every((set) => set?.size === 1 && set.has(first)))
      owners.set(task.id, first)
  }
  return { tasks: owners, claims }
}

function stableName(member: MemberSubscription): string {
  return member.instanceId ?? member.memberId
}

function countOf(owned: ReadonlyMap<string, readonly TaskUnit[]>, member: MemberSubscription): number {
  return owned.get(member.memberId)?.length ?? 0
}

function leastLoaded(
  members: readonly MemberSubscription[],
  target: ReadonlyMap<string, TaskUnit[]>,
): TaskUnit[] {
  let least: TaskUnit[] = []
  let count = Number.POSITIVE_INFINITY
  for (const { memberId } of members) {
    const load = target.get(memberId) ?? []
    if (load.length < count) {
      least = load
      count = load.length
    }
  }
  return least
}

/** How the broker divides partitions among the members of a consumer group. Both are deterministic in their input. */
import type { PartitionKeys } from './consumer-member.ts'

export interface AssignedTopic {
  readonly id: string
  readonly name: string
  readonly partitions: number
}

export interface Subscriber {
  readonly memberId: string
  readonly instanceId: string | null
  /** Names; those of topics that there are not count for nothing. */
  readonly subscribedTopics: readonly string[]
  /** What the target before gave it. */
  readonly before: PartitionKeys
}

type Assignor = (
  members: readonly Subscriber[],
  topics: readonly AssignedTopic[],
) => Map<string, PartitionKeys>

/** The first is taken where members do not say. */
export const serverAssignors: Readonly<Record<string, Assignor>> = { uniform, range }
export const defaultAssignor = 'uniform'

export function partitionKeyOf(topicId: string, partition: number): string {
  return `${topicId}:${partition}`
}

/**
 * Everyone the same number of partitions, as far as subscriptions allow, and as few moves as that takes: each keeps what it had, what
 * nobody has goes to whoever has least, then single partitions move from those with more to those with less.
 */
function uniform(
  members: readonly Subscriber[],
  topics: readonly AssignedTopic[],
): Map<string, PartitionKeys> {
  const loads = members.map((member) => ({ member, partitions: new Set<string>() }))
  const candidates = new Map<string, typeof loads>()
  for (const topic of topics) {
    const subscribed = loads.filter(({ member }) => member.subscribedTopics.includes(topic.name))
    for (let partition = 0; partition < topic.partitions; partition++)
      candidates.set(partitionKeyOf(topic.id, partition), subscribed)
  }
  const owners = new Map<string, (typeof loads)[number]>()
  const give = (partition: string, load: (typeof loads)[number]): void => {
    owners.get(partition)?.partitions.delete(partition)
    load.partitions.add(partition)
    owners.set(partition, load)
  }
  for (const load of loads)
    for (const partition of load.member.before)
      if (candidates.get(partition)?.includes(load) === true && !owners.has(partition)) give(partition, load)
  for (const [partition, subscribed] of candidates) {
    const least = leastLoaded(subscribed)
    if (!owners.has(partition) && least !== undefined) give(partition, least)
  }
  // Each move makes the sum of squares of the loads smaller: there is an end.
  for (let moved = true; moved;) {
    moved = false
    for (const [partition, subscribed] of candidates) {
      const owner = owners.get(partition)
      const least = leastLoaded(subscribed)
      if (owner === undefined || least === undefined) continue
      if (owner.partitions.size - least.partitions.size <= 1) continue
      give(partition, least)
      moved = true
    }
  }
  return new Map(loads.map(({ member, partitions }) => [member.memberId, partitions]))
}

function leastLoaded<T extends { readonly partitions: ReadonlySet<string> }>(
  loads: readonly T[],
): T | undefined {
  return loads.reduce<T | undefined>(
    (least, load) => (least === undefined || load.partitions.size < least.partitions.size ? load : least),
    undefined,
  )
}

/** A run of each topic's partitions for each of its subscribers, in the order of their names: the same numbers of all topics together. */
function range(members: readonly Subscriber[], topics: readonly AssignedTopic[]): Map<string, PartitionKeys> {
  const nameOf = ({ instanceId, memberId }: Subscriber): string => instanceId ?? memberId
  const sorted = members.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const assigned = new Map(members.map(({ memberId }) => [memberId, new Set<string>()]))
  for (const topic of topics) {
    const subscribed = sorted.filter(({ subscribedTopics }) => subscribedTopics.includes(topic.name))
    const least = Math.floor(topic.partitions / subscribed.length)
    const withOneMore = topic.partitions % subscribed.length
    let next = 0
    subscribed.forEach(({ memberId }, index) => {
      const end = next + least + (index < withOneMore ? 1 : 0)
      for (; next < end; next++) assigned.get(memberId)?.add(partitionKeyOf(topic.id, next))
    })
  }
  return assigned
}

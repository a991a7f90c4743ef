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

interface Load {
  readonly member: Subscriber
  readonly partitions: Set<string>
}

/**
 * Everyone the same number of partitions, as far as subscriptions allow, and as few moves as that takes: each keeps what it had, what
 * nobody has goes to whoever has least, then single partitions move from those with more to those with less.
 */
function uniform(
  members: readonly Subscriber[],
  topics: readonly AssignedTopic[],
): Map<string, PartitionKeys> {
  const division = new Division(members, topics)
  division.keep()
  division.handOut()
  // Each move makes the sum of squares of the loads smaller: there is an end.
  while (division.balance());
  return division.result()
}

/** Who has what while it is being divided. */
class Division {
  readonly #loads: readonly Load[]
  /** For each partition, who may have it. */
  readonly #candidates = new Map<string, readonly Load[]>()
  readonly #owners = new Map<string, Load>()

  constructor(members: readonly Subscriber[], topics: readonly AssignedTopic[]) {
    this.#loads = members.map((member) => ({ member, partitions: new Set<string>() }))
    for (const topic of topics) {
      const subscribed = this.#loads.filter(({ member }) => member.subscribedTopics.includes(topic.name))
      for (let partition = 0; partition < topic.partitions; partition++)
        this.#candidates.set(partitionKeyOf(topic.id, partition), subscribed)
    }
  }

  keep(): void {
    for (const load of this.#loads)
      for (const partition of load.member.before) {
        const may = this.#candidates.get(partition)?.includes(load) === true
        if (may && !this.#owners.has(partition)) this.#give(partition, load)
      }
  }

  handOut(): void {
    for (const [partition, subscribed] of this.#candidates) {
      const least = leastLoaded(subscribed)
      if (!this.#owners.has(partition) && least !== undefined) this.#give(partition, least)
    }
  }

  /** @returns whether anything moved */
  balance(): boolean {
    let moved = false
    for (const [partition, subscribed] of this.#candidates) {
      const owner = this.#owners.get(partition)
      const least = leastLoaded(subscribed)
      if (owner === undefined || least === undefined) continue
      if (owner.partitions.size - least.partitions.size <= 1) continue
      this.#give(partition, least)
      moved = true
    }
    return moved
  }

  result(): Map<string, PartitionKeys> {
    return new Map(this.#loads.map(({ member, partitions }) => [member.memberId, partitions]))
  }

  #give(partition: string, load: Load): void {
    this.#owners.get(partition)?.partitions.delete(partition)
    load.partitions.add(partition)
    this.#owners.set(partition, load)
  }
}

function leastLoaded(loads: readonly Load[]): Load | undefined {
  let least = loads[0]
  for (const load of loads)
    if (least !== undefined && load.partitions.size < least.partitions.size) least = load
  return least
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

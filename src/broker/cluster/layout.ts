/**
 * Which node leads which partition and coordinates which group or transactional id, and which nodes run.
 *
 * All nodes live in one process and share one log for each partition and one state for each group and transaction. Replicas are
 * bookkeeping over that: a move of a leader copies nothing, and every running replica is in sync. What clients see is what they
 * would see of separate machines: other leaders, larger epochs, refused requests, and partitions without a leader while none of
 * their replicas runs.
 */
import { javaStringHash } from './java-string-hash.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Topic } from '../topics/topics.ts'

/** Where one partition is. */
export interface Placement {
  /** Node ids; the first is the preferred leader. */
  readonly replicas: readonly number[]
  /** −1 while no replica runs. */
  readonly leaderId: number
}

export type CoordinatorKind = 'group' | 'transaction'

export interface LayoutOptions {
  /** In their order, which is also that of preference. */
  readonly nodeIds: readonly number[]
  /** Of topics that do not say. */
  readonly replicationFactor: number
}

/** As many as Apache Kafka gives its topics of offsets and of transactions. */
const coordinatorSlots = 50
export const nobody = -1

export class Layout {
  readonly nodeIds: readonly number[]
  readonly replicationFactor: number
  readonly #stopped = new Set<number>()
  readonly #placements = new WeakMap<Topic, Placement[]>()
  readonly #coordinators = new Map<string, number>()

  constructor({ nodeIds, replicationFactor }: LayoutOptions) {
    this.nodeIds = nodeIds
    this.replicationFactor = replicationFactor
  }

  runs(nodeId: number): boolean {
    return this.nodeIds.includes(nodeId) && !this.#stopped.has(nodeId)
  }

  running(): readonly number[] {
    return this.#stopped.size === 0 ? this.nodeIds : this.nodeIds.filter((nodeId) => this.runs(nodeId))
  }

  /** The running node with the smallest id; −1 where none runs. */
  get controllerId(): number {
    const running = this.running()
    return running.length === 0 ? nobody : Math.min(...running)
  }

  /** Where a partition is; a topic that nobody has placed is spread over the nodes, beginning by its name. */
  placementOf(topic: Topic, partition: number): Placement {
    const placements = this.#placements.get(topic) ?? []
    this.#placements.set(topic, placements)
    for (let next = placements.length; next < topic.partitions.length; next++)
      placements.push(this.#place(this.spread(topic.name, next, placements[0]?.replicas.length)))
    return placements[partition] ?? { replicas: [], leaderId: nobody }
  }

  inSync({ replicas }: Placement): readonly number[] {
    return this.#stopped.size === 0 ? replicas : replicas.filter((nodeId) => this.runs(nodeId))
  }

  /** Says where the partitions from `first` on are, before anybody asks. */
  place(topic: Topic, first: number, replicas: readonly (readonly number[])[]): void {
    const placements = this.#placements.get(topic) ?? []
    this.#placements.set(topic, placements)
    replicas.forEach((nodeIds, index) => (placements[first + index] = this.#place(nodeIds)))
  }

  /** Replicas for one partition of a topic, a leader for each node in turn, beginning by the topic's name. */
  spread(topic: string, partition: number, replicationFactor = this.replicationFactor): number[] {
    const first = Math.abs(javaStringHash(topic)) + partition
    const { length } = this.nodeIds
    return Array.from({ length: Math.min(replicationFactor, length) }, (_, step) => {
      return this.nodeIds[(first + step) % length] ?? nobody
    })
  }

  /** Makes a running replica lead a partition, in a new epoch. */
  moveLeader(topic: Topic, partition: number, leaderId: number): void {
    const placement = this.placementOf(topic, partition)
    const log = topic.partitions[partition]
    if (log === undefined || placement.leaderId === leaderId) return
    this.#lead(topic, partition, leaderId)
  }

  /** Gives a partition other replicas; the leader stays where it may. */
  reassign(topic: Topic, partition: number, replicas: readonly number[]): void {
    const { leaderId } = this.placementOf(topic, partition)
    const placements = this.#placements.get(topic)
    if (placements === undefined) return
    placements[partition] = { replicas, leaderId }
    if (!replicas.includes(leaderId)) this.#lead(topic, partition, this.#firstRunning(replicas))
  }

  coordinatorOf(kind: CoordinatorKind, key: string): number {
    const moved = this.#coordinators.get(`${kind} ${key}`)
    if (moved !== undefined && this.runs(moved)) return moved
    const slot = Math.abs(javaStringHash(key)) % coordinatorSlots
    const { length } = this.nodeIds
    for (let step = 0; step < length; step++) {
      const nodeId = this.nodeIds[(slot + step) % length]
      if (nodeId !== undefined && this.runs(nodeId)) return nodeId
    }
    return nobody
  }

  moveCoordinator(kind: CoordinatorKind, key: string, nodeId: number): void {
    this.#coordinators.set(`${kind} ${key}`, nodeId)
  }

  /** Its partitions are led by other replicas from here on, where any of them runs. */
  stop(nodeId: number, topics: readonly Topic[]): void {
    this.#settle(topics)
    this.#stopped.add(nodeId)
    this.#replaceLeaders(topics, (placement) => placement.leaderId === nodeId)
  }

  /** It leads again what nobody else could. */
  start(nodeId: number, topics: readonly Topic[]): void {
    this.#settle(topics)
    this.#stopped.delete(nodeId)
    this.#replaceLeaders(topics, (placement) => placement.leaderId === nobody)
  }

  /** Places what has not been asked for yet, as it was before the change that comes. */
  #settle(topics: readonly Topic[]): void {
    for (const topic of topics) this.placementOf(topic, 0)
  }

  #replaceLeaders(topics: readonly Topic[], concerns: (placement: Placement) => boolean): void {
    for (const topic of topics)
      topic.partitions.forEach((_log, partition) => {
        const placement = this.placementOf(topic, partition)
        if (!concerns(placement)) return
        const leaderId = this.#firstRunning(placement.replicas)
        if (leaderId !== placement.leaderId) this.#lead(topic, partition, leaderId)
      })
  }

  #lead(topic: Topic, partition: number, leaderId: number): void {
    const placements = this.#placements.get(topic)
    const placement = placements?.[partition]
    const log: PartitionLog | undefined = topic.partitions[partition]
    if (placements === undefined || placement === undefined || log === undefined) return
    placements[partition] = { ...placement, leaderId }
    log.beginEpoch()
  }

  #place(replicas: readonly number[]): Placement {
    return { replicas, leaderId: this.#firstRunning(replicas) }
  }

  #firstRunning(replicas: readonly number[]): number {
    return replicas.find((nodeId) => this.runs(nodeId)) ?? nobody
  }
}

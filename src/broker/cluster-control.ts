/**
 * Moves a cluster's parts about: who leads a partition, who coordinates a group or a transactional id, which nodes run. Clients are told
 * as Apache Kafka tells them (NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, NOT_COORDINATOR, connections that end) and follow.
 *
 * @example
 * const broker = new Broker({ clock, random, logger, nodes: 3 })
 * broker.cluster.moveLeader('orders', 0, 2)
 * broker.cluster.moveCoordinator('group', 'billing', 3)
 * await broker.cluster.stopNode(1)
 * await broker.cluster.startNode(1)
 */
import { StreamError } from '../base/errors.ts'
import type { CoordinatorKind } from './cluster/layout.ts'
import type { NodeState } from './node/node-state.ts'
import { makeTopic, planTopic } from './node/topic-creation.ts'
import type { Topic } from './topics/topics.ts'

/** What a topic is to be; what is absent is the broker's to say. */
export interface NewTopic {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly configs?: Readonly<Record<string, string>>
}

/** What is to happen to a node's connections and ports. */
interface NodeHooks {
  stop(nodeId: number): Promise<void>
  start(nodeId: number): Promise<void>
}

export class ClusterControl {
  readonly #state: NodeState
  readonly #hooks: NodeHooks

  constructor(state: NodeState, hooks: NodeHooks) {
    this.#state = state
    this.#hooks = hooks
  }

  /**
   * Makes a topic; one that is there already stays as it is.
   *
   * @returns how many partitions it has
   * @throws StreamError `TOPIC_INVALID`
   */
  createTopic(
    name: string,
    { partitions = -1, replicationFactor = -1, configs = {} }: NewTopic = {},
  ): number {
    const known = this.#state.topics.get(name)
    if (known !== undefined) return known.partitions.length
    const wish = {
      name,
      numPartitions: partitions,
      replicationFactor,
      assignments: [],
      configs: new Map(Object.entries(configs)),
    }
    const plan = planTopic(wish, this.#state)
    if ('error' in plan)
      throw new StreamError('TOPIC_INVALID', `could not make topic "${name}"`, { detail: plan.message })
    return makeTopic(plan, this.#state).partitions.length
  }

  get nodeIds(): readonly number[] {
    return this.#state.layout.nodeIds
  }

  runs(nodeId: number): boolean {
    return this.#state.layout.runs(nodeId)
  }

  /** −1 while none of the partition's replicas runs. @throws StreamError `NAME_NOT_FOUND` */
  leaderOf(topic: string, partition: number): number {
    return this.#state.layout.placementOf(this.#topic(topic, partition), partition).leaderId
  }

  /** −1 while no node runs. */
  coordinatorOf(kind: CoordinatorKind, key: string): number {
    return this.#state.layout.coordinatorOf(kind, key)
  }

  /**
   * Makes another replica lead a partition, at once and in a new epoch.
   *
   * @throws StreamError `NAME_NOT_FOUND`, or `CONFIG_INVALID` for a node that has no replica of it or does not run
   */
  moveLeader(topic: string, partition: number, nodeId: number): void {
    const found = this.#topic(topic, partition)
    this.#running(nodeId)
    const { replicas } = this.#state.layout.placementOf(found, partition)
    if (!replicas.includes(nodeId))
      throw new StreamError('CONFIG_INVALID', `node ${nodeId} has no replica of ${topic}-${partition}`, {
        hint: `Name one of its replicas: ${replicas.join(', ')}.`,
      })
    this.#state.layout.moveLeader(found, partition, nodeId)
    this.#state.logger.info('leader moved', { topic, partition, nodeId })
  }

  /**
   * Has another node coordinate a group or a transactional id: who waits for an answer is refused, and members have a whole session
   * timeout to come to the new one. The name need not be in use yet.
   *
   * @throws StreamError `NAME_NOT_FOUND`, or `CONFIG_INVALID` for a node that does not run
   */
  moveCoordinator(kind: CoordinatorKind, key: string, nodeId: number): void {
    this.#running(nodeId)
    this.#whileCoordinatorsMove(() => this.#state.layout.moveCoordinator(kind, key, nodeId))
    this.#state.logger.info('coordinator moved', { kind, key, nodeId })
  }

  /** Ends a node's connections and ports; other nodes lead and coordinate from here on. @throws StreamError `NAME_NOT_FOUND` */
  async stopNode(nodeId: number): Promise<void> {
    const { layout, topics, logger } = this.#state
    this.#known(nodeId)
    if (!layout.runs(nodeId)) return
    this.#whileCoordinatorsMove(() => layout.stop(nodeId, topics.all()))
    logger.info('node stopped', { nodeId })
    await this.#hooks.stop(nodeId)
  }

  /**
   * Brings a node back on its ports. It leads what nobody else could, and coordinates what it did before; leaders that moved away
   * come back by an election (`kafka-leader-election`) or {@link ClusterControl.moveLeader}.
   *
   * @throws StreamError `NAME_NOT_FOUND`; `PORT_IN_USE` when another program has taken a port
   */
  async startNode(nodeId: number): Promise<void> {
    const { layout, topics, logger } = this.#state
    this.#known(nodeId)
    if (layout.runs(nodeId)) return
    await this.#hooks.start(nodeId)
    this.#whileCoordinatorsMove(() => layout.start(nodeId, topics.all()))
    logger.info('node started', { nodeId })
  }

  #whileCoordinatorsMove(change: () => void): void {
    const { groups, layout } = this.#state
    const before = groups.all().map((group) => ({ group, at: layout.coordinatorOf('group', group.groupId) }))
    change()
    for (const { group, at } of before)
      if (layout.coordinatorOf('group', group.groupId) !== at) group.changeCoordinator()
  }

  #topic(name: string, partition: number): Topic {
    const topic = this.#state.topics.get(name)
    if (topic?.partitions[partition] === undefined)
      throw new StreamError('NAME_NOT_FOUND', `there is no partition ${name}-${partition}`, {
        hint: 'Make the topic first.',
      })
    return topic
  }

  #known(nodeId: number): void {
    if (this.nodeIds.includes(nodeId)) return
    throw new StreamError('NAME_NOT_FOUND', `there is no node ${nodeId}`, {
      hint: `Name one of ${this.nodeIds.join(', ')}.`,
    })
  }

  #running(nodeId: number): void {
    this.#known(nodeId)
    if (!this.runs(nodeId))
      throw new StreamError('CONFIG_INVALID', `node ${nodeId} does not run`, { hint: 'Start it first.' })
  }
}

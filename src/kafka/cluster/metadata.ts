/**
 * Who leads which partition, kept from the brokers' answers.
 *
 * A leader that an older epoch names never replaces a newer one: brokers learn of a move at different times, and the slow
 * one would send us back. Names once asked for are asked for again at each refresh.
 */
import type { apis, ResponseOf } from '../../protocol/apis.ts'
import { isRetriable, kafkaErrorName } from '../../protocol/error-codes.ts'
import { Absences } from './absences.ts'
import type { Address } from './context.ts'

export interface PartitionFacts {
  readonly partition: number
  /** −1 where none is known. */
  readonly leader: number
  readonly leaderEpoch: number
}

export interface TopicFacts {
  readonly name: string
  /** 32 hex digits; zeros where the brokers know no ids. */
  readonly id: string
  readonly internal: boolean
  /** By their number. */
  readonly partitions: readonly PartitionFacts[]
}

type MetadataResponse = ResponseOf<typeof apis.metadata>
type TopicResponse = MetadataResponse['topics'][number]

export class Metadata {
  readonly #topics = new Map<string, TopicFacts>()
  readonly #names = new Map<string, string>()
  readonly #refused = new Map<string, number>()
  readonly #absences = new Absences()
  readonly #brokers = new Map<number, Address>()
  readonly #listeners = new Set<() => void>()
  #controller = -1

  topic(name: string): TopicFacts | undefined {
    return this.#topics.get(name)
  }

  /** The name of a topic id, where it was seen. */
  nameOf(id: string): string | undefined {
    return this.#names.get(id)
  }

  partition(topic: string, partition: number): PartitionFacts | undefined {
    return this.#topics.get(topic)?.partitions[partition]
  }

  /** The error code with which the brokers last answered for this topic, if it was an error. */
  refusal(name: string): number | undefined {
    return this.#refused.get(name)
  }

  /** Whether brokers have said for longer than a slow start takes that there is no such topic. */
  isGone(name: string): boolean {
    return this.#absences.isGone(name)
  }

  address(node: number): Address | undefined {
    return this.#brokers.get(node)
  }

  addresses(): Address[] {
    return [...this.#brokers.values()]
  }

  get controller(): Address | undefined {
    return this.#brokers.get(this.#controller)
  }

  /** Calls `listener` after each answer; gives back how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes over an answer; topics that it does not speak of stay as they are. @param nowMs - by the monotonic clock */
  update(response: MetadataResponse, nowMs: number): void {
    this.#controller = response.controllerId
    if (response.brokers.length > 0) this.#brokers.clear()
    for (const { nodeId, host, port } of response.brokers) this.#brokers.set(nodeId, { host, port })
    for (const topic of response.topics) this.#updateTopic(topic, nowMs)
    for (const listener of this.#listeners) listener()
  }

  #updateTopic(topic: TopicResponse, nowMs: number): void {
    const name = topic.name ?? ''
    const error = kafkaErrorName(topic.errorCode)
    if (error === 'UNKNOWN_TOPIC_OR_PARTITION') this.#absences.said(name, nowMs)
    else this.#absences.ended(name)
    const leaderless = error === 'LEADER_NOT_AVAILABLE' && topic.partitions.length > 0
    if (error !== 'NONE' && !leaderless) {
      this.#refused.set(name, topic.errorCode)
      // Trouble on the way says nothing of the topic: what was known of it still holds.
      if (!isRetriable(topic.errorCode) || error === 'UNKNOWN_TOPIC_OR_PARTITION') this.#topics.delete(name)
      return
    }
    this.#refused.delete(name)
    const facts = topicFacts(topic, this.#topics.get(name))
    this.#topics.set(name, facts)
    this.#names.set(facts.id, name)
  }
}

/** @param before - what was known, whose newer epochs win; of another topic with this name it is ignored */
export function topicFacts(topic: TopicResponse, before?: TopicFacts): TopicFacts {
  const same = before !== undefined && before.id === topic.topicId
  const partitions = topic.partitions
    .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
    .map(({ partitionIndex, leaderId, leaderEpoch, errorCode }) => {
      const known = same ? before.partitions[partitionIndex] : undefined
      if (known !== undefined && known.leaderEpoch > leaderEpoch) return known
      const leaderless = kafkaErrorName(errorCode) === 'LEADER_NOT_AVAILABLE'
      return { partition: partitionIndex, leader: leaderless ? -1 : leaderId, leaderEpoch }
    })
  return { name: topic.name ?? '', id: topic.topicId, internal: topic.isInternal, partitions }
}

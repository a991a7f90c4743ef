import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import { PartitionLog } from '../log/partition-log.ts'
import type { LogStorage } from '../log/segment-bytes.ts'
import type { StateEntry, StateKeeper } from '../log/state-log.ts'
import { TopicConfigs, type TopicDefaults } from './topic-configs.ts'

const nameMaxLength = 249

export interface Topic {
  readonly name: string
  /** 32 hex digits; another one when a topic of the same name is made again. */
  readonly id: string
  /** By their number. */
  readonly partitions: PartitionLog[]
  configs: TopicConfigs
}

/** Where the records of topics are kept. */
export interface TopicStorage {
  partitionStorage(topic: { readonly name: string; readonly id: string }, partition: number): LogStorage
  /** Its partitions have been deleted. */
  deleteTopic(topic: { readonly name: string; readonly id: string }): void
}

export interface TopicsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly storage: TopicStorage
  readonly state: StateKeeper
  readonly producerExpirationMs: number
  /** Of settings that a topic does not make itself. */
  readonly defaults: TopicDefaults
  /** Over all topics; one partition costs some kilobytes. */
  readonly partitionsMax: number
  readonly newTopicId: () => string
}

/** The topics of a cluster, by name and by id. */
export class Topics {
  readonly #options: TopicsOptions
  readonly #byName = new Map<string, Topic>()
  readonly #byId = new Map<string, Topic>()

  constructor(options: TopicsOptions) {
    this.#options = options
  }

  get partitionCount(): number {
    return this.all().reduce((sum, topic) => sum + topic.partitions.length, 0)
  }

  all(): Topic[] {
    return [...this.#byName.values()]
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name)
  }

  byId(id: string): Topic | undefined {
    return this.#byId.get(id)
  }

  partition(name: string, partition: number): PartitionLog | undefined {
    return this.#byName.get(name)?.partitions[partition]
  }

  hasRoomFor(partitions: number): boolean {
    return this.partitionCount + partitions <= this.#options.partitionsMax
  }

  configsOf(overrides: ReadonlyMap<string, string>): TopicConfigs {
    return new TopicConfigs(overrides, this.#options.defaults)
  }

  /** The caller has looked at name, count and configs. */
  create(name: string, partitions: number, configs: ReadonlyMap<string, string>): Topic {
    const topic: Topic = {
      name,
      id: this.#options.newTopicId(),
      partitions: [],
      configs: this.configsOf(configs),
    }
    this.grow(topic, partitions)
    this.#add(topic)
    return topic
  }

  /** Adds partitions until there are so many. */
  grow(topic: Topic, partitions: number): void {
    const added: PartitionLog[] = []
    while (topic.partitions.length + added.length < partitions)
      added.push(this.#openLog(topic, topic.partitions.length + added.length))
    topic.partitions.push(...added)
    try {
      this.save(topic)
    } catch (error) {
      topic.partitions.length -= added.length
      throw error
    }
  }

  /** Gives it other settings, which the caller has looked at. */
  configure(topic: Topic, overrides: ReadonlyMap<string, string>): void {
    const before = topic.configs
    topic.configs = this.configsOf(overrides)
    try {
      this.save(topic)
    } catch (error) {
      topic.configs = before
      throw error
    }
  }

  delete(topic: Topic): void {
    const starts = topic.partitions.map((_, partition): StateEntry => ({
      key: startKey(topic, partition),
      value: undefined,
    }))
    this.#options.state.put([{ key: topicKey(topic), value: undefined }, ...starts])
    this.#byName.delete(topic.name)
    this.#byId.delete(topic.id)
    for (const log of topic.partitions) log.delete()
    this.#options.storage.deleteTopic(topic)
  }

  /** Writes down what a restart must know of it: to be called whenever its partitions, epochs or settings have changed. */
  save(topic: Topic): void {
    this.#options.state.put([entryOf(topic)])
  }

  /**
   * Brings back what was there when the broker was opened. Every partition begins a new leader epoch, so that clients look whether
   * what they have read is still there.
   */
  recover(): void {
    const { state } = this.#options
    const starts = new Map(state.recovered('start').map(({ key, value }) => [key.join('/'), Number(value)]))
    for (const { key, value } of state.recovered('topic')) {
      const { id, epochs, configs } = value as SavedTopic
      const topic: Topic = {
        name: String(key[1]),
        id,
        partitions: [],
        configs: this.configsOf(new Map(Object.entries(configs))),
      }
      for (const [partition, epoch] of epochs.entries()) {
        const log = this.#openLog(topic, partition, starts.get(startKey(topic, partition).join('/')))
        log.leaderEpoch = Math.max(epoch, log.leaderEpoch) + 1
        topic.partitions.push(log)
      }
      this.#add(topic)
    }
    const entries = this.all().map(entryOf)
    if (entries.length > 0) state.put(entries)
  }

  /** Ends all logs; what is on disk stays. */
  close(): void {
    for (const { partitions } of this.all()) for (const log of partitions) log.close()
  }

  #add(topic: Topic): void {
    this.#byName.set(topic.name, topic)
    this.#byId.set(topic.id, topic)
  }

  #openLog(topic: Topic, partition: number, startOffset?: number): PartitionLog {
    const { storage, logger, clock, state, producerExpirationMs } = this.#options
    return new PartitionLog({
      storage: storage.partitionStorage(topic, partition),
      settings: () => topic.configs.effective,
      producerExpirationMs,
      logger,
      name: `${topic.name}-${partition}`,
      clock,
      startOffset,
      epochBegan: () => this.save(topic),
      startMoved: (offset) => state.put([{ key: startKey(topic, partition), value: offset }]),
    })
  }

  /** Why a topic may not have this name, or undefined where it may. */
  nameProblem(name: string): { error: KafkaErrorName; message: string } | undefined {
    const refuse = (message: string): { error: KafkaErrorName; message: string } => ({
      error: 'INVALID_TOPIC_EXCEPTION',
      message: `Topic name is invalid: ${message}`,
    })
    if (name === '') return refuse('the empty string is not allowed')
    if (name === '.' || name === '..') return refuse(`'${name}' is not allowed`)
    if (name.length > nameMaxLength)
      return refuse(`the length of '${name}' is longer than the max allowed length ${nameMaxLength}`)
    if (!/^[a-zA-Z0-9._-]+$/.test(name))
      return refuse(
        `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`,
      )
    // Names of metrics write both signs as "_"; Kafka refuses what would look the same there.
    const plain = (text: string): string => text.replaceAll('.', '_')
    const twin = this.all().find((topic) => topic.name !== name && plain(topic.name) === plain(name))
    return twin === undefined ? undefined : refuse(`'${name}' collides with existing topic: ${twin.name}`)
  }
}

/** What a restart must know of a topic. */
interface SavedTopic {
  readonly id: string
  /** Leader epochs, one for each partition. */
  readonly epochs: readonly number[]
  readonly configs: Readonly<Record<string, string>>
}

function entryOf(topic: Topic): StateEntry {
  const saved: SavedTopic = {
    id: topic.id,
    epochs: topic.partitions.map(({ leaderEpoch }) => leaderEpoch),
    configs: Object.fromEntries(topic.configs.overrides),
  }
  return { key: topicKey(topic), value: saved }
}

function topicKey({ name }: Topic): StateEntry['key'] {
  return ['topic', name]
}

function startKey({ id }: Topic, partition: number): StateEntry['key'] {
  return ['start', id, partition]
}

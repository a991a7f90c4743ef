import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import { PartitionLog, type LogOptions } from '../log/partition-log.ts'
import { TopicConfigs } from './topic-configs.ts'

const nameMaxLength = 249

export interface Topic {
  readonly name: string
  /** 32 hex digits; another one when a topic of the same name is made again. */
  readonly id: string
  /** By their number. */
  readonly partitions: PartitionLog[]
  configs: TopicConfigs
}

export interface TopicsOptions {
  readonly log: LogOptions
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

  /** The caller has looked at name, count and configs. */
  create(name: string, partitions: number, configs: ReadonlyMap<string, string>): Topic {
    const topic = {
      name,
      id: this.#options.newTopicId(),
      partitions: [],
      configs: new TopicConfigs(configs),
    }
    this.grow(topic, partitions)
    this.#byName.set(name, topic)
    this.#byId.set(topic.id, topic)
    return topic
  }

  /** Adds partitions until there are so many. */
  grow(topic: Topic, partitions: number): void {
    while (topic.partitions.length < partitions) topic.partitions.push(new PartitionLog(this.#options.log))
  }

  delete(topic: Topic): void {
    this.#byName.delete(topic.name)
    this.#byId.delete(topic.id)
    for (const log of topic.partitions) log.close()
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

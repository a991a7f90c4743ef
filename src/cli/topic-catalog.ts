/** What a command knows of topics: by their schemas, by data files, or by their first records. */
import { systemClock } from '../base/clock.ts'
import { StreamError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import type { Column, Format } from '../data/types.ts'
import type { Kafka } from '../kafka/contracts.ts'
import { jsonRows, type Catalog, type TopicValues } from '../language/catalog.ts'
import { typeOfNotation, type NotationSettings } from '../serde/formats.ts'
import { inferJsonColumns } from '../serde/infer-json-columns.ts'
import { languageOf } from '../serde/notations.ts'
import { Registries } from '../serde/registries.ts'
import { rowFormat, rowsOfSchema } from '../serde/row-format.ts'
import { plainNames, topicInCluster, topicInDefinition, type NamePattern } from '../topology/name-pattern.ts'
import { consumeTopic } from '../workload/consume-topic.ts'

/** How many records of a topic are looked at, and for how long, to find its columns. */
const sampleRecords = 200
const sampleMs = 3000

/** The columns of data files, by the topics that they are loaded into. */
export type FileColumns = ReadonlyMap<string, readonly Column[]>

export interface CatalogParts {
  readonly notations?: Readonly<Record<string, NotationSettings>>
  /** How topics are written of which a query says nothing; absent: as JSON. */
  readonly inputNotation?: string | undefined
  /** Where records are looked at; absent: nowhere. */
  readonly kafka?: Kafka
  readonly files?: FileColumns
  /** Topics whose data file cannot be read, which has been reported. */
  readonly unreadable?: ReadonlySet<string>
  /** Where else columns may be said; absent: as {@link Catalog.hint}. */
  readonly hint?: string
  /** How topics are called in the cluster; absent: as definitions call them. */
  readonly topicNames?: NamePattern
}

/** A catalogue for one command; each topic is looked at once. */
export class TopicCatalog implements Catalog, AsyncDisposable {
  readonly format: Format
  readonly hint?: string
  readonly #parts: CatalogParts
  readonly #notations: Readonly<Record<string, NotationSettings>>
  readonly #registries: Registries
  readonly #samples = new Map<string, Promise<readonly Column[] | undefined>>()

  constructor(parts: CatalogParts) {
    const { notations = {}, inputNotation } = parts
    this.#parts = parts
    if (parts.hint !== undefined) this.hint = parts.hint
    this.#notations = notations
    this.#registries = new Registries({ notations, clock: systemClock, random: systemRandom })
    this.format =
      inputNotation === undefined ? jsonRows : { notation: inputNotation, type: { kind: 'struct' } }
  }

  async values(name: string, format: Format): Promise<TopicValues | undefined> {
    const topic = topicInCluster(name, this.#parts.topicNames ?? plainNames)
    const type = typeOfNotation(format.notation, this.#notations)
    if (type === 'json') {
      const columns = this.#parts.files?.get(name) ?? (await this.#sampled(topic))
      return columns && { columns, format }
    }
    if (languageOf(type) === undefined) throw withoutColumns(format.notation)
    const notation = { name: format.notation, type }
    if (format.source !== undefined) return rowsOfSchema(notation, format.source, format.schema)
    const columns = this.#parts.files?.get(name)
    if (columns !== undefined) return rowFormat(notation, columns)
    const registry = this.#registries.of(format.notation)
    if (registry === undefined) return undefined
    const { text, references } = await registry.latest(registry.subjectOf({ topic, side: 'value' }))
    return rowsOfSchema(notation, { text, references }, format.schema)
  }

  isBroken(topic: string): boolean {
    return this.#parts.unreadable?.has(topic) === true
  }

  async names(): Promise<readonly string[]> {
    const { files, kafka, topicNames = plainNames } = this.#parts
    const real = (await kafka?.admin.listTopics()) ?? []
    return [...(files?.keys() ?? []), ...real.map(({ name }) => topicInDefinition(name, topicNames))]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registries.close()
  }

  #sampled(topic: string): Promise<readonly Column[] | undefined> {
    const { kafka } = this.#parts
    if (kafka === undefined) return Promise.resolve(undefined)
    const columns = this.#samples.get(topic) ?? sampleColumns(kafka, topic)
    this.#samples.set(topic, columns)
    return columns
  }
}

function withoutColumns(notation: string): StreamError {
  return new StreamError('TYPE_INVALID', `values of notation "${notation}" have no columns`, {
    hint: 'Queries read JSON, Avro, Protobuf and JSON Schema; convert the topic in a pipeline.',
  })
}

async function sampleColumns(kafka: Kafka, topic: string): Promise<readonly Column[] | undefined> {
  const samples: string[] = []
  const available = await countRecords(kafka, topic)
  if (available === 0) return undefined
  await consumeTopic(kafka, topic, {
    from: 'earliest',
    isolation: 'read_committed',
    signal: AbortSignal.timeout(sampleMs),
    onRecord: ({ value }) => {
      if (value !== null) samples.push(value)
      return samples.length < Math.min(sampleRecords, available)
    },
  }).catch(ignoreMissing)
  return samples.length === 0 ? undefined : inferJsonColumns(samples)
}

async function countRecords(kafka: Kafka, topic: string): Promise<number> {
  const [description] = await kafka.admin.describeTopics([topic])
  if (description === undefined) return 0
  const partitions = description.partitions.map(({ partition }) => ({ topic, partition }))
  const starts = await kafka.admin.listOffsets(partitions, 'earliest', 'read_committed')
  const ends = await kafka.admin.listOffsets(partitions, 'latest', 'read_committed')
  return [...ends].reduce((sum, [partition, end]) => sum + end - (starts.get(partition) ?? 0), 0)
}

/** A topic that goes away meanwhile is one of which nothing is known. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof StreamError) || error.code !== 'TOPIC_MISSING') throw error
}

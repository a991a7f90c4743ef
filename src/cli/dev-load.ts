/** Makes the topics of a definition on the embedded broker and fills them with the data files it names. */
import { placedAt, StreamError } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { Kafka, NewTopic, ProducerOptions } from '../kafka/contracts.ts'
import type { Format } from '../data/types.ts'
import type { Catalog } from '../language/catalog.ts'
import type { DevTopic } from '../language/dev-section.ts'
import type { Node } from '../topology/topology.ts'
import { openDataFile } from '../workload/data-file.ts'
import { loadProducer, produceRecords, type EncodeRow } from '../workload/produce-records.ts'
import type { CommandFormats } from './command-formats.ts'
import type { OpenDefinition } from './definitions.ts'
import { dataFileOf } from './dev-data.ts'
import type { Output } from './output.ts'
import { openKeyEncoder } from './key-encoder.ts'
import { openRowEncoder } from './row-encoder.ts'
import { inputTopics, outputTopics } from '../topology/outer-topics.ts'
import { formatCount, startProgress } from './render/progress.ts'

export interface DevLoad {
  readonly kafka: Kafka
  readonly definition: OpenDefinition
  /** What is known of the topics' values. */
  readonly catalog: Catalog
  readonly formats: CommandFormats
  readonly output: Output
  readonly signal: AbortSignal
  readonly clock: Clock
  /** How records are written, where not as in a load. */
  readonly producer: Partial<ProducerOptions>
}

/** Topics that the definition reads or writes and does not describe get this many partitions. */
const partitionsDefault = 4

export async function createDevTopics({ kafka, definition }: DevLoad): Promise<void> {
  const described = definition.loaded.dev?.topics ?? []
  const topics = new Map<string, NewTopic>(described.map((topic) => [topic.topic.value, newTopic(topic)]))
  for (const topology of definition.loaded.topologies) {
    for (const name of [...inputTopics(topology), ...outputTopics(topology)]) {
      if (!topics.has(name))
        topics.set(name, { name, partitions: partitionsDefault, replicationFactor: -1, configs: {} })
    }
  }
  await kafka.admin.createTopics([...topics.values()])
}

function newTopic({ topic, partitions, compact }: DevTopic): NewTopic {
  return {
    name: topic.value,
    partitions,
    replicationFactor: -1,
    configs: compact ? { 'cleanup.policy': 'compact' } : {},
  }
}

/** `dimensions`: what is read as a table or a look-up; `events`: the rest, all topics side by side. */
export async function loadDevTopics(load: DevLoad, which: 'dimensions' | 'events'): Promise<void> {
  const { loaded } = load.definition
  const tables = new Set(
    loaded.topologies.flatMap(({ nodes }) =>
      nodes.flatMap((node) =>
        node.kind === 'global-table' || node.kind === 'table-source' ? [node.topic] : [],
      ),
    ),
  )
  const topics = (loaded.dev?.topics ?? []).filter(
    ({ topic }) => tables.has(topic.value) === (which === 'dimensions'),
  )
  await Promise.all(topics.map((topic) => loadTopic(load, topic)))
}

async function loadTopic(load: DevLoad, topic: DevTopic): Promise<void> {
  const { kafka, definition, output, signal, clock } = load
  const file = dataFileOf(topic, definition.folder)
  if (file === undefined) return
  const name = topic.topic.value
  await using data = await openDataFile(file)
  const total = Math.min(topic.limit ?? data.recordCount, data.recordCount)
  const format = formatsIn(load, name)
  const encode = await encoderOf(load, name, format?.value)
  const encodeKey = await keyEncoderOf(load, topic, format?.key)
  const progress = startProgress(`load ${name}`, output, clock)
  const producer = kafka.producer({ ...loadProducer, ...load.producer })
  try {
    const sent = await produceRecords(producer, name, data.read(), {
      clock,
      signal,
      rate: topic.ratePerSecond,
      count: topic.limit,
      source: `"${topic.file?.value}"`,
      timeField: topic.eventTime?.value,
      encode,
      encodeKey,
      onProgress: (done) => progress.report(done, total),
    })
    progress.finish()
    output.note(`loaded ${formatCount(sent)} records into ${name}`)
  } catch (error) {
    // A record that does not fit is one of the file that stands there.
    const isPlaced = topic.file !== undefined && error instanceof StreamError && error.domain === 'user'
    throw isPlaced ? placedAt(error, topic.file.span) : error
  } finally {
    await producer.close()
  }
}

/** Data files have rows: a topic whose readers want them in another format than JSON gets them so. */
async function encoderOf(
  { catalog, formats, signal }: DevLoad,
  topic: string,
  format: Format | undefined,
): Promise<EncodeRow | undefined> {
  if (format === undefined || !formats.hasSchemas(format)) return undefined
  const values = await catalog.values(topic, format)
  return values && (await openRowEncoder(formats, topic, values, signal))
}

/** Keys are written in the type that the definition declares. */
async function keyEncoderOf(
  { formats, signal }: DevLoad,
  { topic, key }: DevTopic,
  format: Format | undefined,
): Promise<EncodeRow | undefined> {
  if (format === undefined || key === undefined) return undefined
  return await openKeyEncoder(formats, { topic: topic.value, format, field: key.value }, signal)
}

/** How the definition reads a topic: its first reader says it. */
function formatsIn({ definition }: DevLoad, topic: string): Formats | undefined {
  const nodes = definition.loaded.topologies.flatMap((topology) => topology.nodes)
  return nodes.find((node): node is Node & Formats => reads(node, topic))
}

type Formats = { readonly key: Format; readonly value: Format }

function reads(node: Node, topic: string): boolean {
  switch (node.kind) {
    case 'source':
      return node.topics.includes(topic)
    case 'table-source':
    case 'global-table':
      return node.topic === topic
    default:
      return false
  }
}

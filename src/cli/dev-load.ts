/** Makes the topics of a definition on the embedded broker and fills them with the data files it names. */
import type { Clock } from '../base/clock.ts'
import type { Kafka, NewTopic } from '../kafka/contracts.ts'
import type { DevTopic } from '../language/dev-section.ts'
import { openDataFile } from '../workload/data-file.ts'
import { loadProducer, produceRecords } from '../workload/produce-records.ts'
import type { OpenDefinition } from './definitions.ts'
import { dataFileOf } from './dev-data.ts'
import type { Output } from './output.ts'
import { inputTopics, outputTopics } from './render/definition.ts'
import { formatCount, startProgress } from './render/progress.ts'

export interface DevLoad {
  readonly kafka: Kafka
  readonly definition: OpenDefinition
  readonly output: Output
  readonly signal: AbortSignal
  readonly clock: Clock
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

async function loadTopic(
  { kafka, definition, output, signal, clock }: DevLoad,
  topic: DevTopic,
): Promise<void> {
  const file = dataFileOf(topic, definition.folder)
  if (file === undefined) return
  const name = topic.topic.value
  await using data = await openDataFile(file)
  const total = Math.min(topic.limit ?? data.recordCount, data.recordCount)
  const progress = startProgress(`load ${name}`, output, clock)
  const producer = kafka.producer(loadProducer)
  try {
    const sent = await produceRecords(producer, name, data.read(), {
      clock,
      signal,
      rate: topic.ratePerSecond,
      count: topic.limit,
      onProgress: (done) => progress.report(done, total),
    })
    progress.finish()
    output.note(`loaded ${formatCount(sent)} records into ${name}`)
  } finally {
    await producer.close()
  }
}

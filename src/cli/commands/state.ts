import { join } from 'node:path'
import type { Command } from 'commander'
import { partitionKey, type Admin, type Kafka, type TopicPartition } from '../../kafka/contracts.ts'
import { readStoredState, type StoredApplication, type StoredStore } from '../../runtime/stored-state.ts'
import { readPartitions } from '../../workload/consume-topic.ts'
import { openCluster } from '../cluster.ts'
import { warnings } from '../logger.ts'
import { withOptionalBootstrap, type ClusterOptions, type OptionalClusterOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode, renderError } from '../render/error.ts'

interface StateOptions extends OptionalClusterOptions {
  readonly stateDir: string
}

export function addStateCommand(program: Command, output: Output): void {
  withOptionalBootstrap(
    program.command('state').description('list the stores that applications keep on this disk'),
    'say how far each store is behind its change log there',
  )
    .option('--state-dir <folder>', 'the folder that they run with', join('.weft', 'state'))
    .action(async (options: StateOptions) => {
      process.exitCode = await listState(options, output)
    })
}

async function listState({ stateDir, ...options }: StateOptions, output: Output): Promise<number> {
  const { bootstrap } = options
  const applications = await readStoredState(stateDir)
  const lags =
    bootstrap === undefined
      ? new Map<StoredStore, number>()
      : await lagsOf(applications, { ...options, bootstrap }, output)
  const stores = applications.flatMap(({ applicationId, stores }) =>
    stores.map((store) => ({ applicationId, store })),
  )
  if (stores.length > 0) output.line(columns.join('\t'))
  for (const { applicationId, store } of stores) output.line(rowOf(applicationId, store, lags.get(store)))
  const failures = applications.flatMap(({ applicationId, failures }) =>
    failures.map((failure) => `${applicationId}: ${renderError(failure)}`),
  )
  for (const failure of failures) output.note(failure)
  if (stores.length + failures.length === 0) output.note(`no stores in "${stateDir}"`)
  return failures.length > 0 ? exitCode.failed : exitCode.done
}

const columns = ['application', 'task', 'store', 'engine', 'entries', 'bytes', 'position', 'lag']

function rowOf(applicationId: string, stored: StoredStore, lag: number | undefined): string {
  const { task, store, engine, entries, sizeBytes, position } = stored
  const at = position?.inputs === undefined ? position?.offset : `inputs ${position.inputs}`
  return [applicationId, task, store, engine, entries, sizeBytes, at ?? '-', lag ?? '-'].join('\t')
}

/** Records between a store and the end of its change log, for topics that are still the same. */
async function lagsOf(
  applications: readonly StoredApplication[],
  options: ClusterOptions,
  output: Output,
): Promise<Map<StoredStore, number>> {
  await using cluster = openCluster(options, warnings(output))
  const { admin } = cluster.kafka
  const names = await namesById(admin)
  const places = new Map<StoredStore, TopicPartition>()
  for (const store of applications.flatMap(({ stores }) => stores)) {
    const topic = names.get(store.position?.topicId ?? '')
    if (topic !== undefined) places.set(store, { topic, partition: Number(store.task.split('_')[1]) })
  }
  const behind = await recordsBehind(cluster.kafka, places)
  return new Map([...places].map(([store, place]) => [store, behind.get(partitionKey(place)) ?? 0]))
}

/** Counted one by one: between two offsets there are also the marks of transactions, and what a compaction has left out. */
async function recordsBehind(
  kafka: Kafka,
  places: ReadonlyMap<StoredStore, TopicPartition>,
): Promise<Map<string, number>> {
  const partitions = [...places.values()]
  const starts = new Map(
    [...places].map(([{ position }, place]) => [partitionKey(place), position?.offset ?? 0]),
  )
  const ends = await kafka.admin.listOffsets(partitions, 'latest', 'read_committed')
  const counts = new Map<string, number>()
  const { signal } = new AbortController()
  await readPartitions(
    kafka,
    { partitions, starts, ends },
    {
      isolation: 'read_committed',
      signal,
      onRecord: (record) => {
        const key = partitionKey(record)
        counts.set(key, (counts.get(key) ?? 0) + 1)
        return true
      },
    },
  )
  return counts
}

async function namesById(admin: Admin): Promise<Map<string, string>> {
  return new Map((await admin.listTopics()).map(({ id, name }) => [id, name]))
}

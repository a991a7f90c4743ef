import { join } from 'node:path'
import type { Command } from 'commander'
import type { Admin } from '../../kafka/contracts.ts'
import { readStoredState, type StoredApplication, type StoredStore } from '../../runtime/stored-state.ts'
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
  for (const { applicationId, failure } of applications) {
    if (failure !== undefined) output.note(`${applicationId}: ${renderError(failure)}`)
  }
  if (stores.length === 0) output.note(`no stores in "${stateDir}"`)
  return applications.some(({ failure }) => failure !== undefined) ? exitCode.failed : exitCode.done
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
  const lags = new Map<StoredStore, number>()
  for (const store of applications.flatMap(({ stores }) => stores)) {
    const topic = names.get(store.position?.topicId ?? '')
    if (topic === undefined) continue
    const place = { topic, partition: Number(store.task.split('_')[1]) }
    const ends = await admin.listOffsets([place], 'latest', 'read_uncommitted')
    const end = ends.get(`${place.topic}-${place.partition}`) ?? 0
    lags.set(store, Math.max(0, end - (store.position?.offset ?? 0)))
  }
  return lags
}

async function namesById(admin: Admin): Promise<Map<string, string>> {
  return new Map((await admin.listTopics()).map(({ id, name }) => [id, name]))
}

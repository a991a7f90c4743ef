/** Definitions for commands that look at them and do not run them. */
import { StreamError } from '../base/errors.ts'
import type { Catalog } from '../language/catalog.ts'
import type { Kafka } from '../kafka/contracts.ts'
import { openCluster } from './cluster.ts'
import { sourcesOf, type RunConfig } from './config/run-config.ts'
import { configOf } from './config/run-settings.ts'
import {
  definitionsIn,
  emptyCatalog,
  openDefinition,
  openDefinitions,
  type DefinitionSource,
  type Inspect,
  type OpenDefinition,
} from './definitions.ts'
import { readDevData } from './dev-data.ts'
import type { Diagnostic } from '../language/diagnostic.ts'
import { warnings } from './logger.ts'
import type { ClusterOptions, OptionalClusterOptions } from './options.ts'
import type { Output } from './output.ts'
import { exitCode } from './render/error.ts'
import { TopicCatalog } from './topic-catalog.ts'

export interface CatalogOptions extends OptionalClusterOptions {
  readonly config?: string
}

interface Looks {
  readonly inspect?: Inspect
  /** Looks at the cluster, where there is one, for definitions that are fine; prints what is wrong there, and says whether nothing is. */
  readonly lookAt?: LookAt
}

type LookAt = (kafka: Kafka, definitions: readonly OpenDefinition[], config: RunConfig) => Promise<boolean>

/**
 * Opens definitions with what can be known of their topics: from schemas, and from a cluster or else from the data files that the
 * definitions name.
 *
 * @returns the exit code; that of a wrong definition where there is one
 */
export async function withDefinitions(
  files: readonly string[],
  { inspect, lookAt, ...options }: CatalogOptions & Looks,
  output: Output,
  work: (definitions: readonly OpenDefinition[], config: RunConfig) => number | Promise<number>,
): Promise<number> {
  const config = configOf(options.config, output)
  if (config === undefined) return exitCode.wrong
  const sources = sourcesOf(files, config)
  if (sources.length === 0)
    throw new StreamError('USAGE_INVALID', 'no definition is named', {
      hint: 'Give definition files, or a configuration that names some with "--config".',
    })
  const open: Open = (catalog, problems = []) =>
    openDefinitions(sources, catalog, output, async (loaded, path) => [
      ...problems.filter(({ span }) => span.file === path),
      ...((await inspect?.(loaded, path)) ?? []),
    ])
  const { bootstrap } = options
  const definitions =
    bootstrap === undefined
      ? await withFiles(sources, config, open)
      : await withCluster({ ...options, bootstrap }, config, { output, open, lookAt })
  return definitions === undefined ? exitCode.wrong : await work(definitions, config)
}

/** Opens all definitions, with what was found to be wrong with their data. */
type Open = (
  catalog: Catalog,
  problems?: readonly Diagnostic[],
) => Promise<readonly OpenDefinition[] | undefined>

async function withFiles(
  sources: readonly DefinitionSource[],
  { schemas, inputNotation }: RunConfig,
  open: Open,
): ReturnType<Open> {
  const drafts = sources.flatMap(definitionsIn).map((source) => openDefinition(source, emptyCatalog))
  // What is wrong with one is said when it is opened for good.
  const opened = (await Promise.allSettled(drafts)).filter((draft) => draft.status === 'fulfilled')
  const { columns: files, unreadable, problems } = await readDevData(opened.map(({ value }) => value))
  await using catalog = new TopicCatalog({ ...schemas, inputNotation, files, unreadable })
  return await open(catalog, problems)
}

async function withCluster(
  options: ClusterOptions,
  config: RunConfig,
  { output, open, lookAt }: { output: Output; open: Open; lookAt: LookAt | undefined },
): ReturnType<Open> {
  const { schemas, inputNotation, topicNames } = config
  await using cluster = openCluster(options, warnings(output), config)
  await using catalog = new TopicCatalog({ ...schemas, inputNotation, topicNames, kafka: cluster.kafka })
  // Awaited here: the cluster is closed when this returns.
  const definitions = await open(catalog)
  if (definitions === undefined || lookAt === undefined) return definitions
  return (await lookAt(cluster.kafka, definitions, config)) ? definitions : undefined
}

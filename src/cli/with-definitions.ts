/** Definitions for commands that look at them and do not run them. */
import { StreamError } from '../base/errors.ts'
import { silentLogger } from '../base/logger.ts'
import type { Catalog } from '../language/catalog.ts'
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
import { devColumns } from './dev-data.ts'
import type { Output } from './output.ts'
import { exitCode } from './render/error.ts'
import { TopicCatalog } from './topic-catalog.ts'

export interface CatalogOptions {
  readonly bootstrap?: string
  readonly config?: string
}

/**
 * Opens definitions with what can be known of their topics: from schemas, and from a cluster or else from the data files that the
 * definitions name.
 *
 * @returns the exit code; that of a wrong definition where there is one
 */
export async function withDefinitions(
  files: readonly string[],
  { bootstrap, config: path, inspect }: CatalogOptions & { readonly inspect?: Inspect },
  output: Output,
  work: (definitions: readonly OpenDefinition[]) => number | Promise<number>,
): Promise<number> {
  const config = configOf(path, output)
  if (config === undefined) return exitCode.wrong
  const sources = sourcesOf(files, config)
  if (sources.length === 0)
    throw new StreamError('USAGE_INVALID', 'no definition is named', {
      hint: 'Give definition files, or a configuration that names some with "--config".',
    })
  const open = (catalog: Catalog) => openDefinitions(sources, catalog, output, inspect)
  const definitions = await withCatalog(sources, config, bootstrap, open)
  return definitions === undefined ? exitCode.wrong : await work(definitions)
}

async function withCatalog<T>(
  sources: readonly DefinitionSource[],
  { schemas, inputNotation, topicNames }: RunConfig,
  bootstrap: string | undefined,
  work: (catalog: Catalog) => Promise<T>,
): Promise<T> {
  if (bootstrap === undefined) {
    const drafts = sources.flatMap(definitionsIn).map((source) => openDefinition(source, emptyCatalog))
    const files = await devColumns(await Promise.all(drafts))
    await using catalog = new TopicCatalog({ ...schemas, inputNotation, files })
    return await work(catalog)
  }
  await using cluster = openCluster({ bootstrap }, silentLogger)
  await using catalog = new TopicCatalog({ ...schemas, inputNotation, topicNames, kafka: cluster.kafka })
  // Awaited here: the cluster is closed when this returns.
  return await work(catalog)
}

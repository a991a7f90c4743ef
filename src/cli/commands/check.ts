import type { Command } from 'commander'
import type { Catalog } from '../../language/catalog.ts'
import { silentLogger } from '../../base/logger.ts'
import { openCluster } from '../cluster.ts'
import { devCatalog } from '../dev-data.ts'
import { emptyCatalog, openDefinition, openDefinitions } from '../definitions.ts'
import type { Output } from '../output.ts'
import { exitCode } from '../render/error.ts'
import { topicCatalog } from '../topic-catalog.ts'

interface CheckOptions {
  readonly bootstrap?: string
}

export function addCheckCommand(program: Command, output: Output): void {
  program
    .command('check')
    .description('say all that is wrong with definitions, without running them')
    .argument('<files...>')
    .option(
      '--bootstrap <host:port,…>',
      'look topics up there; otherwise only what the files say of them is known',
    )
    .action(async (files: string[], options: CheckOptions) => {
      process.exitCode = await withCatalog(files, options.bootstrap, async (catalog) => {
        const definitions = await openDefinitions(files, catalog, output)
        if (definitions === undefined) return exitCode.wrong
        for (const { path, loaded } of definitions) {
          output.line(
            `${path}: fine; ${loaded.topologies.map(({ name, nodes }) => `${name} (${nodes.length} nodes)`).join(', ')}`,
          )
        }
        return exitCode.done
      })
    })
}

/** Runs `work` with what can be known of the topics: from a cluster, or from the data files that the definitions name. */
export async function withCatalog<T>(
  files: readonly string[],
  bootstrap: string | undefined,
  work: (catalog: Catalog) => Promise<T>,
): Promise<T> {
  if (bootstrap === undefined) {
    const drafts = await Promise.all(files.map((file) => openDefinition(file, emptyCatalog)))
    return work(await devCatalog(drafts))
  }
  await using cluster = openCluster({ bootstrap }, silentLogger)
  // Awaited here: the cluster is closed when this returns.
  return await work(topicCatalog(cluster.kafka))
}

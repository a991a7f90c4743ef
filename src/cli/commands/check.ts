import type { Command } from 'commander'
import type { Catalog } from '../../language/catalog.ts'
import { silentLogger } from '../../base/logger.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import { systemRandom } from '../../base/random.ts'
import { openFunctions } from '../../functions/open-functions.ts'
import { functionsOf } from '../../topology/node-edges.ts'
import { openCluster } from '../cluster.ts'
import { devCatalog } from '../dev-data.ts'
import { emptyCatalog, openDefinition, openDefinitions, type OpenDefinition } from '../definitions.ts'
import type { Output } from '../output.ts'
import { exitCode, renderError } from '../render/error.ts'
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
        const problems = await reportFunctions(definitions, output)
        if (problems > 0) return exitCode.wrong
        for (const { path, loaded } of definitions) {
          output.line(
            `${path}: fine; ${loaded.topologies.map(({ name, nodes }) => `${name} (${nodes.length} nodes)`).join(', ')}`,
          )
        }
        return exitCode.done
      })
    })
}

/** Compiles the functions of all definitions and prints what does not compile; gives how many problems there are. */
async function reportFunctions(definitions: readonly OpenDefinition[], output: Output): Promise<number> {
  let count = 0
  for (const { nodes, functions } of definitions.flatMap(({ loaded }) => loaded.topologies)) {
    const inline = nodes.flatMap(functionsOf)
    const host = await openFunctions(functions, {
      logger: silentLogger,
      metrics: new MetricRegistry(),
      random: systemRandom,
      inline,
    })
    for (const problem of host.problems) output.note(`${renderError(problem)}\n`)
    count += host.problems.length
    await host.close()
  }
  return count
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

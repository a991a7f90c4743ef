import type { Command } from 'commander'
import { silentLogger } from '../../base/logger.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import { systemRandom } from '../../base/random.ts'
import { openFunctions } from '../../functions/open-functions.ts'
import { functionsOf } from '../../topology/node-edges.ts'
import type { OpenDefinition } from '../definitions.ts'
import { withConfig } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode, renderError } from '../render/error.ts'
import { withDefinitions, type CatalogOptions } from '../with-definitions.ts'

export function addCheckCommand(program: Command, output: Output): void {
  withConfig(
    program
      .command('check')
      .description('say all that is wrong with definitions, without running them')
      .argument('[files...]'),
  )
    .option(
      '--bootstrap <host:port,…>',
      'look topics up there; otherwise only what the files and registries say of them is known',
    )
    .action(async (files: string[], options: CatalogOptions) => {
      process.exitCode = await withDefinitions(files, options, output, async (definitions) => {
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

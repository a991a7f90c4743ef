import type { Command } from 'commander'
import { functionProblems } from '../function-problems.ts'
import { withConfig, withOptionalBootstrap } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode } from '../render/error.ts'
import { withDefinitions, type CatalogOptions } from '../with-definitions.ts'

export function addCheckCommand(program: Command, output: Output): void {
  const command = program
    .command('check')
    .description('say all that is wrong with definitions, without running them')
    .argument('[files...]')
  withOptionalBootstrap(
    withConfig(command),
    'look topics up there; otherwise only what the files and registries say of them is known',
  ).action(async (files: string[], options: CatalogOptions) => {
    const compiling = { ...options, inspect: functionProblems }
    process.exitCode = await withDefinitions(files, compiling, output, (definitions) => {
      for (const { path, loaded } of definitions) {
        output.line(
          `${path}: fine; ${loaded.topologies.map(({ name, nodes }) => `${name} (${nodes.length} nodes)`).join(', ')}`,
        )
      }
      return exitCode.done
    })
  })
}

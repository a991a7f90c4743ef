import type { Command } from 'commander'
import type { Kafka } from '../../kafka/contracts.ts'
import { topicProblems } from '../../runtime/topic-problems.ts'
import { withRealTopics, type NamePattern } from '../../topology/name-pattern.ts'
import type { RunConfig } from '../config/run-config.ts'
import type { OpenDefinition } from '../definitions.ts'
import { functionProblems } from '../function-problems.ts'
import { withConfig, withOptionalBootstrap } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode, renderError } from '../render/error.ts'
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
    const lookAt = (kafka: Kafka, definitions: readonly OpenDefinition[], { topicNames }: RunConfig) =>
      topicsFit(kafka, { definitions, topicNames, output })
    const compiling = { ...options, inspect: functionProblems, lookAt }
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

interface Checked {
  readonly definitions: readonly OpenDefinition[]
  readonly topicNames: NamePattern
  readonly output: Output
}

/** As a start would find them. */
async function topicsFit(kafka: Kafka, { definitions, topicNames, output }: Checked): Promise<boolean> {
  let fit = true
  for (const { path, loaded } of definitions) {
    const topologies = loaded.topologies.map((topology) => withRealTopics(topology, topicNames))
    const found = await Promise.all(topologies.map((topology) => topicProblems(kafka.admin, topology)))
    const texts = new Set(found.flat().map(renderError))
    for (const text of texts) output.note(`${text}\n`)
    if (texts.size > 0) output.note(`${path}: ${texts.size} ${texts.size === 1 ? 'error' : 'errors'}`)
    fit &&= texts.size === 0
  }
  return fit
}

import type { Command } from 'commander'
import { describeTopology, topologiesToMermaid } from '../../topology/describe.ts'
import type { Topology } from '../../topology/topology.ts'
import type { RunConfig } from '../config/run-config.ts'
import { applicationsOf } from '../config/run-settings.ts'
import type { OpenDefinition } from '../definitions.ts'
import { oneOf, withConfig, withOptionalBootstrap } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode } from '../render/error.ts'
import { describeDefinition } from '../render/definition.ts'
import { describeTasks, inCluster } from '../render/tasks.ts'
import { withDefinitions, type CatalogOptions } from '../with-definitions.ts'

type Stage = 'definition' | 'logical' | 'topology' | 'tasks'
type Format = 'text' | 'json' | 'mermaid'

interface ExplainOptions extends CatalogOptions {
  readonly stage: Stage
  readonly format: Format
}

export function addExplainCommand(program: Command, output: Output): void {
  const command = program.command('explain').description('show what a definition becomes').argument('[file]')
  withOptionalBootstrap(withConfig(command), 'look topics up there')
    .option(
      '--stage <stage>',
      'definition, logical, topology or tasks',
      oneOf<Stage>('definition', 'logical', 'topology', 'tasks'),
      'topology',
    )
    .option('--format <format>', 'text, json or mermaid', oneOf<Format>('text', 'json', 'mermaid'), 'text')
    .action(async (file: string | undefined, options: ExplainOptions) => {
      const files = file === undefined ? [] : [file]
      process.exitCode = await withDefinitions(files, options, output, (definitions, config) => {
        for (const text of explain(definitions, config, options)) output.line(text)
        return exitCode.done
      })
    })
}

function explain(
  definitions: readonly OpenDefinition[],
  config: RunConfig,
  { stage, format }: ExplainOptions,
): readonly string[] {
  if (format === 'mermaid')
    return [topologiesToMermaid(definitions.flatMap(({ loaded }) => loaded.topologies))]
  if (stage === 'tasks') return [explainTasks(definitions, config, format)]
  return definitions.map((definition) =>
    format === 'json'
      ? JSON.stringify(stageData(definition, stage), undefined, 2)
      : definition.loaded.topologies.map((topology) => stageText(definition, topology, stage)).join('\n\n'),
  )
}

/** By the names that a run gives its topics. */
function explainTasks(
  definitions: readonly OpenDefinition[],
  config: RunConfig,
  format: 'text' | 'json',
): string {
  const { topicNames } = config
  const applications = applicationsOf(definitions, config, {})
  if (format === 'text')
    return applications.map((application) => describeTasks(application, topicNames)).join('\n\n')
  const data = applications.map((application) => ({
    name: application.topology.name,
    subTopologies: inCluster(application, topicNames),
  }))
  return JSON.stringify(data, undefined, 2)
}

function stageData({ loaded }: OpenDefinition, stage: Exclude<Stage, 'tasks'>): unknown {
  switch (stage) {
    case 'definition':
      return { form: loaded.form, topologies: loaded.topologies.map(({ name }) => name), dev: loaded.dev }
    case 'logical':
      return loaded.topologies.map(({ name, nodes }) => ({ name, nodes }))
    case 'topology':
      return loaded.topologies
  }
}

function stageText(definition: OpenDefinition, topology: Topology, stage: Exclude<Stage, 'tasks'>): string {
  switch (stage) {
    case 'definition':
      return describeDefinition(definition.loaded, topology)
    case 'logical':
    case 'topology':
      return describeTopology(topology)
  }
}

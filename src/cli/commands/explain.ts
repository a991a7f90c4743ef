import type { Command } from 'commander'
import { describeTopology, topologyToMermaid } from '../../topology/describe.ts'
import type { Topology } from '../../topology/topology.ts'
import type { OpenDefinition } from '../definitions.ts'
import { oneOf, withConfig, withOptionalBootstrap } from '../options.ts'
import type { Output } from '../output.ts'
import { exitCode } from '../render/error.ts'
import { describeDefinition } from '../render/definition.ts'
import { describeTasks } from '../render/tasks.ts'
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
      process.exitCode = await withDefinitions(files, options, output, (definitions) => {
        for (const definition of definitions) output.line(explain(definition, options))
        return exitCode.done
      })
    })
}

function explain(definition: OpenDefinition, { stage, format }: ExplainOptions): string {
  const { topologies } = definition.loaded
  if (format === 'mermaid') return topologies.map(topologyToMermaid).join('\n\n')
  if (format === 'json') return JSON.stringify(stageData(definition, stage), undefined, 2)
  return topologies.map((topology) => stageText(definition, topology, stage)).join('\n\n')
}

function stageData({ loaded }: OpenDefinition, stage: Stage): unknown {
  switch (stage) {
    case 'definition':
      return { form: loaded.form, topologies: loaded.topologies.map(({ name }) => name), dev: loaded.dev }
    case 'logical':
      return loaded.topologies.map(({ name, nodes }) => ({ name, nodes }))
    case 'topology':
      return loaded.topologies
    case 'tasks':
      return loaded.topologies.map(({ name, subTopologies }) => ({ name, subTopologies }))
  }
}

function stageText(definition: OpenDefinition, topology: Topology, stage: Stage): string {
  switch (stage) {
    case 'definition':
      return describeDefinition(definition.loaded, topology)
    case 'logical':
    case 'topology':
      return describeTopology(topology)
    case 'tasks':
      return describeTasks(topology)
  }
}

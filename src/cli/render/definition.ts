import type { LoadedDefinition } from '../../language/load.ts'
import { functionsOf } from '../../topology/node-edges.ts'
import type { Topology } from '../../topology/topology.ts'

/** What a definition says, as one topology sees it: topics in and out, functions, stores. */
export function describeDefinition(loaded: LoadedDefinition, topology: Topology): string {
  const functions = new Set(
    topology.nodes.flatMap((node) =>
      functionsOf(node).map((ref) => `${ref.name} (${ref.kind}, ${ref.body.language})`),
    ),
  )
  return [
    `definition ${topology.name} (${loaded.form})`,
    ...section('reads', inputTopics(topology)),
    ...section('writes', outputTopics(topology)),
    ...section('functions', [...functions]),
    ...section(
      'stores',
      topology.stores.map((store) => store.name),
    ),
  ].join('\n')
}

function section(label: string, lines: readonly string[]): string[] {
  return lines.map((line) => `  ${label} ${line}`)
}

/** The topics that an application reads and does not make itself, global tables included. */
export function inputTopics(topology: Topology): string[] {
  const topics = topology.nodes.flatMap((node) => {
    if (node.kind === 'source') return node.topics
    return node.kind === 'table-source' || node.kind === 'global-table' ? [node.topic] : []
  })
  return [...new Set(topics)]
}

/** The topics that an application writes by name. */
export function outputTopics(topology: Topology): string[] {
  const topics = topology.nodes.flatMap((node) =>
    node.kind === 'sink' && node.topic.kind === 'topic' ? [node.topic.name] : [],
  )
  return [...new Set(topics)]
}

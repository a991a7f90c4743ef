import type { Topology } from './topology.ts'

/** The topics that an application reads by name and does not make itself, global tables included. */
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

import type { TopicPartition } from '../../src/kafka/contracts.ts'
import type { Topology } from '../../src/topology/topology.ts'
import type { SimulationCase } from './cases/case.ts'

const applicationId = 'app'

/** Partitions that some task has to read, by the topology itself: a topic of its own may get more of them. */
export function expectedInputs({ nodes }: Topology, { topics }: SimulationCase): TopicPartition[] {
  const counts = new Map<string, number>()
  for (const node of nodes) {
    if (node.kind === 'source') for (const topic of node.topics) counts.set(topic, topics[topic] ?? 1)
    else if (node.kind === 'table-source') counts.set(node.topic, topics[node.topic] ?? 1)
    else if (node.kind === 'repartition') counts.set(`${applicationId}-${node.topic}`, node.partitions ?? 1)
  }
  return [...counts].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
}

/** Where a store's changes are kept: its own topic, or its table's. */
export function changeLogOf({ nodes, stores }: Topology, name: string): string {
  const source = nodes.find((node) => node.kind === 'table-source' && node.store === name)
  const spec = stores.find((store) => store.name === name)
  if (spec?.logging === 'source' && source?.kind === 'table-source') return source.topic
  return `${applicationId}-${name}-changelog`
}

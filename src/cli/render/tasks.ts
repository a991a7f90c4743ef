import { chooseEngine } from '../../store/state-engines.ts'
import { internalTopic, type NamePattern } from '../../topology/name-pattern.ts'
import type { SubTopology } from '../../topology/topology.ts'
import type { NamedTopology } from '../config/run-settings.ts'

/** What runs: one task for each partition of a sub-topology's topics. */
export function describeTasks(application: NamedTopology, topicNames: NamePattern): string {
  const { topology } = application
  const lines = [`tasks of ${topology.name}`]
  for (const { index, sources, repartitionSources, stores } of inCluster(application, topicNames)) {
    const own = sources.filter((topic) => !repartitionSources.includes(topic))
    const internal = repartitionSources.map((topic) => `${topic} (internal)`)
    lines.push(`  ${index}_p: one for each partition p of ${[...own, ...internal].join(', ')}`)
    for (const store of stores) lines.push(`    keeps store ${store}`)
  }
  if (topology.stores.some(({ persistent }) => persistent)) lines.push(engineLine())
  return lines.join('\n')
}

/** The sub-topologies with the names that their topics have in a run. */
export function inCluster(
  { topology, applicationId }: NamedTopology,
  topicNames: NamePattern,
): readonly SubTopology[] {
  return topology.subTopologies.map((sub) => {
    const real = (topic: string): string =>
      sub.repartitionSources.includes(topic) ? internalTopic(applicationId, topic, topicNames) : topic
    return { ...sub, sources: sub.sources.map(real), repartitionSources: sub.repartitionSources.map(real) }
  })
}

/** What `auto` would take here. */
function engineLine(): string {
  const { kind, why } = chooseEngine('auto')
  return `  stores on disk: ${kind}, since ${why}`
}

import { chooseEngine } from '../../store/state-engines.ts'
import type { Topology } from '../../topology/topology.ts'

/** What runs: one task for each partition of a sub-topology's topics. */
export function describeTasks(topology: Topology): string {
  const lines = [`tasks of ${topology.name}`]
  for (const { index, sources, repartitionSources, stores } of topology.subTopologies) {
    const own = sources.filter((topic) => !repartitionSources.includes(topic))
    const internal = repartitionSources.map((topic) => `${topic} (internal)`)
    lines.push(`  ${index}_p: one for each partition p of ${[...own, ...internal].join(', ')}`)
    for (const store of stores) lines.push(`    keeps store ${store}`)
  }
  if (topology.stores.some(({ persistent }) => persistent)) lines.push(engineLine())
  return lines.join('\n')
}

/** What `auto` would take here. */
function engineLine(): string {
  const { kind, why } = chooseEngine('auto')
  return `  stores on disk: ${kind}, since ${why}`
}

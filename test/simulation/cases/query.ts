import { loadDefinition } from '../../../src/language/load.ts'
import type { Topology } from '../../../src/topology/topology.ts'

/** The topology of a definition in SQL. */
export async function queryTopology(definition: object): Promise<Topology> {
  const source = { path: 'simulation.yaml', text: JSON.stringify(definition) }
  const catalog = { values: () => Promise.resolve(undefined) }
  const loaded = await loadDefinition(source, { environment: {}, catalog, namespace: 'simulation' })
  const [topology] = loaded.topologies
  if (topology === undefined) throw new Error(JSON.stringify(loaded.diagnostics))
  return topology
}

import type { FunctionRef } from './functions.ts'
import type { Topology } from './topology.ts'

/** Every function that a node of the topology uses, in the order of the nodes, each once. */
export function functionRefs(topology: Topology): FunctionRef[] {
  const found = new Map<string, FunctionRef>()
  for (const node of topology.nodes) collect(node, found)
  return [...found.values()]
}

/** Nodes are plain data of little depth: whatever has a kind, parameters and a body is a function. */
function collect(value: unknown, found: Map<string, FunctionRef>): void {
  if (typeof value !== 'object' || value === null) return
  if (isFunctionRef(value)) {
    if (!found.has(value.name)) found.set(value.name, value)
    return
  }
  for (const part of Object.values(value)) collect(part, found)
}

function isFunctionRef(value: object): value is FunctionRef {
  return 'body' in value && 'parameters' in value && 'stores' in value && 'kind' in value
}

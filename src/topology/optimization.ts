import type { Node, StoreSpec } from './topology.ts'
import { mergeRepartitions } from './rewrites/merge-repartitions.ts'
import { joinFromOneStore } from './rewrites/self-joins.ts'

/** Rewrites that an author asks for: they change which internal topics and stores there are. */
export interface Optimization {
  readonly mergeRepartitions: boolean
  readonly selfJoins: boolean
}

export const noOptimization: Optimization = { mergeRepartitions: false, selfJoins: false }

interface Parts {
  readonly nodes: readonly Node[]
  readonly stores: readonly StoreSpec[]
}

export function optimize(
  { nodes, stores }: Parts,
  { mergeRepartitions: merges, selfJoins }: Optimization,
): Parts {
  const merged = merges ? mergeRepartitions(nodes) : nodes
  return selfJoins ? joinFromOneStore(merged, stores) : { nodes: merged, stores }
}

import { inputsOf } from './node-edges.ts'
import type { Node, NodeId } from './topology.ts'

/**
 * Says which repartitions drop records without a key: all but those that a join reads, however far behind, which has a use for them.
 * A subscription without a foreign key is answered, too. Nothing else is of use, and without a key they would go to a partition by chance (KIP-962).
 */
export function dropUnusedNullKeys(nodes: readonly Node[]): readonly Node[] {
  const wanted = new Set<NodeId>()
  for (const node of nodes.toReversed()) {
    if (!usesNullKeys(node) && !wanted.has(node.id)) continue
    for (const input of inputsOf(node)) wanted.add(input)
  }
  return nodes.map((node) =>
    node.kind === 'repartition' && node.carries !== 'subscriptions' && !wanted.has(node.id)
      ? { ...node, dropsNullKeys: true }
      : node,
  )
}

/** Left joins of a stream keep records whose key is null. */
function usesNullKeys(node: Node): boolean {
  if (node.kind === 'stream-join') return node.type !== 'inner'
  return (node.kind === 'stream-table-join' || node.kind === 'global-join') && node.type === 'left'
}

import type { Node, StoreSpec } from '../topology.ts'

/**
 * A join of a stream with itself keeps its records once: what one side would hold, the other has too. No record is without a partner,
 * so that left and outer joins become inner ones. As Kafka Streams' `single.store.self.join`.
 */
export function joinFromOneStore(
  nodes: readonly Node[],
  stores: readonly StoreSpec[],
): { readonly nodes: readonly Node[]; readonly stores: readonly StoreSpec[] } {
  const dropped = new Set<string>()
  const rewritten = nodes.map((node): Node => {
    if (node.kind !== 'stream-join' || node.left !== node.right) return node
    dropped.add(node.rightStore)
    if (node.unmatchedStore !== undefined) dropped.add(node.unmatchedStore)
    const { id, left: input, joiner, beforeMs, afterMs, leftStore: store } = node
    return { kind: 'self-join', id, input, joiner, givesKey: node.type !== 'outer', beforeMs, afterMs, store }
  })
  return { nodes: rewritten, stores: stores.filter(({ name }) => !dropped.has(name)) }
}

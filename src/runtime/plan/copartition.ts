import { StreamError } from '../../base/errors.ts'
import { inputsOf, joinedSidesOf } from '../../topology/node-edges.ts'
import type { Node, NodeId, RepartitionNode, Topology } from '../../topology/topology.ts'

/** Topics (as the topology names them) that the records of a node come from, not looking behind a repartition. */
export function sourcesOf(topology: Topology, id: NodeId): ReadonlySet<string> {
  const byId = new Map(topology.nodes.map((node) => [node.id, node]))
  const found = new Set<string>()
  const visit = (nodeId: NodeId): void => {
    const node = byId.get(nodeId)
    if (node === undefined || node.kind === 'global-table') return
    if (node.kind === 'repartition') found.add(node.topic)
    else if (node.kind === 'source') node.topics.forEach((topic) => found.add(topic))
    else if (node.kind === 'table-source') found.add(node.topic)
    else inputsOf(node).forEach(visit)
  }
  visit(id)
  return found
}

interface Join {
  readonly node: NodeId
  readonly left: ReadonlySet<string>
  readonly right: ReadonlySet<string>
}

/** The two sides of each join that matches by partition number; of a cogroup, each two of its streams. */
export function joinsOf(topology: Topology): readonly Join[] {
  return topology.nodes.flatMap((node) => {
    const sides = joinedSidesOf(node).map((side) => sourcesOf(topology, side))
    return sides.flatMap((left, index) =>
      sides.slice(index + 1).map((right) => ({ node: node.id, left, right })),
    )
  })
}

/**
 * How many partitions each topic has that tasks read. A repartition topic without a number of its own takes that of the topics it is
 * joined with, else the largest of the topics its records come from.
 *
 * @param external - partition counts of the topics that exist outside
 */
export function partitionCounts(
  topology: Topology,
  external: ReadonlyMap<string, number>,
): Map<string, number> {
  const counts = new Map(external)
  const joins = joinsOf(topology)
  const repartitions = new Map<string, RepartitionNode>(
    topology.nodes.filter(isRepartition).map((node) => [node.topic, node]),
  )
  const resolve = (topic: string): number => {
    const known = counts.get(topic)
    if (known !== undefined) return known
    const node = repartitions.get(topic)
    if (node === undefined) return 0
    const partners = joins
      .filter((join) => join.left.has(topic) || join.right.has(topic))
      .flatMap((join) => [...join.left, ...join.right])
      .filter((partner) => counts.has(partner))
    const from = partners.length > 0 ? partners : [...sourcesOf(topology, node.input)]
    const count = node.partitions ?? Math.max(1, ...from.map(resolve))
    counts.set(topic, count)
    return count
  }
  for (const topic of repartitions.keys()) resolve(topic)
  return counts
}

/**
 * A join matches partition by partition: both sides must have equally many.
 *
 * @param counts - a topic that is not in it is passed over: that it is missing is said elsewhere
 * @returns `JOIN_NOT_COPARTITIONED` for each join that cannot be
 */
export function copartitionProblems(
  topology: Topology,
  counts: ReadonlyMap<string, number>,
): readonly StreamError[] {
  return joinsOf(topology).flatMap(({ node, left, right }) => {
    const known = [...right].filter((topic) => counts.has(topic))
    for (const stream of left) {
      const other = known.find((topic) => counts.get(topic) !== counts.get(stream))
      if (other !== undefined && counts.has(stream))
        return [notCopartitioned(topology, { node, topics: [stream, other], counts })]
    }
    return []
  })
}

interface Mismatch {
  readonly node: NodeId
  readonly topics: readonly [string, string]
  readonly counts: ReadonlyMap<string, number>
}

function notCopartitioned(topology: Topology, { node, topics, counts }: Mismatch): StreamError {
  const isTable = (topic: string): boolean =>
    topology.nodes.some((one) => one.kind === 'table-source' && one.topic === topic)
  const named = (topic: string): string => `${isTable(topic) ? 'table' : 'stream'} "${topic}"`
  const [one, other] = topics
  const [ofOne, ofOther] = [counts.get(one), counts.get(other)]
  const stream = [one, other].find((topic) => !isTable(topic))
  const wanted = stream === one ? ofOther : ofOne
  return new StreamError(
    'JOIN_NOT_COPARTITIONED',
    `could not join ${named(one)} with ${named(other)} in "${node}"`,
    {
      detail: `The ${named(one)} has ${ofOne} partitions, the ${named(other)} ${ofOther}.`,
      hint:
        stream === undefined
          ? 'Give both topics equally many partitions, or join on a foreign key.'
          : `Add "{ type: repartition, numberOfPartitions: ${wanted} }" to stream "${stream}" before the join.`,
    },
  )
}

function isRepartition(node: Node): node is RepartitionNode {
  return node.kind === 'repartition'
}

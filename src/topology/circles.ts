/** Ways by which records come back to the topic that they were read from. */
import { entrancesOf } from './node-edges.ts'
import type { Node, NodeId, SinkNode } from './topology.ts'

export interface Circle {
  /** On the way, the one that the way begins and ends at first. */
  readonly topics: readonly string[]
  /** Writes to the first one again. */
  readonly end: SinkNode
}

/**
 * The shortest way from a topic back to it. What a topic-name extractor says is not known here.
 *
 * @param isOpen - whether records go on at a node; others end the way
 */
export function circleOf(
  nodes: readonly Node[],
  topic: string,
  isOpen: (node: Node) => boolean = () => true,
): Circle | undefined {
  const children = childrenOf(nodes.filter(isOpen))
  let ways: (readonly string[])[] = [[topic]]
  const seen = new Set<string>()
  for (let [way, ...others] = ways; way !== undefined; [way, ...others] = ways) {
    ways = others
    const from = way[way.length - 1] as string
    for (const sink of sinksBehind(
      nodes.filter((node) => isOpen(node) && reads(node, from)),
      children,
    )) {
      const to = sink.topic.kind === 'topic' ? sink.topic.name : undefined
      if (to === topic) return { topics: way, end: sink }
      if (to === undefined || seen.has(to)) continue
      seen.add(to)
      ways.push([...way, to])
    }
  }
  return undefined
}

/** Whether a node gives a record for each that it gets, whatever is in it: what goes round through such nodes alone never ends. */
export function passesEach(node: Node): boolean {
  switch (node.kind) {
    case 'source':
    case 'peek':
    case 'convert':
    case 'merge':
    case 'repartition':
    case 'to-stream':
    case 'sink':
      return true
    case 'transform':
      return !node.table && node.result !== 'key-values' && node.result !== 'values'
    default:
      return false
  }
}

function reads(node: Node, topic: string): boolean {
  if (node.kind === 'source') return node.topics.includes(topic)
  return node.kind === 'table-source' && node.topic === topic
}

function childrenOf(nodes: readonly Node[]): ReadonlyMap<NodeId, readonly Node[]> {
  const children = new Map<NodeId, Node[]>()
  for (const node of nodes)
    for (const [, input] of entrancesOf(node)) children.set(input, [...(children.get(input) ?? []), node])
  return children
}

function sinksBehind(
  starts: readonly Node[],
  children: ReadonlyMap<NodeId, readonly Node[]>,
): readonly SinkNode[] {
  const behind = new Set(starts)
  // A set tells of what is added to it on the way.
  for (const node of behind) for (const child of children.get(node.id) ?? []) behind.add(child)
  return [...behind].filter((node) => node.kind === 'sink')
}

/** Sources that read every topic whose name fits a pattern: which topics those are is known where the cluster is. */
import { StreamError } from '../base/errors.ts'
import type { Node, SourceNode, Topology } from './topology.ts'

type PatternSource = SourceNode & { readonly pattern: string }

export function patternSourcesOf({ nodes }: Topology): readonly PatternSource[] {
  return nodes.filter(hasPattern)
}

/**
 * The topology with the topics that its patterns fit. A pattern describes the whole name.
 *
 * @param topics - the names that there are, Weft's own internal ones left out
 * @throws StreamError `TOPOLOGY_INVALID` for a topic that is read in another way as well
 */
export function withPatternTopics(topology: Topology, topics: readonly string[]): Topology {
  const found = new Map(patternSourcesOf(topology).map((node) => [node.id, fitting(node.pattern, topics)]))
  if (found.size === 0) return topology
  checkReaders(topology, found)
  return {
    ...topology,
    nodes: topology.nodes.map((node) =>
      hasPattern(node) ? { ...node, topics: found.get(node.id) ?? [] } : node,
    ),
    subTopologies: topology.subTopologies.map((sub) => ({
      ...sub,
      sources: [...sub.sources, ...sub.nodes.flatMap((id) => found.get(id) ?? [])],
    })),
  }
}

function hasPattern(node: Node): node is PatternSource {
  return node.kind === 'source' && node.pattern !== undefined
}

/** Fits the whole name of a topic. */
export function wholeName(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}

function fitting(pattern: string, topics: readonly string[]): readonly string[] {
  const whole = wholeName(pattern)
  return topics.filter((topic) => whole.test(topic)).toSorted()
}

/** Each topic belongs to one sub-topology; two sources could put it into two. */
function checkReaders({ nodes }: Topology, found: ReadonlyMap<string, readonly string[]>): void {
  const readers = new Map<string, string>()
  for (const node of nodes) {
    for (const topic of found.get(node.id) ?? topicsOf(node)) {
      const other = readers.get(topic)
      if (other !== undefined && (found.has(node.id) || found.has(other)))
        throw new StreamError(
          'TOPOLOGY_INVALID',
          `topic "${topic}" is read by "${other}" and by "${node.id}"`,
          {
            detail: 'A topic that fits a pattern cannot be read in another way as well.',
            hint: 'Make the pattern narrower, or begin both pipelines with one stream.',
          },
        )
      readers.set(topic, node.id)
    }
  }
}

function topicsOf(node: Node): readonly string[] {
  if (node.kind === 'source') return node.topics
  return node.kind === 'table-source' ? [node.topic] : []
}

/**
 * The names of a cluster that several share: each is made of the name that a definition knows and of what a pattern puts around it.
 * Functions and stores keep to the former; only what meets the cluster has the latter.
 */
import type { Node, Topology } from './topology.ts'

export interface NamePattern {
  readonly before: string
  readonly after: string
}

export const plainNames: NamePattern = { before: '', after: '' }

/** Kafka's own topics, and those that are meant to be like them, begin with an underscore and are called what they are. */
export function topicInCluster(name: string, pattern: NamePattern): string {
  return name.startsWith('_') ? name : nameInCluster(name, pattern)
}

export function nameInCluster(name: string, { before, after }: NamePattern): string {
  return `${before}${name}${after}`
}

/** A topic that an application makes itself, as Kafka Streams calls it. */
export function internalTopic(applicationId: string, name: string, pattern: NamePattern): string {
  return topicInCluster(`${applicationId}-${name}`, pattern)
}

/** What functions call a topic of the cluster. */
export function topicInDefinition(real: string, { before, after }: NamePattern): string {
  const fits = real.startsWith(before) && real.endsWith(after) && real.length > before.length + after.length
  return fits ? real.slice(before.length, real.length - after.length) : real
}

/** The same topology with the real names of the topics that it does not make itself. */
export function withRealTopics(topology: Topology, pattern: NamePattern): Topology {
  const real = (name: string): string => topicInCluster(name, pattern)
  const subTopologies = topology.subTopologies.map((sub) => {
    const own = new Set(sub.repartitionSources)
    return { ...sub, sources: sub.sources.map((name) => (own.has(name) ? name : real(name))) }
  })
  return { ...topology, nodes: topology.nodes.map((node) => renamed(node, pattern)), subTopologies }
}

function renamed(node: Node, names: NamePattern): Node {
  const real = (name: string): string => topicInCluster(name, names)
  switch (node.kind) {
    case 'source':
      return {
        ...node,
        topics: node.topics.map(real),
        ...(node.pattern === undefined ? {} : { pattern: around(node.pattern, names) }),
      }
    case 'table-source':
    case 'global-table':
      return { ...node, topic: real(node.topic) }
    case 'sink':
      return node.topic.kind === 'topic'
        ? { ...node, topic: { kind: 'topic', name: real(node.topic.name) } }
        : node
    default:
      return node
  }
}

/** The regular expression for the real names of the topics that one describes. */
function around(expression: string, { before, after }: NamePattern): string {
  return `${RegExp.escape(before)}(?:${expression})${RegExp.escape(after)}`
}

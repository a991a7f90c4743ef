/**
 * Turns the nodes of one sub-topology into processors, for one task. Children are built before their parents, so that each
 * operator holds what follows it, and a record runs through all of them in one call, depth first.
 */
import { assert } from '../base/assert.ts'
import { entrancesOf } from '../topology/node-edges.ts'
import type { Node, NodeId, RepartitionNode, SourceNode, TableSourceNode } from '../topology/topology.ts'
import type { ProcessEnvironment, RecordSource } from './environment.ts'
import { makeOperator, type Operator } from './make-operator.ts'
import type { Processor, Punctuator } from './processor.ts'
import { outlet } from './operators/outlet.ts'
import { Sink } from './operators/sink.ts'
import { buildSource, SharedSource } from './operators/source.ts'
import { makeTableWriter } from './operators/versioned-table-writer.ts'
import { TableViews } from './table-views.ts'

/** The processors of one task. */
export interface Processors {
  /** By the real name of the topic: a repartition topic's has the application id before it. */
  readonly sources: ReadonlyMap<string, RecordSource>
  /** Before a commit: pushes out what caching operators hold, inputs before those that read them. */
  flush(): void
  /** Absent where nothing waits for a time. After each record, and now and then. @returns whether something was done */
  readonly punctuate: (() => boolean) | undefined
  close(): void
}

/**
 * @param nodes - those of one sub-topology in the order of the topology, with the repartition nodes that it reads or writes
 * @throws StreamError what binding a function, or making a serde, throws
 */
export function buildProcessors(nodes: readonly Node[], env: ProcessEnvironment): Processors {
  const builder = new Builder(nodes, env)
  for (const node of nodes.toReversed()) builder.add(node)
  return builder.finish()
}

/** A node that reads another one, by one of its sides. */
interface Child {
  readonly node: Operator | RepartitionNode
  readonly side: number
}

class Builder {
  readonly #env: ProcessEnvironment
  readonly #nodes: ReadonlyMap<NodeId, Node>
  readonly #children = new Map<NodeId, Child[]>()
  /** One for each side of a node. */
  readonly #processors = new Map<NodeId, readonly Processor[]>()
  readonly #views: TableViews
  readonly #sources = new Map<string, RecordSource[]>()
  /** Last in the order of the topology first. */
  readonly #built: Processor[] = []

  constructor(nodes: readonly Node[], env: ProcessEnvironment) {
    this.#env = env
    this.#nodes = new Map(nodes.map((node) => [node.id, node]))
    this.#views = new TableViews(this.#nodes, env)
    for (const node of nodes) this.#addToInputs(node)
  }

  add(node: Node): void {
    switch (node.kind) {
      case 'global-table':
        return
      case 'source':
        for (const topic of node.topics) this.#addSource(node, topic, this.#outlet(node.id))
        return
      case 'table-source':
        this.#addSource(node, node.topic, makeTableWriter(node, this.#env, this.#outlet(node.id)))
        return
      case 'repartition':
        this.#addRepartition(node)
        return
      default:
        this.#register(node.id, this.#operator(node))
    }
  }

  finish(): Processors {
    const inOrder = this.#built.toReversed()
    const sources = [...this.#sources].map(
      ([topic, shared]) =>
        [topic, shared.length === 1 ? (shared[0] as RecordSource) : new SharedSource(shared)] as const,
    )
    const punctuators = inOrder.filter(isPunctuator)
    return {
      sources: new Map(sources),
      punctuate: punctuators.length === 0 ? undefined : () => punctuateAll(punctuators),
      flush: () => inOrder.forEach((processor) => processor.flush?.()),
      close: () => inOrder.forEach((processor) => processor.close?.()),
    }
  }

  #operator(node: Operator): readonly Processor[] {
    return makeOperator(node, {
      env: this.#env,
      next: this.#outlet(node.id),
      branches: (count) => this.#branches(node.id, count),
      views: this.#views,
    })
  }

  #addToInputs(node: Node): void {
    if (node.kind === 'source' || node.kind === 'table-source' || node.kind === 'global-table') return
    for (const [side, input] of entrancesOf(node)) {
      if (!this.#nodes.has(input)) continue
      const siblings = this.#children.get(input)
      if (siblings === undefined) this.#children.set(input, [{ node, side }])
      else siblings.push({ node, side })
    }
  }

  #register(id: NodeId, processors: readonly Processor[]): void {
    this.#processors.set(id, processors)
    for (const processor of processors.toReversed())
      if (!this.#built.includes(processor)) this.#built.push(processor)
  }

  #outlet(id: NodeId): Processor {
    return outlet((this.#children.get(id) ?? []).map((child) => this.#processorOf(child)))
  }

  #processorOf({ node, side }: Child): Processor {
    const processor = this.#processors.get(node.id)?.[side]
    assert(processor !== undefined, `node "${node.id}" stands before its input`)
    return processor
  }

  #branches(split: NodeId, count: number): Processor[] {
    const children = this.#children.get(split) ?? []
    const ofBranch = (index: number): Child[] =>
      children.filter(({ node }) => node.kind === 'branch' && node.index === index)
    return Array.from({ length: count }, (_, index) =>
      outlet(ofBranch(index).map((child) => this.#processorOf(child))),
    )
  }

  #addSource(node: SourceNode | TableSourceNode, topic: string, next: Processor): void {
    if (node.kind === 'table-source') this.#built.push(next)
    const keyRead = (this.#children.get(node.id) ?? []).some(({ node: child }) => !ignoresKey(child))
    const options = { topic, env: this.#env, next, keyRead: node.kind === 'table-source' || keyRead }
    this.#attach(topic, buildSource(node, options))
  }

  /** A sub-topology that does not write the topic reads it, even where nothing follows. */
  #addRepartition(node: RepartitionNode): void {
    const written = this.#nodes.has(node.input)
    if (!written || this.#children.has(node.id)) this.#addRepartitionSource(node)
    if (written) this.#register(node.id, [this.#repartitionSink(node)])
  }

  #addRepartitionSource(node: RepartitionNode): void {
    const topic = this.#env.topics.internal(node.topic)
    const { id, key, value, carries } = node
    const source: SourceNode = { kind: 'source', id, topics: [topic], key, value }
    const options = { topic, env: this.#env, next: this.#outlet(id), keyRead: true, carries }
    this.#attach(topic, buildSource(source, options))
  }

  /** Nodes come in reverse order, so an earlier reader of a topic goes to the front. */
  #attach(topic: string, source: RecordSource): void {
    const shared = this.#sources.get(topic)
    if (shared === undefined) this.#sources.set(topic, [source])
    else shared.unshift(source)
  }

  #repartitionSink(node: RepartitionNode): Sink {
    const topic = { kind: 'topic', name: this.#env.topics.internal(node.topic) } as const
    return new Sink({ ...node, topic }, this.#env)
  }
}

/** The operators of a query read columns and give their results keys of their own. */
function ignoresKey(node: Node): boolean {
  return node.kind === 'lookup-join' || node.kind === 'select'
}

function isPunctuator(processor: Processor): processor is Processor & Punctuator {
  return 'punctuate' in processor
}

function punctuateAll(punctuators: readonly Punctuator[]): boolean {
  let done = false
  for (const one of punctuators) done = one.punctuate() || done
  return done
}

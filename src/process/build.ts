/**
 * Turns the nodes of one sub-topology into processors, for one task. Children are built before their parents, so that each
 * operator holds what follows it, and a record runs through all of them in one call, depth first.
 */
import { assert, unreachable } from '../base/assert.ts'
import type { Node, NodeId, RepartitionNode, SourceNode, TableSourceNode } from '../topology/topology.ts'
import type { ProcessEnvironment, RecordSource } from './environment.ts'
import type { Processor } from './processor.ts'
import { Aggregate } from './operators/aggregate.ts'
import { Convert } from './operators/convert.ts'
import { StreamFilter, TableFilter } from './operators/filter.ts'
import { LookupJoin } from './operators/lookup-join.ts'
import { outlet } from './operators/outlet.ts'
import { Peek } from './operators/peek.ts'
import { Print } from './operators/print.ts'
import { Select } from './operators/select.ts'
import { Sink } from './operators/sink.ts'
import { buildSource, SharedSource } from './operators/source.ts'
import { Split } from './operators/split.ts'
import { StreamTableJoin } from './operators/stream-table-join.ts'
import { TableWriter } from './operators/table-writer.ts'
import { ToStream } from './operators/to-stream.ts'
import { StreamTransform, TableTransform } from './operators/transform.ts'

/** The processors of one task. */
export interface Processors {
  /** By the real name of the topic: a repartition topic's has the application id before it. */
  readonly sources: ReadonlyMap<string, RecordSource>
  /** Before a commit: pushes out what caching operators hold, inputs before those that read them. */
  flush(): void
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

type Operator = Exclude<Node, { readonly kind: 'source' | 'table-source' | 'global-table' }>

class Builder {
  readonly #env: ProcessEnvironment
  readonly #nodes: ReadonlyMap<NodeId, Node>
  readonly #children = new Map<NodeId, Operator[]>()
  readonly #processors = new Map<NodeId, Processor>()
  readonly #sources = new Map<string, RecordSource[]>()
  /** Last in the order of the topology first. */
  readonly #built: Processor[] = []

  constructor(nodes: readonly Node[], env: ProcessEnvironment) {
    this.#env = env
    this.#nodes = new Map(nodes.map((node) => [node.id, node]))
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
        this.#addSource(node, node.topic, this.#tableWriter(node))
        return
      case 'repartition':
        if (this.#children.has(node.id)) this.#addRepartitionSource(node)
        if (this.#nodes.has(node.input)) this.#register(node.id, this.#repartitionSink(node))
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
    return {
      sources: new Map(sources),
      flush: () => inOrder.forEach((processor) => processor.flush?.()),
      close: () => inOrder.forEach((processor) => processor.close?.()),
    }
  }

  #operator(node: Exclude<Operator, RepartitionNode>): Processor {
    const env = this.#env
    const next = this.#outlet(node.id)
    switch (node.kind) {
      case 'filter':
        return node.table ? new TableFilter(node, env, next) : new StreamFilter(node, env, next)
      case 'transform':
        return node.table ? new TableTransform(node, env, next) : new StreamTransform(node, env, next)
      case 'convert':
        return new Convert(node, env, next)
      case 'peek':
        return new Peek(node, env, next)
      case 'print':
        return new Print(node, env)
      case 'split':
        return new Split(node, env, this.#branches(node.id, node.predicates.length))
      case 'branch':
      case 'merge':
        return next
      case 'aggregate':
        return new Aggregate(node, env, next)
      case 'to-stream':
        return new ToStream(node, env, next)
      case 'to-table':
        return this.#tableWriter(node)
      case 'stream-table-join':
      case 'global-join':
        return new StreamTableJoin(node, env, next)
      case 'lookup-join':
        return new LookupJoin(node, env, next)
      case 'select':
        return new Select(node, env, next)
      case 'sink':
        return new Sink(node, env)
      default:
        return unreachable(node)
    }
  }

  #addToInputs(node: Node): void {
    if (node.kind === 'source' || node.kind === 'table-source' || node.kind === 'global-table') return
    for (const input of node.kind === 'merge' ? node.inputs : [node.input]) {
      if (!this.#nodes.has(input)) continue
      const siblings = this.#children.get(input)
      if (siblings === undefined) this.#children.set(input, [node])
      else siblings.push(node)
    }
  }

  #register(id: NodeId, processor: Processor): void {
    this.#processors.set(id, processor)
    if (!this.#built.includes(processor)) this.#built.push(processor)
  }

  #outlet(id: NodeId): Processor {
    return outlet((this.#children.get(id) ?? []).map((child) => this.#processorOf(child.id)))
  }

  #processorOf(id: NodeId): Processor {
    const processor = this.#processors.get(id)
    assert(processor !== undefined, `node "${id}" stands before its input`)
    return processor
  }

  #branches(split: NodeId, count: number): Processor[] {
    const branches = (this.#children.get(split) ?? []).filter((child) => child.kind === 'branch')
    return Array.from({ length: count }, (_, index) =>
      outlet(
        branches.filter((branch) => branch.index === index).map((branch) => this.#processorOf(branch.id)),
      ),
    )
  }

  #tableWriter(node: {
    readonly kind: 'table-source' | 'to-table'
    readonly id: NodeId
    readonly store: string
  }) {
    return new TableWriter({
      node: node.id,
      store: this.#env.store(node.store),
      metrics: this.#env.metrics,
      next: this.#outlet(node.id),
    })
  }

  #addSource(node: SourceNode | TableSourceNode, topic: string, next: Processor): void {
    if (node.kind === 'table-source') this.#built.push(next)
    const keyRead = (this.#children.get(node.id) ?? []).some((child) => !ignoresKey(child))
    const options = { topic, env: this.#env, next, keyRead: node.kind === 'table-source' || keyRead }
    this.#attach(topic, buildSource(node, options))
  }

  #addRepartitionSource(node: RepartitionNode): void {
    const topic = this.#env.internalTopic(node.topic)
    const { id, key, value } = node
    const source: SourceNode = { kind: 'source', id, topics: [topic], key, value }
    this.#addSource(source, topic, this.#outlet(id))
  }

  /** Nodes come in reverse order, so an earlier reader of a topic goes to the front. */
  #attach(topic: string, source: RecordSource): void {
    const shared = this.#sources.get(topic)
    if (shared === undefined) this.#sources.set(topic, [source])
    else shared.unshift(source)
  }

  #repartitionSink(node: RepartitionNode): Sink {
    const { id, key, value, partitioner } = node
    const topic = { kind: 'topic', name: this.#env.internalTopic(node.topic) } as const
    return new Sink(
      { id, topic, key, value, ...(partitioner === undefined ? {} : { partitioner }) },
      this.#env,
    )
  }
}

/** The operators of a query read columns and give their results keys of their own. */
function ignoresKey(node: Node): boolean {
  return node.kind === 'lookup-join' || node.kind === 'select'
}

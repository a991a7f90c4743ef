/**
 * Which tables must be kept, and which of their changes must say what a row was, as Kafka Streams decides it: in the order in which the
 * operators were written. Joins and groups of a table demand both from the tables behind them; a filter asks what was there only where
 * that is known anyway, to leave out tombstones for rows that were never seen.
 */
import type { Node, NodeId, StoreSpec, TableJoinNode } from './topology.ts'

interface Parts {
  readonly nodes: readonly Node[]
  readonly stores: readonly StoreSpec[]
}

/** Drops the stores that are there on demand and that nothing demands, and marks the nodes that send what a row was. */
export function settleTables({ nodes, stores }: Parts): Parts {
  const demand = new TableDemand(nodes)
  for (const node of nodes) demand.meet(node)
  const dropped = new Set<string>()
  const settled = nodes.map((node): Node => {
    if (node.kind === 'to-table' && node.onDemand === true && !demand.kept.has(node.id)) {
      dropped.add(node.store ?? '')
      return { kind: 'to-table', id: node.id, input: node.input }
    }
    if (node.kind !== 'filter' && node.kind !== 'transform' && node.kind !== 'table-join') return node
    return demand.senders.has(node.id) ? { ...node, sendsOld: true } : node
  })
  return { nodes: settled, stores: stores.filter(({ name }) => !dropped.has(name)) }
}

class TableDemand {
  readonly senders = new Set<NodeId>()
  readonly kept = new Set<NodeId>()
  readonly #nodes: ReadonlyMap<NodeId, Node>

  constructor(nodes: readonly Node[]) {
    this.#nodes = new Map(nodes.map((node) => [node.id, node]))
  }

  /** What a node wants of the tables before it. */
  meet(node: Node): void {
    switch (node.kind) {
      case 'filter':
        if (node.table && this.#send(node.input, 'where known')) this.senders.add(node.id)
        return
      case 'table-group':
      case 'suppress':
        this.#send(node.input, 'by force')
        return
      case 'table-join':
        this.#keep(node.left)
        this.#keep(node.right)
        if (node.type !== 'inner') this.#send(node.left, 'by force')
        if (node.type === 'outer') this.#send(node.right, 'by force')
        return
      case 'stream-table-join':
      case 'foreign-key-resolve':
        this.#keep(node.table)
        return
      case 'foreign-key-subscribe':
        this.#send(node.input, 'by force')
        return
      case 'foreign-key-answer':
        this.#send(node.table, 'by force')
        this.#keep(node.table)
        return
      default:
    }
  }

  /** @returns whether the table's changes say what a row was */
  #send(id: NodeId, how: 'by force' | 'where known'): boolean {
    if (this.senders.has(id)) return true
    const node = this.#nodes.get(id)
    const known = node !== undefined && this.#knows(node, how)
    if (known) this.senders.add(id)
    return known
  }

  #knows(node: Node, how: 'by force' | 'where known'): boolean {
    if (node.kind === 'to-table' && node.onDemand === true) {
      if (how === 'by force') this.kept.add(node.id)
      return this.kept.has(node.id)
    }
    if (node.kind === 'table-join') return this.#bothSend(node)
    if (node.kind === 'suppress') return this.#send(node.input, how)
    if (node.kind !== 'filter' && node.kind !== 'transform') return true
    return node.store !== undefined || this.#send(node.input, how)
  }

  #bothSend({ left, right }: TableJoinNode): boolean {
    this.#send(left, 'by force')
    this.#send(right, 'by force')
    return true
  }

  /** Somebody looks rows up in this table. */
  #keep(id: NodeId): void {
    const node = this.#nodes.get(id)
    if (node?.kind === 'suppress') return this.#keep(node.input)
    if (node === undefined || ('store' in node && node.store !== undefined && node.kind !== 'to-table'))
      return
    if (node.kind === 'to-table') this.kept.add(id)
    else if (node.kind === 'filter' || node.kind === 'transform') this.#keep(node.input)
  }
}

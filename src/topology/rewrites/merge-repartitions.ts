/**
 * One repartition in place of all that stand behind one change of keys: right behind it, so that what was between comes after. It has the
 * topic of the first one. As Kafka Streams' `merge.repartition.topics` does it, step by step: where several streams with new keys are
 * merged, behind the merge.
 *
 * Sources. Kafka Streams InternalStreamsBuilder.
 */
import { assert } from '../../base/assert.ts'
import { inputsOf } from '../node-edges.ts'
import type { Node, NodeId, RepartitionNode } from '../topology.ts'
import { withInput } from './edges.ts'

export function mergeRepartitions(nodes: readonly Node[]): readonly Node[] {
  const merger = new RepartitionMerger(nodes)
  for (const [keyChanger, repartitions] of merger.find())
    if (repartitions.length > 0) merger.merge(keyChanger, repartitions)
  return merger.nodes
}

class RepartitionMerger {
  #nodes: Node[]

  constructor(nodes: readonly Node[]) {
    this.#nodes = [...nodes]
  }

  get nodes(): readonly Node[] {
    return this.#nodes
  }

  /** The repartitions that each change of keys has behind it, with no other change of keys or values between. */
  find(): Map<NodeId, readonly RepartitionNode[]> {
    const found = new Map<NodeId, RepartitionNode[]>()
    for (const node of this.#nodes) {
      if (changesKey(node)) found.set(node.id, [])
      if (node.kind !== 'repartition' || node.pinned === true || node.carries !== undefined) continue
      const changer = this.#nearest(node, changesKey)
      if (changer === undefined || this.#nearest(node, changes) !== changer) continue
      found.get(changer.id)?.push(node)
    }
    return this.#behindMerges(found)
  }

  merge(changer: NodeId, repartitions: readonly RepartitionNode[]): void {
    const [first] = repartitions
    assert(first !== undefined, 'nothing is merged')
    const made: RepartitionNode = { ...first, id: `${first.id} merged`, input: changer }
    this.#nodes.splice(this.#nodes.findIndex(({ id }) => id === changer) + 1, 0, made)
    for (const { id } of repartitions) {
      const repartition = this.#byId(id)
      const path = this.#wayFrom(changer, repartition)
      assert(path !== undefined && repartition.kind === 'repartition', `"${id}" has no way from "${changer}"`)
      if (path.id !== made.id) this.#redirect(path.id, changer, made.id)
      this.#remove(id)
    }
    // The topic keeps its name, and the node that of its topic.
    this.#rename(made.id, first.id)
  }

  /** Where all that is behind a new key is behind a merge of streams, too, it is merged there. */
  #behindMerges(found: Map<NodeId, readonly RepartitionNode[]>): Map<NodeId, readonly RepartitionNode[]> {
    for (const { id: merge } of this.#nodes.filter(({ kind }) => kind === 'merge')) {
      const changers = [...found].filter(
        ([changer, behind]) =>
          behind.length > 0 &&
          behind.every((repartition) => this.#wayFrom(merge, repartition) !== undefined) &&
          this.#wayFrom(changer, this.#byId(merge)) !== undefined,
      )
      if (changers.length === 0) continue
      found.set(merge, [...new Set(changers.flatMap(([, behind]) => behind))])
      for (const [changer] of changers) found.delete(changer)
    }
    return found
  }

  /** The first node on the way from one to another; the other one itself where it reads the first. */
  #wayFrom(from: NodeId, to: Node): Node | undefined {
    return this.#nearest(to, (node) => inputsOf(node).includes(from))
  }

  /** The node itself or one before it, the near ones first. Of several ways the last decides, as in Kafka Streams. */
  #nearest(from: Node, fits: (node: Node) => boolean): Node | undefined {
    if (fits(from)) return from
    let found: Node | undefined
    for (const id of inputsOf(from)) {
      const input = this.#byId(id)
      if (fits(input)) return input
      found = this.#nearest(input, fits)
    }
    return found
  }

  #redirect(node: NodeId, from: NodeId, to: NodeId): void {
    this.#nodes = this.#nodes.map((one) => (one.id === node ? withInput(one, from, to) : one))
  }

  #remove(repartition: NodeId): void {
    const [input] = inputsOf(this.#byId(repartition))
    assert(input !== undefined, `"${repartition}" has no input`)
    this.#nodes = this.#nodes.flatMap((one) =>
      one.id === repartition ? [] : [withInput(one, repartition, input)],
    )
  }

  #rename(from: NodeId, to: NodeId): void {
    this.#nodes = this.#nodes.map((one) => (one.id === from ? { ...one, id: to } : withInput(one, from, to)))
  }

  #byId(id: NodeId): Node {
    const node = this.#nodes.find((one) => one.id === id)
    assert(node !== undefined, `there is no node "${id}"`)
    return node
  }
}

function changesKey(node: Node): boolean {
  if (node.kind === 'transform') return !node.table && node.result.startsWith('key')
  if (node.kind === 'convert') return node.key !== undefined
  return node.kind === 'punctuate' || (node.kind === 'to-stream' && node.mapper !== undefined)
}

function changes(node: Node): boolean {
  if (changesKey(node)) return true
  if (node.kind === 'convert') return node.value !== undefined
  return node.kind === 'transform' && (node.result === 'value' || node.result === 'values')
}

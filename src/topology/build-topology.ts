import { assert } from '../base/assert.ts'
import { StreamError } from '../base/errors.ts'
import { inputsOf, storesOf } from './node-edges.ts'
import { dropUnusedNullKeys } from './null-keys.ts'
import { noOptimization, optimize, type Optimization } from './optimization.ts'
import { settleTables } from './table-demand.ts'
import type { FunctionScope } from './functions.ts'
import type { Node, NodeId, StoreSpec, SubTopology, Topology } from './topology.ts'

/** What a front end has collected; nodes stand after their inputs. */
export interface TopologyParts {
  readonly name: string
  readonly nodes: readonly Node[]
  readonly stores: readonly StoreSpec[]
  readonly functions: FunctionScope
  /** Absent: none. */
  readonly optimization?: Optimization
}

/**
 * Checks the parts, divides them into sub-topologies and freezes the whole.
 *
 * @throws StreamError `TOPOLOGY_INVALID` for what an author can cause: a topic read in two ways, a topic that is written and read
 */
export function finishTopology(parts: TopologyParts): Topology {
  checkReferences(parts)
  checkTopics(parts.nodes)
  const { name, functions, optimization = noOptimization } = parts
  const { nodes: settled, stores } = optimize(settleTables(parts), optimization)
  const nodes = dropUnusedNullKeys(settled)
  return deepFreeze({ name, functions, nodes, stores, subTopologies: divide(nodes) })
}

function checkReferences({ nodes, stores }: TopologyParts): void {
  const seen = new Set<NodeId>()
  const storeNames = new Set(stores.map((store) => store.name))
  assert(storeNames.size === stores.length, 'store names repeat in a topology')
  for (const node of nodes) {
    assert(!seen.has(node.id), `node id "${node.id}" repeats`)
    for (const input of inputsOf(node))
      assert(seen.has(input), `node "${node.id}" reads "${input}", which is not before it`)
    for (const store of storesOf(node))
      assert(storeNames.has(store), `node "${node.id}" uses store "${store}", which is not declared`)
    seen.add(node.id)
  }
}

/** One topic can be read as a stream by many nodes, but as a table only once, and not both ways. */
function checkTopics(nodes: readonly Node[]): void {
  const readAs = new Map<string, Node['kind']>()
  for (const node of nodes) {
    for (const topic of topicsRead(node)) {
      const before = readAs.get(topic)
      if (before !== undefined && (before !== 'source' || node.kind !== 'source')) {
        throw new StreamError(
          'TOPOLOGY_INVALID',
          `topic "${topic}" is read twice, as ${before} and as ${node.kind}`,
          {
            hint: 'Declare the topic once, and let the pipelines share that declaration.',
          },
        )
      }
      readAs.set(topic, node.kind)
    }
  }
}

function topicsRead(node: Node): readonly string[] {
  if (node.kind === 'source') return node.topics
  return node.kind === 'table-source' ? [node.topic] : []
}

/** A repartition node stands on both sides of a border: it ends the group that writes it and begins the one that reads it. */
function divide(nodes: readonly Node[]): SubTopology[] {
  const own = nodes.filter((node) => node.kind !== 'global-table')
  const groups = group(own)
  const members = new Map<string, Node[]>()
  for (const node of own) {
    const sides = node.kind === 'repartition' ? [node.id, readSide(node.id)] : [node.id]
    for (const root of new Set(sides.map((side) => groups.find(side)))) {
      members.set(root, [...(members.get(root) ?? []), node])
    }
  }
  return [...members].map(([root, part], index) =>
    describeGroup(index, part, (id) => groups.find(readSide(id)) === root),
  )
}

/** Joins what must run in one task: a node and its inputs, users of one store, readers of one topic. */
function group(nodes: readonly Node[]): Groups {
  const groups = new Groups()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  for (const node of nodes) {
    const inputs = inputsOf(node).filter((input) => byId.has(input))
    for (const input of inputs)
      groups.join(node.id, byId.get(input)?.kind === 'repartition' ? readSide(input) : input)
    for (const store of storesOf(node)) groups.join(node.id, `store ${store}`)
    for (const topic of topicsRead(node)) groups.join(node.id, `topic ${topic}`)
  }
  return groups
}

function describeGroup(index: number, nodes: readonly Node[], reads: (id: NodeId) => boolean): SubTopology {
  const internal = nodes.flatMap((node) =>
    node.kind === 'repartition' && reads(node.id) ? [node.topic] : [],
  )
  return {
    index,
    nodes: nodes.map((node) => node.id),
    sources: [...new Set([...nodes.flatMap(topicsRead), ...internal])],
    repartitionSources: internal,
    stores: [...new Set(nodes.flatMap(storesOf))],
  }
}

function readSide(id: NodeId): string {
  return `read side of ${id}`
}

/** Union-find over names. */
class Groups {
  readonly #parents = new Map<string, string>()

  add(name: string): void {
    if (!this.#parents.has(name)) this.#parents.set(name, name)
  }

  find(name: string): string {
    this.add(name)
    let root = name
    for (
      let parent = this.#parents.get(root);
      parent !== undefined && parent !== root;
      parent = this.#parents.get(root)
    )
      root = parent
    return root
  }

  join(a: string, b: string): void {
    this.#parents.set(this.find(a), this.find(b))
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

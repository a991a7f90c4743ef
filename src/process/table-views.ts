import { assert } from '../base/assert.ts'
import { StreamError } from '../base/errors.ts'
import type { Node, NodeId } from '../topology/topology.ts'
import type { ProcessEnvironment } from './environment.ts'
import { filteredView } from './operators/filter.ts'
import { joinedView } from './operators/table-join.ts'
import { suppressedView } from './operators/suppress.ts'
import { windowView } from './operators/window-emission.ts'
import { storeView, versionedView, type TableView } from './operators/table-view.ts'
import { mappedView } from './operators/transform.ts'

/** How joins look into the tables of one task: into a table's store, or where it has none, through what computes it. */
export class TableViews {
  readonly #nodes: ReadonlyMap<NodeId, Node>
  readonly #env: ProcessEnvironment

  constructor(nodes: ReadonlyMap<NodeId, Node>, env: ProcessEnvironment) {
    this.#nodes = nodes
    this.#env = env
  }

  /** @param id - a node that emits changes */
  of(id: NodeId): TableView {
    const node = this.#nodes.get(id)
    assert(node !== undefined, `table "${id}" is not in this task`)
    if (node.kind === 'suppress') return suppressedView(node, this.#env, this.of(node.input))
    if (node.kind === 'window-aggregate') return windowView(node, this.#env)
    if ('versioned' in node && node.versioned === true && node.store !== undefined)
      return versionedView(this.#env.versionedStore(node.store))
    if ('store' in node && node.store !== undefined) return storeView(this.#env.store(node.store))
    switch (node.kind) {
      case 'filter':
        return filteredView(node, this.#env, this.of(node.input))
      case 'transform':
        return mappedView(node, this.#env, this.of(node.input))
      case 'table-join':
        return joinedView(node, this.#env, { left: this.of(node.left), right: this.of(node.right) })
      default:
        throw new StreamError('INVARIANT_BROKEN', `node "${id}" is no table`)
    }
  }

  /** @param id - a global table */
  global(id: NodeId): TableView {
    return storeView(this.#env.globalStore(id))
  }
}

import { unreachable } from '../../base/assert.ts'
import type { Node, NodeId } from '../topology.ts'

/** The same node, with another one in the place of one that it reads. */
export function withInput(node: Node, from: NodeId, to: NodeId): Node {
  const swapped = (id: NodeId): NodeId => (id === from ? to : id)
  switch (node.kind) {
    case 'source':
    case 'table-source':
    case 'global-table':
      return node
    case 'merge':
      return { ...node, inputs: node.inputs.map(swapped) }
    case 'stream-table-join':
    case 'global-join':
    case 'lookup-join':
    case 'foreign-key-answer':
    case 'foreign-key-resolve':
      return { ...node, input: swapped(node.input), table: swapped(node.table) }
    case 'table-join':
    case 'stream-join':
    case 'ttl-join':
      return { ...node, left: swapped(node.left), right: swapped(node.right) }
    case 'combination':
    case 'release':
      return {
        ...node,
        input: swapped(node.input),
        lookups: node.lookups.map((lookup) => ({ ...lookup, table: swapped(lookup.table) })),
      }
    case 'aggregate':
    case 'window-aggregate':
      return {
        ...node,
        input: swapped(node.input),
        ...(node.others === undefined
          ? {}
          : { others: node.others.map((other) => ({ ...other, input: swapped(other.input) })) }),
      }
    case 'filter':
    case 'transform':
    case 'convert':
    case 'peek':
    case 'print':
    case 'split':
    case 'branch':
    case 'repartition':
    case 'self-join':
    case 'deduplicate':
    case 'punctuate':
    case 'table-group':
    case 'table-aggregate':
    case 'foreign-key-subscribe':
    case 'suppress':
    case 'to-stream':
    case 'to-table':
    case 'select':
    case 'sink':
      return { ...node, input: swapped(node.input) }
    default:
      return unreachable(node)
  }
}

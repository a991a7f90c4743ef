import type { FunctionRef } from './functions.ts'
import type { Fold, Node, NodeId } from './topology.ts'

/** The nodes that a node reads, global tables included. */
export function inputsOf(node: Node): readonly NodeId[] {
  switch (node.kind) {
    case 'source':
    case 'table-source':
    case 'global-table':
      return []
    case 'merge':
      return node.inputs
    case 'stream-table-join':
    case 'global-join':
    case 'lookup-join':
      return [node.input, node.table]
    default:
      return [node.input]
  }
}

/** The user functions that a node calls. */
export function functionsOf(node: Node): readonly FunctionRef[] {
  switch (node.kind) {
    case 'source':
    case 'table-source':
      return present(node.timestamp)
    case 'filter':
      return [node.predicate]
    case 'transform':
      return [node.mapper]
    case 'peek':
      return [node.action]
    case 'print':
    case 'to-stream':
      return present(node.mapper)
    case 'split':
      return node.predicates.filter((predicate) => predicate !== null)
    case 'repartition':
      return present(node.partitioner)
    case 'aggregate':
      return functionsOfFold(node.fold)
    case 'stream-table-join':
      return [node.joiner]
    case 'global-join':
      return [node.mapper, node.joiner]
    case 'sink':
      return [
        ...(node.topic.kind === 'extractor' ? [node.topic.extractor] : []),
        ...present(node.partitioner),
      ]
    case 'global-table':
    case 'convert':
    case 'branch':
    case 'merge':
    case 'to-table':
    case 'lookup-join':
    case 'select':
      return []
  }
}

function functionsOfFold(fold: Fold): readonly FunctionRef[] {
  switch (fold.kind) {
    case 'count':
      return []
    case 'reduce':
      return [fold.reducer]
    case 'aggregate':
      return [fold.initializer, fold.aggregator]
  }
}

/** The stores of the task that a node uses, those of its functions included; a global table's is not one of them. */
export function storesOf(node: Node): readonly string[] {
  const own = 'store' in node && node.store !== undefined && node.kind !== 'global-table' ? [node.store] : []
  return [...new Set([...own, ...functionsOf(node).flatMap((ref) => ref.stores)])]
}

function present(ref: FunctionRef | undefined): readonly FunctionRef[] {
  return ref === undefined ? [] : [ref]
}

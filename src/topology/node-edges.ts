import type { FunctionRef } from './functions.ts'
import type { AggregateNode, Fold, Node, NodeId, TableFold, WindowAggregateNode } from './topology.ts'
import type { CombinationStores } from './ttl-join-nodes.ts'

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
    case 'foreign-key-answer':
    case 'foreign-key-resolve':
      return [node.input, node.table]
    case 'table-join':
    case 'stream-join':
    case 'ttl-join':
      return [node.left, node.right]
    case 'combination':
    case 'release':
      return [node.input, ...node.lookups.map(({ table }) => table)]
    case 'aggregate':
    case 'window-aggregate':
      return cogroupedOf(node)
    default:
      return [node.input]
  }
}

function cogroupedOf({ input, others = [] }: AggregateNode | WindowAggregateNode): readonly NodeId[] {
  return [input, ...others.map((other) => other.input)]
}

/** The nodes that a node's records come from, each with the number of the side that it comes in by. */
export function entrancesOf(node: Node): readonly (readonly [side: number, input: NodeId])[] {
  switch (node.kind) {
    case 'source':
    case 'table-source':
    case 'global-table':
      return []
    case 'merge':
      // A stream that is merged with itself passes each record once, as in Kafka Streams.
      return [...new Set(node.inputs)].map((input) => [0, input])
    case 'table-join':
    case 'stream-join':
    case 'ttl-join':
      return [
        [0, node.left],
        [1, node.right],
      ]
    case 'foreign-key-answer':
      return [
        [0, node.input],
        [1, node.table],
      ]
    case 'aggregate':
    case 'window-aggregate':
      return cogroupedOf(node).map((input, side) => [side, input])
    default:
      return [[0, node.input]]
  }
}

/** What must lie in partitions of the same numbers: the two sides of a join, the streams of a cogroup; none for every other node. */
export function joinedSidesOf(node: Node): readonly NodeId[] {
  switch (node.kind) {
    case 'stream-table-join':
    case 'foreign-key-answer':
    case 'foreign-key-resolve':
      return [node.input, node.table]
    case 'table-join':
    case 'stream-join':
    case 'ttl-join':
      return [node.left, node.right]
    case 'aggregate':
    case 'window-aggregate':
      return cogroupedOf(node)
    default:
      return []
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
    case 'table-group':
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
    case 'window-aggregate':
      return [...functionsOfFold(node.fold), ...(node.others ?? []).map(({ aggregator }) => aggregator)]
    case 'table-aggregate':
      return functionsOfFold(node.fold)
    case 'stream-table-join':
    case 'table-join':
    case 'stream-join':
    case 'self-join':
    case 'foreign-key-resolve':
      return [node.joiner]
    case 'foreign-key-subscribe':
      return [node.extractor]
    case 'global-join':
      return [node.mapper, node.joiner]
    case 'sink':
      return [
        ...(node.topic.kind === 'extractor' ? [node.topic.extractor] : []),
        ...present(node.partitioner),
      ]
    case 'punctuate':
      return [node.punctuator]
    case 'suppress':
    case 'deduplicate':
    case 'global-table':
    case 'convert':
    case 'branch':
    case 'merge':
    case 'to-table':
    case 'lookup-join':
    case 'combination':
    case 'ttl-join':
    case 'release':
    case 'select':
    case 'foreign-key-answer':
      return []
  }
}

function functionsOfFold(fold: Fold | TableFold): readonly FunctionRef[] {
  if (fold.kind === 'top') return [fold.by]
  const { kind: _, ...functions } = fold
  return Object.values(functions)
}

/** The stores of the task that a node uses, those of its functions included; a global table's is not one of them. */
export function storesOf(node: Node): readonly string[] {
  const own = ownStoresOf(node)
  return [...new Set([...own, ...functionsOf(node).flatMap((ref) => ref.stores)])]
}

function ownStoresOf(node: Node): readonly string[] {
  if (node.kind === 'global-table') return []
  if (node.kind === 'ttl-join') return [...storesOfCombinations(node.leftStores), node.rightStore]
  if (node.kind === 'stream-join') return [node.leftStore, node.rightStore, ...present(node.unmatchedStore)]
  if (node.kind === 'release') return [...storesOfCombinations(node.stores), ...present(node.unreleasedStore)]
  if (node.kind === 'stream-table-join') return node.grace === undefined ? [] : [node.grace.store]
  return 'store' in node && node.store !== undefined ? [node.store] : []
}

function storesOfCombinations({ expiring, lasting }: CombinationStores): readonly string[] {
  return [...present(expiring), ...present(lasting)]
}

function present<T>(one: T | undefined): readonly T[] {
  return one === undefined ? [] : [one]
}

import type { SourceSpan } from '../../base/errors.ts'
import type { DataType } from '../../data/types.ts'
import type { FunctionKind } from '../../topology/functions.ts'
import type { Node, NodeId } from '../../topology/topology.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { Reference } from '../schema/collections.ts'
import type { FunctionFields } from './fields/function-fields.ts'
import type { Callee, FunctionRegistry } from './function-registry.ts'
import type { NodePath, OperationNames } from './names.ts'
import type { StoreRegistry } from './store-registry.ts'

/** What all parts of one definition are built with. */
export interface Scope {
  readonly diagnostics: Diagnostics
  readonly names: OperationNames
  readonly functions: FunctionRegistry
  readonly stores: StoreRegistry
  /** In an order in which each stands after its inputs. */
  readonly nodes: Node[]
  /** Where the file says what each sink writes to. */
  readonly sinkSpans: Map<NodeId, SourceSpan>
}

/** Where in the file something is built, for names and messages. */
export interface BuildPlace {
  readonly path: NodePath
  readonly label: string
  readonly span: SourceSpan
}

/** Appends a node and gives its id. */
export function addNode(scope: Scope, node: Node): string {
  scope.nodes.push(node)
  return node.id
}

interface Wanted {
  readonly kind: FunctionKind
  /** The field that holds it; absent where the place itself is that field. */
  readonly field?: string
  readonly arguments?: readonly (DataType | undefined)[]
  readonly result?: DataType
  readonly stores?: boolean
}

/** The function that a field names or holds; see {@link FunctionRegistry.use}. */
export function useFunction(
  scope: Scope,
  reference: Reference<FunctionFields>,
  place: BuildPlace,
  { field, ...wanted }: Wanted,
): Callee | undefined {
  const path = field === undefined ? place.path : place.path.to(field)
  return scope.functions.use(reference, { ...wanted, name: path.long })
}

/** The same for a field that may be absent: `null` where it is. */
export function useOptionalFunction(
  scope: Scope,
  reference: Reference<FunctionFields> | undefined,
  place: BuildPlace,
  wanted: Wanted,
): Callee | null | undefined {
  return reference === undefined ? null : useFunction(scope, reference, place, wanted)
}

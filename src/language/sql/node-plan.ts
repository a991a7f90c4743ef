import type { Format } from '../../data/types.ts'
import type { Expr } from '../../expr/expr.ts'
import type { Node, NodeId, StoreSpec } from '../../topology/topology.ts'
import type { Emission } from '../../topology/ttl-join-nodes.ts'

export interface NodePlan {
  readonly nodes: readonly Node[]
  readonly stores: readonly StoreSpec[]
}

/** The nodes up to the joined rows, which `last` gives. */
export interface JoinPlan extends NodePlan {
  readonly last: NodeId
}

/** Where the result goes; both names are known to be right. */
export interface PlanTarget {
  readonly name: string
  readonly topic: string
  readonly keyColumn: string | undefined
  readonly emission: Emission
  /** Conditions beside WHERE that hold a result back: under `smart`, that the required columns have values. */
  readonly required: readonly Expr[]
  /** How the rows are written. */
  readonly value: Format
}

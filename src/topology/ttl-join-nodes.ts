/**
 * SQL's join by time-to-live: events and dimensions that come in any order, each combination of records once. Between its nodes, records
 * are changes of combinations as bytes, keyed by the text of the next join's key, so that a repartition can stand anywhere.
 */
import type { Column, Format } from '../data/types.ts'
import type { Expr } from '../expr/expr.ts'

/** A table of the FROM clause; its number is its scope in expressions. */
export interface JoinedTable {
  /** `event`: every record counts for its time-to-live; `dimension`: the newest record of a key, for ever. */
  readonly role: 'event' | 'dimension'
  /** Undefined: for ever. */
  readonly timeToLiveMs?: number
  readonly value: Format
  readonly columns: readonly Column[]
}

/** `immediate`: a combination goes out as it is, and again once it has more; `smart`: once all that is required is there. */
export type Emission = 'immediate' | 'smart'

interface CombinationInput {
  readonly id: string
  readonly input: string
  /** All of the query. */
  readonly tables: readonly JoinedTable[]
}

/** Makes each record of a topic a combination of one, keyed by what it is joined on. */
export interface CombinationNode extends CombinationInput {
  readonly kind: 'combination'
  readonly scope: number
  readonly joinKey: readonly Expr[]
}

/** Adds the table `scope`, the right side, to combinations of those before it. */
export interface TtlJoinNode {
  readonly kind: 'ttl-join'
  readonly id: string
  readonly left: string
  readonly right: string
  readonly tables: readonly JoinedTable[]
  readonly scope: number
  readonly type: 'inner' | 'left'
  /** The rest of the ON condition. */
  readonly residual?: Expr
  readonly emission: Emission
  /** What the results are keyed by; empty behind the last join: by the driver's record. */
  readonly nextKey: readonly Expr[]
  readonly leftStore: string
  readonly rightStore: string
}

/** Lets out each combination once, when the predicate is TRUE of it. */
export interface ReleaseNode extends CombinationInput {
  readonly kind: 'release'
  readonly emission: Emission
  readonly predicate?: Expr
  readonly store: string
}

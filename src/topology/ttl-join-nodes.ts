/**
 * SQL's join by time-to-live: events and dimensions that come in any order, each combination of records once. Between its nodes, records
 * are changes of combinations as bytes, keyed by the text of the next join's key, so that a repartition can stand anywhere.
 */
import type { Column, Format } from '../data/types.ts'
import type { Expr } from '../expr/expr.ts'

/** A table of the FROM clause; its number is its scope in expressions. */
export interface JoinedTable {
  /**
   * `event`: every record counts for its time-to-live; `dimension`: the newest record of a key, for ever; `lookup`: the row that is found
   * when it is looked for, and then kept.
   */
  readonly role: 'event' | 'dimension' | 'lookup'
  /** A driving dimension's, where it is joined by several keys: a row takes the place of the one of its record key; else of its join key. */
  readonly byRecordKey?: true
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
  /** What is looked up here, in this order. */
  readonly lookups: readonly LookUp[]
  /** What does not make it TRUE goes no further. */
  readonly predicate?: Expr
}

/** A row that is looked for in a global table. */
export interface LookUp {
  readonly table: string
  readonly type: 'inner' | 'left'
  readonly key: readonly Expr[]
  readonly residual?: Expr
  /** The scope that the found row gets. */
  readonly scope: number
}

/** Makes each record of a topic a combination of one, or of the driver and what was looked up for it, keyed by what it is joined on. */
export interface CombinationNode extends CombinationInput {
  readonly kind: 'combination'
  readonly scope: number
  readonly joinKey: readonly Expr[]
  /** Present where the table has a row for each record key: its newest ones. */
  readonly store?: string
}

/**
 * Where combinations are kept: those with a time-to-live, and those of a driving dimension that have no event, which never expire. Each is
 * there where there can be some.
 */
export interface CombinationStores {
  readonly expiring?: string
  readonly lasting?: string
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
  readonly leftStores: CombinationStores
  readonly rightStore: string
}

/** How long a store keeps what has no time-to-live: nobody will see its end. */
export const foreverMs = 100 * 365 * 86_400_000

/** Lets out each combination once, when the predicate is TRUE of it. */
export interface ReleaseNode extends CombinationInput {
  readonly kind: 'release'
  readonly emission: Emission
  /** What has gone out. */
  readonly stores: CombinationStores
  /** Driver's records of which nothing has gone out yet, to be counted when they expire; absent where there can be none. */
  readonly unreleasedStore?: string
}

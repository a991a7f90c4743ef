import type { Format } from '../data/types.ts'
import type { FunctionRef } from './functions.ts'

/**
 * Joins two streams of the same task on equal keys: a right record may be `beforeMs` earlier than the left one and `afterMs` later. Both sides
 * are kept in window stores; `unmatchedStore` holds what may go out alone, where `type` is not inner.
 */
export interface StreamJoinNode {
  readonly kind: 'stream-join'
  readonly id: string
  readonly left: string
  readonly right: string
  readonly type: 'inner' | 'left' | 'outer'
  readonly joiner: FunctionRef
  readonly beforeMs: number
  readonly afterMs: number
  readonly graceMs: number
  readonly key: Format
  readonly leftValue: Format
  readonly rightValue: Format
  readonly leftStore: string
  readonly rightStore: string
  readonly unmatchedStore?: string
}

/** A join of a stream with itself, out of one window store. Made when the topology is finished. */
export interface SelfJoinNode {
  readonly kind: 'self-join'
  readonly id: string
  readonly input: string
  readonly joiner: FunctionRef
  /** Whether the joiner gets the record's key; that of an outer join does not. */
  readonly givesKey: boolean
  readonly beforeMs: number
  readonly afterMs: number
  readonly store: string
}

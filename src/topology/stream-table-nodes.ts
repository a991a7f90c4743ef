import type { Format } from '../data/types.ts'
import type { FunctionRef } from './functions.ts'

/** Joins a stream with a table of the same task, on the record key. `input` is the stream. */
export interface StreamTableJoinNode {
  readonly kind: 'stream-table-join'
  readonly id: string
  readonly input: string
  readonly table: string
  readonly type: 'inner' | 'left'
  readonly joiner: FunctionRef
  /** How much older than the record its row may be; absent: any age. Of a versioned table. */
  readonly maxAgeMs?: number
  /** Absent: a record is joined when it comes. */
  readonly grace?: JoinGrace
}

/** How long records of the stream wait for the table, whose rows of their time may come late. They wait in `store`: bytes by bytes. */
export interface JoinGrace {
  readonly ms: number
  readonly store: string
  readonly key: Format
  readonly value: Format
}

/** Joins a stream with a global table, on a key that a function finds. */
export interface GlobalJoinNode {
  readonly kind: 'global-join'
  readonly id: string
  readonly input: string
  readonly table: string
  readonly type: 'inner' | 'left'
  readonly mapper: FunctionRef
  readonly joiner: FunctionRef
}

/**
 * A join of two tables on a foreign key, as three nodes and two internal topics between them:
 *
 *     left ── subscribe ── registration topic ──▶ answer ── response topic ──▶ resolve
 *                                        right ───┘                   left ───┘
 *
 * A left row subscribes to the right row that its foreign key names, in the task that has that row. Subscriptions are kept there; answers
 * carry the right row back to the task of the left one.
 */
import type { Format } from '../data/types.ts'
import type { FunctionRef } from './functions.ts'

/** What the values of an internal topic are, where they are not plain ones. */
export type Carried =
  /** Changes of a table; the format is that of its values. */
  | 'changes'
  /** Subscriptions of left rows; the format is that of their keys. */
  | 'subscriptions'
  /** Answers to them; the format is that of the right values. */
  | 'answers'

/** Sends a subscription for each change of a table. Its key is the foreign key. `input` is the left table. */
export interface ForeignKeySubscribeNode {
  readonly kind: 'foreign-key-subscribe'
  readonly id: string
  readonly input: string
  readonly type: 'inner' | 'left'
  /** Finds the foreign key in a row. */
  readonly extractor: FunctionRef
  readonly foreignKey: Format
  /** Of the left table. */
  readonly value: Format
}

/** Keeps subscriptions in `store`, and answers them: when they come, and when their right row changes. `input` gives the subscriptions. */
export interface ForeignKeyAnswerNode {
  readonly kind: 'foreign-key-answer'
  readonly id: string
  readonly input: string
  /** The right table. */
  readonly table: string
  /** Its keys and values are bytes. */
  readonly store: string
  readonly foreignKey: Format
  /** Of the left table. */
  readonly key: Format
}

/** Joins the left row with the right one in an answer, unless it has changed since it asked. `input` gives the answers. */
export interface ForeignKeyResolveNode {
  readonly kind: 'foreign-key-resolve'
  readonly id: string
  readonly input: string
  /** The left table. */
  readonly table: string
  readonly type: 'inner' | 'left'
  readonly joiner: FunctionRef
  /** Of the left table. */
  readonly value: Format
}

export type ForeignKeyNode = ForeignKeySubscribeNode | ForeignKeyAnswerNode | ForeignKeyResolveNode

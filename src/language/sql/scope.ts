import type { SourceSpan } from '../../base/errors.ts'
import type { Column, Format } from '../../data/types.ts'
import type { AstExpr } from './ast.ts'

/** One table of the FROM clause; its number is the scope of its columns in expressions. */
export interface Scope {
  readonly index: number
  readonly topic: string
  /** The name that qualifies its columns. */
  readonly alias: string
  readonly columns: readonly Column[]
  /** How the topic's values are written. */
  readonly format: Format
  readonly span: SourceSpan
  readonly role: TopicRole
  /** How long its records count, where it is an event topic; undefined: for ever. */
  readonly timeToLiveMs: number | undefined
  /** Absent for the driver, the leftmost table. */
  readonly join: ScopeJoin | undefined
}

/**
 * What a pipeline says of a topic: a `lookup` is loaded first, a `dimension` is an ordinary input whose newest rows count, and anything
 * else holds events.
 */
export type TopicRole = 'event' | 'dimension' | 'lookup'

export interface ScopeJoin {
  readonly type: 'inner' | 'left'
  readonly condition: AstExpr | undefined
  /** Columns that it shares with an earlier table; only that table's are seen without a qualifier. */
  readonly using: readonly string[]
  readonly span: SourceSpan
}

/** Finds by name, exactly or else without regard to case. */
export function findByName<T>(items: readonly T[], name: string, nameOf: (item: T) => string): number {
  const exact = items.findIndex((item) => nameOf(item) === name)
  if (exact >= 0) return exact
  const lower = name.toLowerCase()
  return items.findIndex((item) => nameOf(item).toLowerCase() === lower)
}

export function columnIndex(scope: Scope, name: string): number {
  return findByName(scope.columns, name, (column) => column.name)
}

/** Whether an unqualified name means an earlier table's column instead of this one's. */
export function isShared(scope: Scope, name: string): boolean {
  return scope.join?.using.some((shared) => shared.toLowerCase() === name.toLowerCase()) ?? false
}

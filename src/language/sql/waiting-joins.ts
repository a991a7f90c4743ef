/** What joins that wait need to know of a query before they are planned, and what they cannot have. */
import { equalExprs, scopesOf } from '../../expr/columns.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { BoundJoin, BoundQuery } from './bound-query.ts'
import type { Scope } from './scope.ts'

export interface WaitingJoins {
  /** Whose records wait or are waited for. */
  readonly waiting: readonly BoundJoin[]
  /** By what the driver's record brings: found when it comes. */
  readonly early: readonly BoundJoin[]
  /** By what a joined row brings: found when a combination is judged. */
  readonly late: readonly BoundJoin[]
  /** What the driver's record brings: its own row, and those that are looked up early. */
  readonly broughtScopes: ReadonlySet<number>
}

export function sortJoins({ joins }: BoundQuery): WaitingJoins {
  const brought = new Set([0])
  const waiting = joins.filter(({ scope }) => scope.role !== 'lookup')
  const early: BoundJoin[] = []
  const late: BoundJoin[] = []
  for (const join of joins) {
    if (join.scope.role !== 'lookup') continue
    if (readsOnly(join, brought)) {
      early.push(join)
      brought.add(join.scope.index)
    } else late.push(join)
  }
  return { waiting, early, late, broughtScopes: brought }
}

function readsOnly(join: BoundJoin, scopes: ReadonlySet<number>): boolean {
  return scopesRead(join).every((scope) => scopes.has(scope))
}

/** The earlier scopes that the ON condition reads. */
function scopesRead({ key, residual, scope }: BoundJoin): readonly number[] {
  return scopesOf(residual === undefined ? key : [...key, residual]).filter((index) => index < scope.index)
}

/** A driving dimension has a row for each join key where it is joined by one of its own; else for each record key. */
export function hasRowPerRecordKey(query: BoundQuery): boolean {
  if (query.scopes[0]?.role !== 'dimension') return false
  const keys = sortJoins(query).waiting.map(({ key }) => key)
  const [first = []] = keys
  const isOwn = scopesOf(first).every((scope) => scope === 0)
  return !(isOwn && keys.every((key) => equalExprs(key, first)))
}

export function checkWaitingJoins(
  query: BoundQuery,
  emission: 'immediate' | 'smart',
  diagnostics: Diagnostics,
): void {
  const { waiting, late } = sortJoins(query)
  const lateScopes = new Set(late.map(({ scope }) => scope.index))
  for (const join of waiting) {
    const lookedUp = scopesRead(join).find((scope) => lateScopes.has(scope))
    if (lookedUp !== undefined) refuseLateLookUp(query, join, lookedUp, diagnostics)
  }
  if (emission === 'immediate' && query.scopes[0]?.role === 'dimension')
    checkKeptRows(query, waiting, diagnostics)
}

/**
 * A combination moves to another key when the dimension's row comes that the key reads. Behind that it comes back to joins where it has been,
 * and is to have the row again that it had there: they remember it for the driver's time-to-live, which a dimension has not.
 */
function checkKeptRows(query: BoundQuery, waiting: readonly BoundJoin[], diagnostics: Diagnostics): void {
  let moving: BoundJoin | undefined
  for (const join of waiting) {
    if (moving !== undefined && join.scope.role === 'dimension')
      refuseKeptRow(query, { moving, join }, diagnostics)
    if (movedBy(query, join) !== undefined) moving ??= join
  }
}

/** The joined dimension whose row a key reads. */
function movedBy({ scopes }: BoundQuery, { key }: BoundJoin): Scope | undefined {
  return scopesOf(key)
    .map((index) => scopes[index])
    .find((scope) => scope?.role === 'dimension' && scope.index > 0)
}

function refuseLateLookUp(
  { scopes }: BoundQuery,
  { scope }: BoundJoin,
  lookedUp: number,
  diagnostics: Diagnostics,
): void {
  const [found, driver] = [scopes[lookedUp], scopes[0]]
  const message = `the join with "${scope.topic}" reads "${found?.topic}", which is looked up behind it`
  diagnostics.error('SQL_NOT_SUPPORTED', message, scope.join?.span ?? scope.span, {
    detail: `"${found?.topic}" is looked up by columns of a joined row, so not before all that is waited for has been joined.`,
    hint: `Look "${found?.topic}" up by columns of "${driver?.alias}", declare it without "join: lookup", or join "${scope.topic}" in a second query that reads the output of this one.`,
  })
}

function refuseKeptRow(
  query: BoundQuery,
  { moving, join: { scope } }: { readonly moving: BoundJoin; readonly join: BoundJoin },
  diagnostics: Diagnostics,
): void {
  const [driver, by] = [query.scopes[0], movedBy(query, moving)]
  const message = `dimension "${driver?.topic}" drives, and "${scope.alias}" is joined behind "${moving.scope.alias}", which is joined by columns of "${by?.alias}"`
  diagnostics.error('SQL_NOT_SUPPORTED', message, scope.join?.span ?? scope.span, {
    detail: `Under "immediate" a row of "${scope.alias}" stays with what it was joined with, also when a row of "${by?.alias}" moves that to another key; without a time-to-live of the driver it would be remembered for ever.`,
    hint: `Join "${scope.alias}" before "${moving.scope.alias}", emit "smart", or begin FROM with an event topic.`,
  })
}

/** What joins that wait need to know of a query before they are planned, and what they cannot have. */
import { equalExprs, scopesOf } from '../../expr/columns.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { BoundJoin, BoundQuery } from './bound-query.ts'

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

export function checkWaitingJoins(query: BoundQuery, diagnostics: Diagnostics): void {
  const { waiting, late, broughtScopes } = sortJoins(query)
  const lateScopes = new Set(late.map(({ scope }) => scope.index))
  const [driver] = query.scopes
  for (const join of waiting) {
    const lookedUp = scopesRead(join).find((scope) => lateScopes.has(scope))
    const joined = scopesOf(join.key).find((scope) => !broughtScopes.has(scope))
    if (lookedUp !== undefined) refuseLateLookUp(query, join, lookedUp, diagnostics)
    else if (driver?.role === 'dimension' && joined !== undefined)
      refuseJoinedKey(query, join, joined, diagnostics)
  }
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

/** Its newest row drives, and takes the place of the one before it wherever that has come: it must know where. */
function refuseJoinedKey(
  { scopes }: BoundQuery,
  { scope }: BoundJoin,
  joined: number,
  diagnostics: Diagnostics,
): void {
  const [driver, earlier] = [scopes[0], scopes[joined]]
  const message = `dimension "${driver?.topic}" drives, but "${scope.topic}" is joined by columns of "${earlier?.topic}"`
  diagnostics.error('SQL_NOT_SUPPORTED', message, scope.join?.span ?? scope.span, {
    detail:
      'The newest row of a dimension takes the place of the one before it: it is joined by its own columns.',
    hint: `Join by columns of "${driver?.alias}", or begin FROM with an event topic.`,
  })
}

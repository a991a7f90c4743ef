import { equalExprs } from '../../expr/columns.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { BoundQuery } from './bound-query.ts'

/**
 * A dimension that drives has one row for each key that it is joined by: a newer one takes its place. That needs one key for all joins.
 */
export function checkDrivingDimension({ scopes, joins }: BoundQuery, diagnostics: Diagnostics): void {
  const [driver] = scopes
  const [first] = joins
  if (driver?.role !== 'dimension' || first === undefined) return
  const other = joins.find((join) => !equalExprs(join.key, first.key))
  if (other === undefined) return
  const message = `dimension "${driver.topic}" is joined by two keys, with "${first.scope.topic}" and with "${other.scope.topic}"`
  diagnostics.error('SQL_NOT_SUPPORTED', message, other.scope.join?.span ?? other.scope.span, {
    detail: 'The newest row of each key drives, and it cannot be the newest of two.',
    hint: `Join by the same columns of "${driver.alias}", or begin FROM with an event topic.`,
  })
}

/** Stores that only functions use: no operation says of what shape they are. */
import { formatDuration } from '../../base/duration.ts'
import type { StoreSpec } from '../../topology/topology.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { NamedStoreFields } from './fields/store-fields.ts'
import { versionsOf } from './versioned-stores.ts'

type Shape<S> = S extends StoreSpec
  ? Omit<S, 'name' | 'key' | 'value' | 'persistent' | 'caching' | 'logging'>
  : never
export type UserStoreShape = Shape<StoreSpec>

/** Undefined, and a complaint, where the store does not say how long it keeps what. */
export function userStoreShape(
  name: string,
  fields: NamedStoreFields,
  diagnostics: Diagnostics,
): UserStoreShape | undefined {
  const { type, timestamped, retention, windowSize, retainDuplicates, at } = fields
  if (type.value === 'keyValue')
    return fields.versioned.value ? versionsOf(fields) : { kind: 'key-value', timestamped: timestamped.value }
  const lacks = (field: string, example: string): undefined => {
    diagnostics.error('DEFINITION_INVALID', `store "${name}" needs "${field}"`, at.span, {
      detail: 'It is used by functions only, so that no operation says how long it keeps what.',
      hint: `Add, for example, "${field}: ${example}".`,
    })
  }
  if (retention === undefined) return lacks('retention', '1h')
  if (type.value === 'session') return { kind: 'session', retentionMs: retention.value }
  if (windowSize === undefined) return lacks('windowSize', '1m')
  if (retention.value < windowSize.value) {
    diagnostics.error('DEFINITION_INVALID', `store "${name}" keeps less than a window`, retention.span, {
      detail: `Its windows are ${formatDuration(windowSize.value)} long; it keeps ${formatDuration(retention.value)}.`,
      hint: 'Raise "retention".',
    })
    return undefined
  }
  return {
    kind: 'window',
    timestamped: timestamped.value,
    windowSizeMs: windowSize.value,
    retentionMs: retention.value,
    retainDuplicates: retainDuplicates.value,
  }
}

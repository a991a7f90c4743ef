import type { VersionedStoreSpec } from '../../topology/topology.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { InlineStoreFields, NamedStoreFields } from './fields/store-fields.ts'

type StoreFields = NamedStoreFields | InlineStoreFields

export type Versions = Pick<VersionedStoreSpec, 'kind' | 'historyRetentionMs' | 'segmentIntervalMs'>

/** Whether the fields of a versioned store go together; else a complaint. */
export function checkVersioned(
  { versioned, historyRetention, caching }: StoreFields,
  diagnostics: Diagnostics,
): boolean {
  if (historyRetention === undefined) {
    diagnostics.error('DEFINITION_INVALID', 'a versioned store needs "historyRetention"', versioned.span, {
      hint: 'Say how long earlier versions are kept: "historyRetention: 1h".',
    })
    return false
  }
  if (!caching.value) return true
  diagnostics.error('DEFINITION_INVALID', 'a versioned store cannot cache', caching.span, {
    detail: 'Changes that are held back until a commit have no versions between them.',
    hint: 'Remove "caching".',
  })
  return false
}

export function versionsOf({ historyRetention, segmentInterval }: StoreFields): Versions {
  return {
    kind: 'versioned',
    historyRetentionMs: historyRetention?.value ?? 0,
    ...(segmentInterval === undefined ? {} : { segmentIntervalMs: segmentInterval.value }),
  }
}

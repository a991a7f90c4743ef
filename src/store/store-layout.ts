/** How a store's entries stand in an engine, as far as its definition decides that. */
import { defaultBucketMs, timeToLiveBucketMs } from './buckets.ts'
import type { StoreDescription } from './open-store.ts'

/** Of all layouts: changes when Weft writes one of them otherwise. */
const layoutVersion = 1

/** Entries that one layout wrote are not found, or are read as something else, by another. */
export function layoutOf(spec: StoreDescription): string {
  return [layoutVersion, spec.kind, ...decidedBy(spec)].join(' ')
}

function decidedBy(spec: StoreDescription): readonly (string | number)[] {
  switch (spec.kind) {
    case 'key-value':
      return [
        ...(spec.timestamped ? ['timestamped'] : []),
        ...(spec.timeToLiveMs === undefined ? [] : [timeToLiveBucketMs(spec.timeToLiveMs)]),
      ]
    case 'window':
      return [defaultBucketMs(spec.retentionMs), ...(spec.timestamped ? ['timestamped'] : [])]
    case 'session':
      return [defaultBucketMs(spec.retentionMs)]
    case 'versioned':
      return [spec.segmentIntervalMs ?? defaultBucketMs(spec.historyRetentionMs)]
    case 'list':
      return []
  }
}

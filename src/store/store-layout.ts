/** How a store's entries stand in an engine, as far as its definition decides that. */
import { defaultBucketMs, timeToLiveBucketMs } from './buckets.ts'
import type { StoreDescription } from './store-description.ts'

/** Of all layouts: changes when Weft writes one of them otherwise. */
const layoutVersion = 1

/** Entries that one layout wrote are not found, or are read as something else, by another. */
export function layoutOf(spec: StoreDescription): string {
  return [layoutVersion, spec.kind, ...decidedBy(spec)].join(' ')
}

/** Why what `found` wrote is of no use to a store whose layout is `own`; undefined where it is the same. */
export function layoutTrouble(found: string | undefined, own: string): string | undefined {
  if (found === own) return undefined
  return versionOf(found) === versionOf(own)
    ? 'another definition of it wrote it, of another kind or with another retention'
    : 'another version of Weft wrote it'
}

function versionOf(layout: string | undefined): string | undefined {
  return layout?.split(' ', 1)[0]
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

import type { Column, Format } from '../data/types.ts'

interface CommonDescription {
  readonly name: string
  readonly key: Format
  /** Values are read back as rows of these columns. */
  readonly columns?: readonly Column[]
  /** What the definition asks for; the engine is chosen by whoever opens the store. */
  readonly persistent: boolean
  /** The change log gets each key once a commit instead of every write. */
  readonly caching: boolean
  readonly logging: 'own' | 'source' | 'none'
}

/** What a store is: the part of a topology's store description that matters here. */
export type StoreDescription =
  | KeyValueDescription
  | WindowDescription
  | SessionDescription
  | VersionedDescription
  | ListDescription

export interface KeyValueDescription extends CommonDescription {
  readonly kind: 'key-value'
  /** Values carry their record's timestamp. */
  readonly timestamped: boolean
  /** An entry is kept while its timestamp is above stream time less this. Only where values are timestamped. */
  readonly timeToLiveMs?: number
}

export interface WindowDescription extends CommonDescription {
  readonly kind: 'window'
  readonly timestamped: boolean
  readonly windowSizeMs: number
  readonly retentionMs: number
  readonly retainDuplicates: boolean
}

export interface SessionDescription extends CommonDescription {
  readonly kind: 'session'
  readonly retentionMs: number
}

export interface VersionedDescription extends CommonDescription {
  readonly kind: 'versioned'
  readonly historyRetentionMs: number
  /** How long a stretch of history goes at once; absent: as long as Kafka Streams'. */
  readonly segmentIntervalMs?: number
}

/** What an operator keeps by itself: keys and values are bytes of its own. */
export interface ListDescription extends CommonDescription {
  readonly kind: 'list'
}

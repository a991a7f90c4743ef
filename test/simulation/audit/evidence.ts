import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { Variant } from '../variant.ts'

/** What stood in one store's files at some moment, and which change log it is to equal. */
export interface StoreEvidence {
  /** `p1, task 0_1, store "counts", when killed at 12.345 s` */
  readonly where: string
  /** When it was looked at. */
  readonly takenMs: number
  readonly changeLog: { readonly topic: string; readonly partition: number }
  /** `expiring`: of a key-value store whose entries go by the time of their values. */
  readonly kind: 'key-value' | 'expiring' | 'window' | 'session' | 'versioned'
  /** Entries of a time that is this much before the latest one put may be gone; what knows no time stays: infinite. */
  readonly retentionMs: number
  /** Values begin with their record's timestamp, 8 bytes. */
  readonly timestamped: boolean
  /** Bytes by key as the change log has it; keys as latin1 text. Of versions the newest by `newest key`, others by key, end and start. */
  readonly entries: ReadonlyMap<string, Buffer>
  /** What its engine says of stream time: by it entries may be gone that had not expired at that position; −1: nothing. */
  readonly streamTimeMs: number
  /** The change-log offset up to which it claims to have everything. */
  readonly position: number
  /** Whether its engine may lack what was put, or deleted, again behind that position. */
  readonly lags: boolean
  /** Whether nothing may be missing behind that position: its task ran, all was at rest, and its engine gets each commit at once. */
  readonly whole: boolean
}

export interface CommittedPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** As the committed offset carries it: base64 of a version byte and 8 bytes. */
  readonly metadata: string
}

/** What readers of committed records, and whoever looks at disks and coordinators, see when everything has come to rest. */
export interface Evidence {
  read(topic: string): readonly ReadRecord[]
  /** Whether nothing may be double: exactly once, or nothing ever broke. */
  readonly strict: boolean
  /** Whether nobody wrote who had lost its tasks: exactly once, or processes only died. At least once, such a one undoes what others did. */
  readonly noZombies: boolean
  /** Whether change logs lack what later records superseded. */
  readonly compacted: boolean
  /** Deletions from before this time may be gone from change logs, and what they deleted with them. */
  readonly deletionsFromMs: number
  readonly variant: Variant
  readonly stores: readonly StoreEvidence[]
  readonly committed: readonly CommittedPosition[]
  /** Partitions whose last stable offset is not their high watermark: a transaction is open there. */
  readonly openPartitions: readonly string[]
}

/** What a log needs of its topic's settings; Infinity for what never happens. */
export interface LogSettings {
  /** [segment.bytes] */
  readonly segmentBytes: number
  /** [segment.ms] */
  readonly segmentMs: number
  /** Batches that may lie unsynced. [flush.messages] */
  readonly flushMessages: number
  /** How long a batch may lie unsynced. [flush.ms] */
  readonly flushMs: number
  /** Whether old segments are deleted. [cleanup.policy] */
  readonly deleted: boolean
  /** [retention.ms] */
  readonly retentionMs: number
  /** [retention.bytes] */
  readonly retentionBytes: number
  /** Whether only the newest record of each key is kept. [cleanup.policy] */
  readonly compacted: boolean
  /** How long a tombstone can be read, from when compaction first meets it. [delete.retention.ms] */
  readonly deleteRetentionMs: number
  /** What part of a log must be new to compaction for it to begin. [min.cleanable.dirty.ratio] */
  readonly minDirtyRatio: number
  /** [min.compaction.lag.ms] */
  readonly minCompactionLagMs: number
  /** [max.compaction.lag.ms] */
  readonly maxCompactionLagMs: number
}

/** Nothing is ever deleted, compacted or synced. */
export const keepAll: LogSettings = {
  segmentBytes: Infinity,
  segmentMs: Infinity,
  flushMessages: Infinity,
  flushMs: Infinity,
  deleted: false,
  retentionMs: Infinity,
  retentionBytes: Infinity,
  compacted: false,
  deleteRetentionMs: 0,
  minDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Infinity,
}

import type { LogStorage } from './segment-bytes.ts'
import { Segment, type BatchEntry, type SegmentRead, type SegmentReadLimits } from './segment.ts'

/** When the segment that is written to is full, or old. */
export interface SegmentLimits {
  readonly maxBytes: number
  readonly maxMs: number
}

/** The segments of a log, oldest first; the last one is being written. */
export class SegmentList {
  readonly #storage: LogStorage
  #segments: Segment[]

  constructor(storage: LogStorage, segments: Segment[]) {
    this.#storage = storage
    this.#segments = segments
  }

  all(): readonly Segment[] {
    return this.#segments
  }

  get active(): Segment | undefined {
    return this.#segments.at(-1)
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  }

  /**
   * Whole batches from the one that holds `offset` (or the next one) on. Batches without a record are passed over where one with records
   * follows: some clients go on behind the last record that they were given, and would ask for an empty batch for ever.
   */
  read(offset: number, limits: SegmentReadLimits): SegmentRead | undefined {
    const from = this.#indexHolding(offset)
    for (let at = from; at < this.#segments.length; at++) {
      const found = this.#segments[at]?.read(offset, { ...limits, withRecord: true })
      if (found === undefined) continue
      if (found.records.length > 0) return found
      break
    }
    return this.#segments[from]?.read(offset, limits)
  }

  /** The segment with the first batch at or behind an offset. */
  #indexHolding(offset: number): number {
    let at = Math.max(
      0,
      this.#segments.findLastIndex((segment) => segment.baseOffset <= offset),
    )
    // Compaction may have taken the end of a segment, or all of it: then what comes next stands in a later one.
    while (at < this.#segments.length - 1 && (this.#segments[at]?.lastOffset ?? -1) < offset) at++
    return at
  }

  /** Whether a batch must go to a new segment. */
  isDue(bytes: number, entry: BatchEntry, nowMs: number, limits: SegmentLimits): boolean {
    const segment = this.active
    if (segment === undefined) return true
    if (segment.sizeBytes === 0) return false
    if (segment.sizeBytes + bytes > limits.maxBytes) return true
    const { firstTimestampMs, createdMs } = segment
    const byRecords = firstTimestampMs >= 0 && entry.maxTimestampMs >= 0
    const ageMs = byRecords ? entry.maxTimestampMs - firstTimestampMs : nowMs - createdMs
    return ageMs > limits.maxMs
  }

  roll(baseOffset: number, nowMs: number): void {
    // What a write that failed has left behind its end must not come to stand inside of the log.
    this.active?.bytes.truncate(this.active.sizeBytes)
    const bytes = this.#storage.create(baseOffset, this.active?.sizeBytes ?? 0)
    this.#segments.push(new Segment(baseOffset, bytes, nowMs))
  }

  /** Deletes the segments that end before an offset. */
  deleteBefore(offset: number): void {
    const isGone = ({ lastOffset, sizeBytes }: Segment): boolean => sizeBytes > 0 && lastOffset < offset
    const gone = this.#segments.filter(isGone)
    this.#segments = this.#segments.filter((segment) => !isGone(segment))
    for (const { bytes } of gone) bytes.delete()
  }

  /** A segment in the making, to take the place of others. */
  draft(baseOffset: number, createdMs: number): Segment {
    return new Segment(baseOffset, this.#storage.draft(baseOffset), createdMs)
  }

  /**
   * Puts a draft in the place of segments that follow each other.
   *
   * @returns false where some of them are gone by now; then the draft goes, too
   */
  replace(old: readonly Segment[], draft: Segment): boolean {
    const at = this.#segments.findIndex((segment) => segment === old[0])
    if (at < 0 || old.some((segment, index) => this.#segments[at + index] !== segment)) {
      draft.bytes.delete()
      return false
    }
    const [first, ...rest] = old
    if (first === undefined) return false
    this.#storage.replace(first.bytes, draft.bytes)
    // From here on the draft holds what they hold: a restart would find whichever of them cannot be deleted now covered by it.
    this.#segments.splice(at, old.length, draft)
    // In their order: a tombstone must not go before what it deletes.
    for (const { bytes } of rest) bytes.delete()
    return true
  }

  close(): void {
    for (const { bytes } of this.#segments) bytes.close()
  }

  deleteAll(): void {
    for (const { bytes } of this.#segments) bytes.delete()
    this.#segments = []
    this.#storage.deleteAll()
  }
}

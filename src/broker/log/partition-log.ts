/**
 * One partition's log, in memory.
 *
 * Batches are kept as they arrived; only base offset, leader epoch and, with log append time, the timestamp are written into
 * the copy that the log keeps. Appending and reading cost per batch, never per record.
 *
 * Three ends: `endOffset` is where the next record goes; `highWatermark` is how far every replica has it (with one node: the
 * same); `lastStableOffset` is the first record of the oldest open transaction, or the high watermark where none is open.
 */
import type { BatchHeader } from '../../protocol/record-batch-reader.ts'
import { AbortedTransactions, type AbortedTransaction } from './aborted-transactions.ts'
import { LeaderEpochs, type EpochEnd } from './leader-epochs.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { ProducerStates, type SequencedBatch } from './producer-states.ts'
import { Segment, type BatchEntry } from './segment.ts'

export interface ArrivedBatch {
  readonly bytes: Buffer
  readonly header: BatchHeader
  /** Given where the topic keeps the time of arrival instead of the records' own. */
  readonly logAppendTimeMs: number | undefined
}

export interface Marker {
  readonly bytes: Buffer
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly outcome: 'commit' | 'abort'
}

export type AppendOutcome =
  | { readonly kind: 'appended'; readonly baseOffset: number }
  | { readonly kind: 'duplicate'; readonly batch: SequencedBatch }
  | {
      readonly kind: 'refused'
      readonly error:
        | 'INVALID_PRODUCER_EPOCH'
        | 'OUT_OF_ORDER_SEQUENCE_NUMBER'
        | 'KAFKA_STORAGE_ERROR'
        | 'NOT_LEADER_OR_FOLLOWER'
    }

export interface LogRead {
  /** Whole batches as one view; empty where there is nothing to read. */
  readonly records: Buffer
  /** For read_committed: transactions in what was read whose records are to be left out. */
  readonly aborted: readonly AbortedTransaction[]
}

export interface ReadLimits {
  readonly isolation: 'read_committed' | 'read_uncommitted'
  readonly maxBytes: number
  /** Whether the first batch is given even when it is larger than `maxBytes`. */
  readonly atLeastOne: boolean
}

export interface LogOptions {
  readonly segmentBytes: number
  readonly producerExpirationMs: number
  readonly budget: MemoryBudget
}

export class PartitionLog {
  leaderEpoch = 0
  readonly producers: ProducerStates
  readonly #options: LogOptions
  readonly #epochs = new LeaderEpochs()
  readonly #aborted = new AbortedTransactions()
  readonly #watchers = new Set<() => void>()
  #segments: Segment[] = []
  #startOffset = 0
  #endOffset = 0
  #lastStableOffset = 0
  #closed = false

  constructor(options: LogOptions) {
    this.#options = options
    this.producers = new ProducerStates(options.producerExpirationMs)
  }

  get startOffset(): number {
    return this.#startOffset
  }

  get endOffset(): number {
    return this.#endOffset
  }

  get highWatermark(): number {
    return this.#endOffset
  }

  get lastStableOffset(): number {
    return this.#lastStableOffset
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  }

  /** The offset behind what a reader may see. */
  visibleEnd(isolation: ReadLimits['isolation']): number {
    return isolation === 'read_committed' ? this.#lastStableOffset : this.highWatermark
  }

  append(batch: ArrivedBatch, nowMs: number): AppendOutcome {
    if (this.#closed) return { kind: 'refused', error: 'NOT_LEADER_OR_FOLLOWER' }
    const { bytes, header, logAppendTimeMs } = batch
    const idempotent = header.producerId >= 0
    if (idempotent) {
      const verdict = this.producers.check(header, nowMs)
      if (verdict.kind !== 'next') return verdict
    }
    if (!this.#options.budget.take(bytes.length)) return { kind: 'refused', error: 'KAFKA_STORAGE_ERROR' }
    const baseOffset = this.#endOffset
    const lastOffset = baseOffset + header.lastOffset - header.baseOffset
    const maxTimestampMs = logAppendTimeMs ?? header.maxTimestampMs
    this.#store(bytes, { baseOffset, lastOffset, maxTimestampMs, logAppendTimeMs })
    if (idempotent) this.producers.record(header, { baseOffset, lastOffset, nowMs })
    this.#advance()
    return { kind: 'appended', baseOffset }
  }

  /** Ends a producer's transaction in this partition. Markers are always taken, budget or not: a transaction must end. */
  appendMarker(marker: Marker, nowMs: number): void {
    const offset = this.#endOffset
    this.#options.budget.usedBytes += marker.bytes.length
    const entry = { baseOffset: offset, lastOffset: offset, maxTimestampMs: nowMs }
    this.#store(marker.bytes, { ...entry, logAppendTimeMs: undefined })
    const firstOffset = this.producers.end({ ...marker, nowMs })
    if (marker.outcome === 'abort' && firstOffset !== undefined)
      this.#aborted.add({ producerId: marker.producerId, firstOffset, lastOffset: offset })
    this.#advance()
  }

  /** Batches from the one that holds `offset` on; `offset` lies within the log. */
  read(offset: number, limits: ReadLimits): LogRead {
    const end = this.visibleEnd(limits.isolation)
    if (offset >= end) return nothingRead
    const first = this.#segments.findLastIndex((segment) => segment.baseOffset <= offset)
    const segment = this.#segments[first]
    if (segment === undefined) return nothingRead
    const { records, nextOffset } = segment.read(offset, end, limits.maxBytes, limits.atLeastOne)
    if (records.length === 0 || limits.isolation === 'read_uncommitted') return { records, aborted: [] }
    return { records, aborted: this.#aborted.overlapping(offset, nextOffset) }
  }

  /** The first batch with a record at or after this time; undefined where none is. */
  batchAtTime(timestampMs: number): Buffer | undefined {
    for (const segment of this.#segments) {
      const batch = segment.batchAtTime(timestampMs, this.#startOffset)
      if (batch !== undefined) return batch
    }
    return undefined
  }

  /** The largest timestamp in the log, −1 where it is empty. */
  maxTimestampMs(): number {
    return this.#segments.reduce((maxMs, segment) => Math.max(maxMs, segment.maxTimestampMs), -1)
  }

  endOfEpoch(epoch: number): EpochEnd {
    return this.#epochs.endOf(epoch, this.leaderEpoch, this.#endOffset)
  }

  /** Moves the start of the log; whole segments before it are freed. `offset` lies within the log. */
  deleteBefore(offset: number): void {
    if (offset <= this.#startOffset) return
    this.#startOffset = offset
    const kept = this.#segments.filter((segment) => segment.lastOffset >= offset)
    this.#free(this.#segments.filter((segment) => segment.lastOffset < offset))
    this.#segments = kept
    this.#aborted.deleteBefore(offset)
    this.#advance()
  }

  /** Another leader, or the same one anew: what comes is of a larger epoch; who waits is told. */
  beginEpoch(): void {
    this.leaderEpoch++
    this.#notify()
  }

  /** Frees everything; who waits is told. */
  close(): void {
    this.#closed = true
    this.#free(this.#segments)
    this.#segments = []
    this.#notify()
  }

  /** Calls `wake` whenever a reader may see more; gives the way to stop it. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake)
    return () => this.#watchers.delete(wake)
  }

  #store(bytes: Buffer, entry: BatchEntry): void {
    let segment = this.#segments.at(-1)
    if (segment === undefined || !segment.fits(bytes.length)) {
      const size = segment === undefined ? 'small' : 'full'
      segment = new Segment(entry.baseOffset, this.#options.segmentBytes, size)
      this.#segments.push(segment)
    }
    segment.append(bytes, entry, this.leaderEpoch)
    this.#epochs.record(this.leaderEpoch, entry.baseOffset)
    this.#endOffset = entry.lastOffset + 1
  }

  #advance(): void {
    const firstOpen = this.producers.firstOpenOffset()
    this.#lastStableOffset = Math.max(this.#startOffset, firstOpen ?? this.highWatermark)
    this.#notify()
  }

  #notify(): void {
    for (const wake of this.#watchers) wake()
  }

  #free(segments: readonly Segment[]): void {
    for (const segment of segments) this.#options.budget.give(segment.sizeBytes)
  }
}

const nothingRead: LogRead = { records: Buffer.alloc(0), aborted: [] }

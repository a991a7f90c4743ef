/**
 * One partition's log, in memory or on disk.
 *
 * Batches are kept as they arrived; only base offset, leader epoch and, with log append time, the timestamp are written into
 * them. Appending and reading cost per batch, never per record.
 *
 * Three ends: `endOffset` is where the next record goes; `highWatermark` is how far every replica has it (with one copy: the
 * same); `lastStableOffset` is the first record of the oldest open transaction, or the high watermark where none is open.
 *
 * What it knows beside the batches (producers, aborted transactions, epochs) it learns from them, when they come and when the log is opened.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import { endMarkerOf, type BatchHeader } from '../../protocol/record-batch-reader.ts'
import { stampLogAppendTime, stampPlace } from '../../protocol/record-batch-writer.ts'
import { AbortedTransactions, type AbortedTransaction } from './aborted-transactions.ts'
import { diskCodes } from './disk.ts'
import { LeaderEpochs, type EpochEnd } from './leader-epochs.ts'
import { recoverSegments } from './log-recovery.ts'
import type { LogSettings } from './log-settings.ts'
import { ProducerStates, type SequencedBatch } from './producer-states.ts'
import type { LogStorage } from './segment-bytes.ts'
import { SegmentList, type SegmentLimits } from './segment-list.ts'
import type { BatchEntry } from './segment.ts'

export interface ArrivedBatch {
  /** The log's own from here on: its place is written into it. */
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
        | 'INVALID_TXN_STATE'
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
  readonly storage: LogStorage
  readonly settings: () => LogSettings
  readonly producerExpirationMs: number
  readonly logger: Logger
  /** For log lines. */
  readonly name: string
  readonly clock: Clock
  /** Where it was made to begin, where that is known from before. */
  readonly startOffset?: number | undefined
  /** Told where it begins from now on, before anything is deleted. */
  readonly startMoved?: (offset: number) => void
  /** Told when its leader is another one. */
  readonly epochBegan?: () => void
}

/** Timers of the system are no longer; what fires early syncs early. */
const timerMsMax = 2_147_483_647

export class PartitionLog {
  /** Up to where compaction has been; it does not outlast a restart. */
  compactedTo = 0
  readonly producers: ProducerStates
  readonly aborted = new AbortedTransactions()
  readonly segments: SegmentList
  readonly #options: LogOptions
  readonly #epochs = new LeaderEpochs()
  readonly #watchers = new Set<() => void>()
  #leaderEpoch = 0
  #startOffset = 0
  #endOffset = 0
  #lastStableOffset = 0
  #unsyncedBatches = 0
  #syncTimer: Timer | undefined
  #closed = false

  /** @throws StreamError `DATA_FOLDER_CORRUPT`, `DATA_FOLDER_UNUSABLE` */
  constructor(options: LogOptions) {
    this.#options = options
    this.producers = new ProducerStates(options.producerExpirationMs)
    this.segments = this.#recover()
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** Of what comes from here on. */
  set leaderEpoch(epoch: number) {
    this.#leaderEpoch = epoch
    this.#epochs.record(epoch, this.#endOffset)
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
    return this.segments.sizeBytes
  }

  get settings(): LogSettings {
    return this.#options.settings()
  }

  /** Of one segment. */
  get segmentBytesMax(): number {
    return Math.min(this.settings.segmentBytes, this.#options.storage.segmentBytesMax)
  }

  get name(): string {
    return this.#options.name
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
    const baseOffset = this.#endOffset
    const lastOffset = baseOffset + header.lastOffset - header.baseOffset
    if (logAppendTimeMs !== undefined) stampLogAppendTime(bytes, 0, logAppendTimeMs)
    const entry = { baseOffset, lastOffset, maxTimestampMs: logAppendTimeMs ?? header.maxTimestampMs }
    if (!this.#hasRoom(bytes.length) || !this.#onDisk(() => this.#store(bytes, entry, nowMs)))
      return { kind: 'refused', error: 'KAFKA_STORAGE_ERROR' }
    if (idempotent) this.producers.record(header, { baseOffset, lastOffset, nowMs })
    this.#advance()
    return { kind: 'appended', baseOffset }
  }

  /**
   * Ends a producer's transaction in this partition. Markers are taken even where memory for records is full: a transaction must end.
   *
   * @returns false when the disk did not take it
   */
  appendMarker(marker: Marker, nowMs: number): boolean {
    if (this.#closed) return true
    const offset = this.#endOffset
    const entry = { baseOffset: offset, lastOffset: offset, maxTimestampMs: nowMs }
    if (!this.#onDisk(() => this.#store(marker.bytes, entry, nowMs))) return false
    this.#endTransaction(marker, offset, nowMs)
    this.#advance()
    return true
  }

  /** Batches from the one that holds `offset` on; `offset` lies within the log. */
  read(offset: number, limits: ReadLimits): LogRead {
    const { isolation, maxBytes, atLeastOne } = limits
    const beforeOffset = this.visibleEnd(isolation)
    if (offset >= beforeOffset) return nothingRead
    const found = this.segments.read(offset, { beforeOffset, maxBytes, atLeastOne })
    if (found === undefined || found.records.length === 0) return nothingRead
    const { records, nextOffset } = found
    if (isolation === 'read_uncommitted') return { records, aborted: [] }
    return { records, aborted: this.aborted.overlapping(offset, nextOffset) }
  }

  /** The first batch, from the one that holds `offset` on, with a record at or after this time; undefined where none is. */
  batchAtTime(timestampMs: number, offset: number): Buffer | undefined {
    for (const segment of this.segments.all()) {
      const batch = segment.batchAtTime(timestampMs, offset)
      if (batch !== undefined) return batch
    }
    return undefined
  }

  /** The largest timestamp in the log, −1 where it is empty. */
  maxTimestampMs(): number {
    return this.segments.all().reduce((maxMs, segment) => Math.max(maxMs, segment.maxTimestampMs), -1)
  }

  /** Of the leader that wrote the record at an offset. */
  epochAt(offset: number): number {
    return this.#epochs.at(offset)
  }

  endOfEpoch(epoch: number): EpochEnd {
    return this.#epochs.endOf(epoch, this.leaderEpoch, this.#endOffset)
  }

  /** Moves the start of the log; whole segments before it are freed. `offset` lies within the log. */
  deleteBefore(offset: number): void {
    if (offset <= this.#startOffset) return
    this.#options.startMoved?.(offset)
    this.#startOffset = offset
    this.segments.deleteBefore(offset)
    this.aborted.deleteBefore(offset)
    this.#epochs.deleteBefore(offset)
    this.#advance()
  }

  /** Another leader, or the same one anew: what comes is of a larger epoch; who waits is told. */
  beginEpoch(): void {
    this.leaderEpoch++
    this.#options.epochBegan?.()
    this.#notify()
  }

  /** Makes what is written outlast a power failure. */
  sync(): void {
    if (this.#unsyncedBatches === 0) return
    this.#cancelSync()
    this.segments.active?.bytes.sync()
    this.#unsyncedBatches = 0
  }

  /** Ends appends and wakes who waits; what is on disk stays. */
  close(): void {
    this.#closed = true
    this.sync()
    this.segments.close()
    this.#notify()
  }

  /** Frees everything; who waits is told. */
  delete(): void {
    this.#closed = true
    this.#syncTimer?.cancel()
    this.segments.deleteAll()
    this.#notify()
  }

  /** Calls `wake` whenever a reader may see more; gives the way to stop it. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake)
    return () => this.#watchers.delete(wake)
  }

  #recover(): SegmentList {
    const { storage, logger, name, clock, startOffset } = this.#options
    const nowMs = clock.nowMs()
    const { segments, cutBytes } = recoverSegments(storage, nowMs, (batch, header) =>
      this.#learn(batch, header, nowMs),
    )
    if (cutBytes > 0)
      logger.warn('half a batch was cut from the end of a log', { log: name, bytes: cutBytes })
    const [first] = segments
    this.#startOffset = Math.max(startOffset ?? 0, first?.baseOffset ?? 0)
    this.#endOffset = Math.max(this.#startOffset, (segments.at(-1)?.lastOffset ?? -1) + 1)
    this.aborted.deleteBefore(this.#startOffset)
    this.leaderEpoch = Math.max(0, this.#epochs.newest)
    this.#advance()
    return new SegmentList(storage, segments)
  }

  /** Takes note of a batch that is in the log already. */
  #learn(batch: Buffer, header: BatchHeader, nowMs: number): void {
    const { baseOffset, lastOffset, leaderEpoch, producerId, producerEpoch } = header
    this.#epochs.record(leaderEpoch, baseOffset)
    if (producerId < 0) return
    const marker = header.control ? endMarkerOf(batch, header) : undefined
    if (header.control && marker === undefined) return
    if (marker === undefined) this.producers.record(header, { baseOffset, lastOffset, nowMs })
    else
      this.#endTransaction({ ...marker, outcome: marker.kind, producerId, producerEpoch }, baseOffset, nowMs)
  }

  #endTransaction(marker: Omit<Marker, 'bytes'>, offset: number, nowMs: number): void {
    const firstOffset = this.producers.end({ ...marker, nowMs })
    if (marker.outcome === 'abort' && firstOffset !== undefined)
      this.aborted.add({ producerId: marker.producerId, firstOffset, lastOffset: offset })
  }

  #hasRoom(bytes: number): boolean {
    const { storage, logger, name } = this.#options
    if (storage.hasRoom(bytes)) return true
    logger.warn('memory for records is full', { log: name })
    return false
  }

  /** @returns false when the disk did not do it */
  #onDisk(work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      if (!(error instanceof StreamError) || !diskCodes.has(error.code)) throw error
      const { code, message, detail } = error
      this.#options.logger.error('records cannot be written', {
        log: this.#options.name,
        code,
        message,
        detail,
      })
      return false
    }
  }

  #store(bytes: Buffer, entry: BatchEntry, nowMs: number): void {
    const { settings } = this
    if (this.segments.isDue(bytes.length, entry, nowMs, this.#segmentLimits(settings))) {
      if (Number.isFinite(settings.flushMessages) || Number.isFinite(settings.flushMs)) this.sync()
      this.segments.roll(entry.baseOffset, nowMs)
    }
    stampPlace(bytes, 0, entry.baseOffset, this.leaderEpoch)
    const synced = settings.flushMs === 0 || this.#unsyncedBatches + 1 >= settings.flushMessages
    this.segments.active?.append(bytes, entry, synced)
    if (synced) {
      this.#cancelSync()
      this.#unsyncedBatches = 0
    } else this.#syncLater(settings)
    this.#endOffset = entry.lastOffset + 1
  }

  #cancelSync(): void {
    this.#syncTimer?.cancel()
    this.#syncTimer = undefined
  }

  /** A power failure may cost the batches of so much time. */
  #syncLater({ flushMs }: LogSettings): void {
    this.#unsyncedBatches++
    if (this.#syncTimer !== undefined || !Number.isFinite(flushMs)) return
    this.#syncTimer = this.#options.clock.setTimer(Math.min(flushMs, timerMsMax), () => {
      this.#syncTimer = undefined
      this.#onDisk(() => this.sync())
    })
  }

  #segmentLimits({ segmentMs, compacted, maxCompactionLagMs }: LogSettings): SegmentLimits {
    return {
      maxBytes: this.segmentBytesMax,
      // What is being written is not compacted.
      maxMs: compacted ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs,
    }
  }

  #advance(): void {
    const firstOpen = this.producers.firstOpenOffset()
    this.#lastStableOffset = Math.max(this.#startOffset, firstOpen ?? this.highWatermark)
    this.#notify()
  }

  #notify(): void {
    for (const wake of this.#watchers) wake()
  }
}

const nothingRead: LogRead = { records: Buffer.alloc(0), aborted: [] }

/**
 * What compaction leaves of a batch.
 *
 * Of records, the newest of each key. A tombstone stays readable for a while after compaction first met it: that time is
 * written into its batch, as in Kafka (KIP-534), and when it has come, a later compaction takes the tombstone. Of transactions: records of
 * aborted ones go; a marker stays for as long as batches of its transaction do, and then for as long as a tombstone. Of producers:
 * the last batch of each that the log still knows stays, if need be without records, since its sequence numbers are in it.
 *
 * A batch keeps its offsets, whatever goes from it.
 */
import { batchLayout, attributeBits } from '../../protocol/record-batch-layout.ts'
import {
  endMarkerOf,
  RecordColumns,
  recordsOf,
  type BatchHeader,
} from '../../protocol/record-batch-reader.ts'
import { controlBatch, RecordBatchWriter } from '../../protocol/record-batch-writer.ts'
import type { NewestOffsets } from './newest-offsets.ts'
import type { ProducerStates } from './producer-states.ts'

export interface BatchFilterOptions {
  readonly newest: NewestOffsets
  readonly producers: ProducerStates
  readonly isAborted: (header: BatchHeader) => boolean
  /** Told that a marker goes. */
  readonly markerGone: (offset: number) => void
  readonly nowMs: number
  readonly deleteRetentionMs: number
}

export class BatchFilter {
  readonly #options: BatchFilterOptions
  readonly #columns = new RecordColumns()
  readonly #writer = new RecordBatchWriter()
  /** Producers of whose transaction batches have been seen since its last marker. */
  readonly #seen = new Set<number>()

  constructor(options: BatchFilterOptions) {
    this.#options = options
  }

  /**
   * @param isLast - of its segment: something of it must stay, so that one sees how far the segment reaches
   * @returns what stays; undefined where nothing does
   */
  apply(batch: Buffer, header: BatchHeader, isLast: boolean): Buffer | undefined {
    if (header.control) return this.#filterMarker(batch, header, isLast)
    if (header.transactional) this.#seen.add(header.producerId)
    const kept = this.#keptRecords(batch, header)
    const horizonMs = deleteHorizonOf(batch, header)
    const needsHorizon = horizonMs === undefined && kept.some((index) => this.#isTombstone(index))
    if (kept.length === this.#columns.count && !needsHorizon && kept.length > 0) return batch
    if (kept.length === 0 && !isLast && !this.#isLastOfProducer(header)) return undefined
    return this.#rewrite(header, kept, needsHorizon ? this.#newHorizonMs() : horizonMs)
  }

  #keptRecords(batch: Buffer, header: BatchHeader): number[] {
    const { newest, nowMs, isAborted } = this.#options
    const columns = this.#columns
    columns.read(recordsOf(batch, header))
    if (header.transactional && isAborted(header)) return []
    const horizonMs = deleteHorizonOf(batch, header)
    const tombstonesGo = horizonMs !== undefined && nowMs >= horizonMs
    const kept: number[] = []
    for (let index = 0; index < columns.count; index++)
      if (newest.isNewest(columns, index) && !(tombstonesGo && this.#isTombstone(index))) kept.push(index)
    return kept
  }

  #isTombstone(index: number): boolean {
    return (this.#columns.valueEnd[index] ?? -1) < 0
  }

  #rewrite(header: BatchHeader, kept: readonly number[], horizonMs: number | undefined): Buffer {
    const writer = this.#writer
    const columns = this.#columns
    const { buffer } = columns
    if (horizonMs !== undefined) writer.countTimesFrom(horizonMs)
    for (const index of kept) {
      const record = {
        timestampMs: columns.timestampMs[index] ?? -1,
        key: buffer,
        keyStart: columns.keyStart[index] ?? 0,
        keyEnd: columns.keyEnd[index] ?? -1,
        value: buffer,
        valueStart: columns.valueStart[index] ?? 0,
        valueEnd: columns.valueEnd[index] ?? -1,
        headers: columns.headersOf(index),
      }
      writer.append(record, (columns.offset[index] ?? 0) - header.baseOffset)
    }
    return writer.finish({
      ...header,
      compression: kept.length === 0 ? 'none' : header.compression,
      lastOffsetDelta: header.lastOffset - header.baseOffset,
      deleteHorizon: horizonMs !== undefined,
    })
  }

  #filterMarker(batch: Buffer, header: BatchHeader, isLast: boolean): Buffer | undefined {
    const { nowMs, markerGone } = this.#options
    if (this.#seen.delete(header.producerId)) return batch
    const horizonMs = deleteHorizonOf(batch, header)
    if (horizonMs === undefined) return withHorizon(batch, header, this.#newHorizonMs())
    if (nowMs < horizonMs || isLast || this.#isLastOfProducer(header)) return batch
    markerGone(header.baseOffset)
    return undefined
  }

  #isLastOfProducer({ producerId, producerEpoch, control, lastOffset }: BatchHeader): boolean {
    const state = producerId < 0 ? undefined : this.#options.producers.get(producerId)
    if (state === undefined) return false
    const last = state.batches.at(-1)
    return last === undefined ? control && producerEpoch === state.epoch : last.lastOffset === lastOffset
  }

  #newHorizonMs(): number {
    return this.#options.nowMs + this.#options.deleteRetentionMs
  }
}

function deleteHorizonOf(batch: Buffer, header: BatchHeader): number | undefined {
  const attributes = batch.readInt16BE(header.start + batchLayout.attributes)
  return (attributes & attributeBits.deleteHorizon) === 0 ? undefined : header.baseTimestampMs
}

function withHorizon(batch: Buffer, header: BatchHeader, deleteHorizonMs: number): Buffer {
  const marker = endMarkerOf(batch, header)
  if (marker === undefined) return batch
  return controlBatch({ ...header, ...marker, timestampMs: header.maxTimestampMs, deleteHorizonMs })
}

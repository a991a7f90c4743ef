/**
 * What a partition knows of each producer that writes with sequence numbers.
 *
 * Each batch says which producer, in which epoch, and the sequence number of its first record. A batch that follows the last
 * one is appended; one that equals one of the last five is a repetition and is answered with its first offset; anything else is out of
 * order. A newer epoch starts at sequence 0, an older one is fenced.
 *
 * A producer has at most one open transaction in a partition; it runs from its first transactional batch to its marker. All of its batches
 * meanwhile belong to it.
 */
import type { BatchHeader } from '../../protocol/record-batch-reader.ts'

const windowBatches = 5
const sequenceCount = 2 ** 31
const noEpoch = -1

/** What a batch's header says of its producer. */
export type Sequenced = Pick<
  BatchHeader,
  'producerId' | 'producerEpoch' | 'baseSequence' | 'baseOffset' | 'lastOffset' | 'transactional'
>

export interface SequencedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestampMs: number
}

export type SequenceVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly batch: SequencedBatch }
  | {
      readonly kind: 'refused'
      readonly error: 'INVALID_PRODUCER_EPOCH' | 'OUT_OF_ORDER_SEQUENCE_NUMBER' | 'INVALID_TXN_STATE'
    }

export interface ProducerState {
  readonly producerId: number
  epoch: number
  coordinatorEpoch: number
  /** The last batches of this epoch, at most five, oldest first. */
  batches: SequencedBatch[]
  /** First offset of the open transaction. */
  openSinceOffset: number | undefined
  lastTimestampMs: number
}

export class ProducerStates {
  readonly #states = new Map<number, ProducerState>()
  /** First offsets of open transactions by producer. They are added at the log's end, so the oldest stands first. */
  readonly #open = new Map<number, number>()
  readonly #expirationMs: number
  #nextSweepMs = 0

  /** @param expirationMs - a producer that has written nothing for so long, and has no open transaction, is forgotten */
  constructor(expirationMs: number) {
    this.#expirationMs = expirationMs
  }

  check(batch: Sequenced, nowMs: number): SequenceVerdict {
    this.#sweep(nowMs)
    const state = this.#states.get(batch.producerId)
    if (state === undefined || state.epoch === noEpoch) return { kind: 'next' }
    if (batch.producerEpoch < state.epoch) return { kind: 'refused', error: 'INVALID_PRODUCER_EPOCH' }
    const known = batch.producerEpoch === state.epoch ? state.batches : []
    const last = lastSequence(batch)
    const repeated = known.find(
      (entry) => entry.firstSequence === batch.baseSequence && entry.lastSequence === last,
    )
    if (repeated !== undefined) return { kind: 'duplicate', batch: repeated }
    const newest = known.at(-1)
    const expected = newest === undefined ? 0 : (newest.lastSequence + 1) % sequenceCount
    if (batch.baseSequence !== expected) return { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }
    const strays = state.openSinceOffset !== undefined && !batch.transactional
    return strays ? { kind: 'refused', error: 'INVALID_TXN_STATE' } : { kind: 'next' }
  }

  /** Takes note of a batch that was appended. */
  record(batch: Sequenced, place: { baseOffset: number; lastOffset: number; nowMs: number }): void {
    const state = this.#obtain(batch.producerId)
    if (state.epoch !== batch.producerEpoch) state.batches = []
    state.epoch = batch.producerEpoch
    state.lastTimestampMs = place.nowMs
    state.batches.push({
      firstSequence: batch.baseSequence,
      lastSequence: lastSequence(batch),
      baseOffset: place.baseOffset,
      lastOffset: place.lastOffset,
      timestampMs: place.nowMs,
    })
    if (state.batches.length > windowBatches) state.batches.shift()
    if (!batch.transactional || this.#open.has(batch.producerId)) return
    state.openSinceOffset = place.baseOffset
    this.#open.set(batch.producerId, place.baseOffset)
  }

  /**
   * Ends the producer's transaction; a newer epoch in the marker fences the older one from here on.
   *
   * @returns first offset of the transaction that ended, or undefined where none was open
   */
  end(marker: {
    producerId: number
    producerEpoch: number
    coordinatorEpoch: number
    nowMs: number
  }): number | undefined {
    const state = this.#obtain(marker.producerId)
    const since = state.openSinceOffset
    if (marker.producerEpoch > state.epoch) {
      state.epoch = marker.producerEpoch
      state.batches = []
    }
    state.coordinatorEpoch = marker.coordinatorEpoch
    state.openSinceOffset = undefined
    this.#open.delete(marker.producerId)
    state.lastTimestampMs = marker.nowMs
    return since
  }

  get(producerId: number): ProducerState | undefined {
    return this.#states.get(producerId)
  }

  /** Those that have not been silent for too long. */
  all(nowMs: number): ProducerState[] {
    this.#forgetSilent(nowMs)
    return [...this.#states.values()]
  }

  /** First offset of the oldest open transaction. */
  firstOpenOffset(): number | undefined {
    const { value } = this.#open.values().next()
    return value
  }

  #obtain(producerId: number): ProducerState {
    let state = this.#states.get(producerId)
    if (state === undefined) {
      state = {
        producerId,
        epoch: noEpoch,
        coordinatorEpoch: -1,
        batches: [],
        openSinceOffset: undefined,
        lastTimestampMs: -1,
      }
      this.#states.set(producerId, state)
    }
    return state
  }

  /** Now and then, not per batch: the map is walked at most ten times per expiration. */
  #sweep(nowMs: number): void {
    if (nowMs < this.#nextSweepMs) return
    this.#nextSweepMs = nowMs + this.#expirationMs / 10
    this.#forgetSilent(nowMs)
  }

  #forgetSilent(nowMs: number): void {
    for (const state of this.#states.values()) {
      const idle = nowMs - state.lastTimestampMs > this.#expirationMs
      if (idle && state.openSinceOffset === undefined) this.#states.delete(state.producerId)
    }
  }
}

/**
 * Sequence numbers go from 2^31 − 1 back to 0. They are counted by offsets: compaction takes records out of a batch, and leaves it
 * its offsets.
 */
function lastSequence({ baseSequence, baseOffset, lastOffset }: Sequenced): number {
  return (baseSequence + lastOffset - baseOffset) % sequenceCount
}

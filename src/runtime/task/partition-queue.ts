import { RecordColumns } from '../../protocol/record-columns.ts'
import type { FetchedBatch, FetchedPartition, TopicPartition } from '../../kafka/contracts.ts'
import type { Counter } from '../../base/metrics.ts'
import type { RawRecord } from '../../process/environment.ts'

/**
 * What has been fetched of one partition and not been processed. Batches wait as they arrived; the columns of the one at the head
 * are read when its turn comes. Hot path: nothing here allocates per record.
 */
export class PartitionQueue {
  readonly partition: TopicPartition
  /** The next offset to process: what a commit writes. Goes past control records once everything before them is done. */
  position = 0
  /** The next offset that a fetch may bring. */
  fetchPosition = 0
  /** Where the partition ended when the broker last said so, for readers of this isolation. */
  knownEnd = 0
  /** The largest record time so far, −1 before the first; part of each commit. */
  partitionTimeMs = -1
  queuedBytes = 0
  /** Whether the fetcher was told to pause, because of {@link PartitionQueue.queuedBytes}. */
  paused = false
  headTimestampMs = 0
  readonly taken: Counter
  readonly #columns = new RecordColumns()
  #chunks: FetchedPartition[] = []
  #batchIndex = 0
  #batch: FetchedBatch | undefined = undefined
  #row = 0

  constructor(partition: TopicPartition, taken: Counter) {
    this.partition = partition
    this.taken = taken
  }

  /** Empties the queue; the next fetch starts at `position`. */
  reset(position: number): void {
    this.position = position
    this.fetchPosition = position
    this.queuedBytes = 0
    this.#chunks = []
    this.#batchIndex = 0
    this.#batch = undefined
  }

  /** @param end - what the isolation shows of the partition: the last stable offset or the high watermark */
  add(chunk: FetchedPartition, end: number): void {
    this.fetchPosition = chunk.nextOffset
    this.knownEnd = end
    for (const batch of chunk.batches) this.queuedBytes += batch.end - batch.start
    this.#chunks.push(chunk)
    this.load()
  }

  /** Whether the broker is known to have records that have not arrived. */
  get moreIsKnown(): boolean {
    return this.fetchPosition < this.knownEnd
  }

  get lagRecords(): number {
    return Math.max(0, this.knownEnd - this.position)
  }

  /** Brings the next record to the head; false where there is none. */
  load(): boolean {
    if (this.#batch !== undefined) return true
    return this.#nextBatch()
  }

  /** Fills `raw` with the head and moves on. The bytes stay where they arrived. */
  take(raw: RawRecord): void {
    const columns = this.#columns
    const row = this.#row
    const batch = this.#batch as FetchedBatch
    raw.partition = this.partition.partition
    raw.topic = this.partition.topic
    raw.offset = columns.offset[row] as number
    raw.timestampMs = this.headTimestampMs
    raw.partitionTimeMs = this.partitionTimeMs
    raw.buffer = batch.buffer
    raw.keyStart = columns.keyStart[row] as number
    raw.keyEnd = columns.keyEnd[row] as number
    raw.valueStart = columns.valueStart[row] as number
    raw.valueEnd = columns.valueEnd[row] as number
    raw.headers = columns.headersOf(row)
  }

  /** The head has been processed. */
  advance(): void {
    const batch = this.#batch as FetchedBatch
    this.position = (this.#columns.offset[this.#row] as number) + 1
    this.taken.value += 1
    this.#row += 1
    if (this.#row < this.#columns.count) this.#readTime()
    else this.#batchDone(batch)
  }

  #batchDone(batch: FetchedBatch): void {
    this.position = batch.lastOffset + 1
    this.queuedBytes -= batch.end - batch.start
    this.#batch = undefined
    this.#batchIndex += 1
    this.#nextBatch()
  }

  #nextBatch(): boolean {
    for (;;) {
      const chunk = this.#chunks[0]
      if (chunk === undefined) return false
      const batch = chunk.batches[this.#batchIndex]
      if (batch === undefined) this.#chunkDone(chunk)
      else if (this.#open(batch)) return true
      else {
        this.queuedBytes -= batch.end - batch.start
        this.#batchIndex += 1
      }
    }
  }

  #chunkDone(chunk: FetchedPartition): void {
    this.position = Math.max(this.position, chunk.nextOffset)
    this.#chunks.shift()
    this.#batchIndex = 0
    // Every record of it has been processed, and what was kept of one was copied.
    chunk.release?.()
  }

  /** Skips records before the position: a broker gives whole batches, and the first may begin earlier than what was asked for. */
  #open(batch: FetchedBatch): boolean {
    if (batch.lastOffset < this.position || batch.count === 0) return false
    this.#columns.read(batch)
    let row = 0
    while (row < this.#columns.count && (this.#columns.offset[row] as number) < this.position) row += 1
    if (row === this.#columns.count) return false
    this.#batch = batch
    this.#row = row
    this.#readTime()
    return true
  }

  #readTime(): void {
    this.headTimestampMs = this.#columns.timestampMs[this.#row] as number
  }
}

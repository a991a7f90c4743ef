/**
 * Stores whose entries expire put a time bucket before each key: what has expired goes by whole buckets, without being looked at.
 * Eight bytes, the number of the bucket, big-endian; two numbers that no time has stand for what never expires.
 */
import type { ByteWriter } from '../base/byte-writer.ts'
import type { StreamTime } from './stream-time.ts'

export const bucketBytes = 8
/** The newest versions of a versioned store. */
export const newestPrefix = Buffer.from('7fffffffffffffff', 'hex')
const segmentIntervalMinMs = 60_000

/** Kafka Streams' default length of a segment. */
export function defaultBucketMs(retentionMs: number): number {
  return Math.max(Math.floor(retentionMs / 2), segmentIntervalMinMs)
}

/** How many buckets a time-to-live is divided into: what has expired stays for one of them at most. */
const bucketsOfTimeToLive = 4
const timeToLiveBucketMinMs = 1000

export function timeToLiveBucketMs(timeToLiveMs: number): number {
  return Math.max(timeToLiveBucketMinMs, Math.ceil(timeToLiveMs / bucketsOfTimeToLive))
}

export class Buckets {
  readonly #intervalMs: number
  readonly #retentionMs: number
  readonly #time: StreamTime
  #droppedBelow = 0

  /** @param retentionMs - an entry of time t is kept while `t > streamTime - retentionMs` */
  constructor(options: {
    readonly intervalMs: number
    readonly retentionMs: number
    readonly time: StreamTime
  }) {
    this.#intervalMs = options.intervalMs
    this.#retentionMs = options.retentionMs
    this.#time = options.time
  }

  /** The first time that has not expired. */
  get liveFromMs(): number {
    return Math.max(0, this.#time.valueMs - this.#retentionMs + 1)
  }

  of(timeMs: number): number {
    return Math.floor(timeMs / this.#intervalMs)
  }

  /** The first time of a bucket. */
  startOf(bucket: number): number {
    return bucket * this.#intervalMs
  }

  write(timeMs: number, writer: ByteWriter): void {
    writer.writeInt64(this.of(timeMs))
  }

  /** The oldest bucket in which something stands that has not expired. By what is committed: a generation that fails takes its time back. */
  get oldest(): number {
    return this.of(this.committedLiveFromMs)
  }

  /** As {@link Buckets.liveFromMs}, for good. */
  get committedLiveFromMs(): number {
    return Math.max(0, this.#time.committedMs - this.#retentionMs + 1)
  }

  /** Where the buckets end that have expired as a whole since the last call; undefined: none has. */
  takeExpired(): Buffer | undefined {
    if (this.oldest <= this.#droppedBelow) return undefined
    this.#droppedBelow = this.oldest
    return bucketPrefix(this.oldest)
  }
}

export function bucketPrefix(bucket: number): Buffer {
  const prefix = Buffer.alloc(bucketBytes)
  prefix.writeBigInt64BE(BigInt(bucket))
  return prefix
}

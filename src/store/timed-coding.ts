/**
 * How entries by key and time are told apart as bytes, in the engine and in the change log: Kafka Streams' layouts, and a time bucket
 * before them in the engine.
 */
import { ByteWriter } from '../base/byte-writer.ts'
import { bucketBytes, type Buckets } from './buckets.ts'
import type { StoreKeyIdentity } from './contracts.ts'
import type { Keying } from './keying.ts'
import type { KeyWriter } from './slot-writer.ts'
import type { TimedKey, TimedPlace } from './timed-key.ts'

/** What follows the key: eight bytes of the first number, then the second. */
export interface TimedLayout {
  readonly secondBytes: 4 | 8
}

/** Window: start, sequence. */
export const windowLayout: TimedLayout = { secondBytes: 4 }
/** Session: end, start. Also what was valid from a start to an end. */
export const sessionLayout: TimedLayout = { secondBytes: 8 }

const firstBytes = 8

interface TimedKeyParts {
  readonly identity: StoreKeyIdentity
  readonly first: number
  readonly second: number
}

export class TimedCoding implements KeyWriter<TimedPlace> {
  readonly prefixBytes = bucketBytes
  readonly keys: Keying
  readonly #buckets: Buckets
  readonly #secondBytes: number

  constructor(layout: TimedLayout, keys: Keying, buckets: Buckets) {
    this.keys = keys
    this.#buckets = buckets
    this.#secondBytes = layout.secondBytes
  }

  write({ owner, first, second }: TimedPlace, writer: ByteWriter): void {
    this.writeKey({ identity: owner.identity, first, second }, writer)
  }

  writeKey({ identity, first, second }: TimedKeyParts, writer: ByteWriter): void {
    this.#buckets.write(first, writer)
    this.keys.write(identity, writer)
    writer.writeInt64(first)
    if (this.#secondBytes === 4) writer.writeInt32(second)
    else writer.writeInt64(second)
  }

  /** The engine's key of a change-log key. */
  writeLogged(logged: Buffer, writer: ByteWriter): void {
    this.#buckets.write(this.first(logged), writer)
    writer.writeBytes(logged)
  }

  /** Bounds of one key's entries in one bucket, from and up to but without these times. Longer keys may lie between them. */
  bounds(
    owner: Pick<TimedKey, 'identity'>,
    bucket: number,
    times: { readonly from: number; readonly end: number },
  ) {
    const bound = (first: number): Buffer => {
      const writer = new ByteWriter(64)
      writer.writeInt64(bucket)
      this.keys.write(owner.identity, writer)
      writer.writeInt64(first)
      return writer.view()
    }
    const from = bound(times.from)
    const to = bound(times.end)
    return { from, to, keyBytes: from.length + this.#secondBytes }
  }

  /** Whether the second number counts entries. */
  get isNumbered(): boolean {
    return this.#secondBytes === 4
  }

  bucketOf(first: number): number {
    return this.#buckets.of(first)
  }

  /** Of a key as the engine or the change log has it. */
  first(bytes: Buffer): number {
    return readInt64(bytes, bytes.length - this.#secondBytes - firstBytes)
  }

  second(bytes: Buffer): number {
    const at = bytes.length - this.#secondBytes
    return this.#secondBytes === 4 ? bytes.readInt32BE(at) : readInt64(bytes, at)
  }

  /** The key alone, of an engine's key. */
  keyPart(bytes: Buffer): Buffer {
    return bytes.subarray(bucketBytes, bytes.length - this.#secondBytes - firstBytes)
  }

  /** Whose entry a change-log key stands for. */
  ownerOf(logged: Buffer): StoreKeyIdentity {
    return this.keys.fromBytes(logged.subarray(0, logged.length - this.#secondBytes - firstBytes))
  }
}

function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 4_294_967_296 + bytes.readUInt32BE(at + 4)
}

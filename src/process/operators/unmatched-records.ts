/**
 * The records of a stream join that have found no partner yet, in the order in which their time comes: by timestamp, right before left,
 * then key. A store keeps them; what stands here beside it is read from it when a task starts.
 *
 * Model. A store key is the timestamp (8 bytes), the side (0 right, 1 left) and the key; its value all records of that key, side and time:
 * for each its length (4 bytes) and its bytes. Each side has a queue of its own.
 */
import { ByteWriter } from '../../base/byte-writer.ts'
import { detach } from '../../data/lazy.ts'
import type { Serde } from '../../serde/serde.ts'
import type { KeyValueStore, StoreKeyIdentity } from '../../store/contracts.ts'
import { UnmatchedQueue, type Queued } from './unmatched-queue.ts'

export type JoinSide = 'left' | 'right'

export interface Unmatched extends Queued {
  readonly side: JoinSide
  readonly key: unknown
  /** At least one. */
  values: readonly unknown[]
}

interface UnmatchedOptions {
  readonly store: KeyValueStore
  readonly keys: Serde
  readonly values: Readonly<Record<JoinSide, Serde>>
  /** What tells keys apart. */
  readonly identity: (key: unknown) => StoreKeyIdentity
}

const timeBytes = 8
const none: readonly unknown[] = []
const sideBytes: Readonly<Record<JoinSide, number>> = { right: 0, left: 1 }

export class UnmatchedRecords {
  readonly #options: UnmatchedOptions
  readonly #queues: Readonly<Record<JoinSide, UnmatchedQueue<Unmatched>>> = {
    left: new UnmatchedQueue(),
    right: new UnmatchedQueue(),
  }
  readonly #writer = new ByteWriter()
  readonly #keyWriter = new ByteWriter(64)

  constructor(options: UnmatchedOptions) {
    this.#options = options
    for (const [storeKey, bytes] of options.store.all())
      this.#load(storeKey as Uint8Array, bytes as Uint8Array)
  }

  /** The first one of a side. */
  first(side: JoinSide): Unmatched | undefined {
    return this.#queues[side].first()
  }

  last(side: JoinSide): Unmatched | undefined {
    return this.#queues[side].last()
  }

  /** The first one of a side that comes after this one. */
  after(side: JoinSide, entry: Unmatched): Unmatched | undefined {
    return this.#queues[side].after(entry)
  }

  /** @param value - one that may be kept */
  add(side: JoinSide, key: unknown, value: unknown, timestampMs: number): void {
    const known = this.#find(side, key, timestampMs)
    const storeKey = this.#storeKey(side, key, timestampMs)
    const entry = known ?? {
      side,
      key: detach(key),
      identity: this.#options.identity(key),
      timestampMs,
      values: none,
      storeKey: storeKey.latin1Slice(),
      hasLeft: false,
    }
    entry.values = entry.values.length === 0 ? [value] : [...entry.values, value]
    if (known === undefined) this.#queues[side].add(entry)
    this.#options.store.put(storeKey, this.#encodeValues(entry), timestampMs)
  }

  /** Those of a key and a time have found a partner, or were told of. */
  remove(side: JoinSide, key: unknown, timestampMs: number): void {
    const entry = this.#find(side, key, timestampMs)
    if (entry !== undefined) this.drop(entry)
  }

  drop(entry: Unmatched): void {
    const { side, key, timestampMs } = entry
    this.#queues[side].remove(entry)
    entry.values = none
    this.#options.store.put(this.#storeKey(side, key, timestampMs), null, timestampMs)
  }

  #find(side: JoinSide, key: unknown, timestampMs: number): Unmatched | undefined {
    const queue = this.#queues[side]
    return queue.isEmpty ? undefined : queue.find(this.#options.identity(key), timestampMs)
  }

  /** A view that the next one overwrites. */
  #storeKey(side: JoinSide, key: unknown, timestampMs: number): Buffer {
    const writer = this.#keyWriter
    writer.reset()
    writer.writeInt64(timestampMs)
    writer.writeInt8(sideBytes[side])
    this.#options.keys.encode(key, writer, undefined)
    return writer.view()
  }

  #encodeValues({ side, values }: Unmatched): Buffer {
    const writer = this.#writer
    writer.reset()
    for (const value of values) {
      const at = writer.length
      writer.writeInt32(0)
      this.#options.values[side].encode(value, writer, undefined)
      writer.buffer.writeInt32BE(writer.length - at - 4, at)
    }
    return writer.copy()
  }

  #load(key: Uint8Array, bytes: Uint8Array): void {
    const [storeKey, list] = [Buffer.from(key), Buffer.from(bytes)]
    const side = storeKey[timeBytes] === sideBytes.left ? 'left' : 'right'
    const decode = (serde: Serde, buffer: Buffer, start: number, end: number): unknown =>
      detach(serde.decode(buffer, start, end, undefined))
    const values: unknown[] = []
    for (let at = 0; at < list.length;) {
      const end = at + 4 + list.readInt32BE(at)
      values.push(decode(this.#options.values[side], list, at + 4, end))
      at = end
    }
    const known = decode(this.#options.keys, storeKey, timeBytes + 1, storeKey.length)
    const timestampMs = Number(storeKey.readBigInt64BE(0))
    const identity = this.#options.identity(known)
    const text = storeKey.latin1Slice()
    this.#queues[side].add({
      side,
      key: known,
      identity,
      timestampMs,
      values,
      storeKey: text,
      hasLeft: false,
    })
  }
}

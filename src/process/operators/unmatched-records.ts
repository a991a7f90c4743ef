/**
 * The records of a stream join that have found no partner yet, in the order in which their time comes: by timestamp, right before left,
 * then key. A store makes them durable; what stands here is read from it when a task starts.
 *
 * Model. A store key is the timestamp (8 bytes), the side (0 right, 1 left) and the key; its value all records of that key, side and time:
 * for each its length (4 bytes) and its bytes. Each side has a queue of its own.
 */
import { ByteWriter } from '../../base/byte-writer.ts'
import { detach } from '../../data/lazy.ts'
import type { Serde } from '../../serde/serde.ts'
import type { ListStore, StoreKeyIdentity } from '../../store/contracts.ts'
import { ListItem } from '../../store/list-item.ts'
import { UnmatchedQueue, type JoinSide, type Queued } from './unmatched-queue.ts'

interface UnmatchedOptions {
  readonly store: ListStore
  readonly keys: Serde
  readonly values: Readonly<Record<JoinSide, Serde>>
  /** What tells keys apart. */
  readonly identity: (key: unknown) => StoreKeyIdentity
}

const noBytes: Buffer = Buffer.alloc(0)
const timeBytes = 8
const lengthBytes = 4
/** Entries share buffers of this size. */
const chunkBytes = 65_536
/** They are moved together where the buffers have more than twice what is left, and this. */
const goneMaxBytes = 16 * chunkBytes
const sideBytes: Readonly<Record<JoinSide, number>> = { right: 0, left: 1 }

/** The records of one key, side and time: their bytes, as the store's value has them. */
export class Unmatched extends ListItem implements Queued {
  readonly side: JoinSide
  readonly key: unknown
  readonly identity: StoreKeyIdentity
  hasLeft = false
  bytes = noBytes
  start = 0
  end = 0
  readonly #keys: Serde
  #keyText: string | undefined

  constructor(
    {
      side,
      key,
      timestampMs,
    }: { readonly side: JoinSide; readonly key: unknown; readonly timestampMs: number },
    { keys, identity }: Pick<UnmatchedOptions, 'keys' | 'identity'>,
  ) {
    super(timestampMs)
    this.side = side
    this.key = key
    this.identity = identity(key)
    this.#keys = keys
  }

  /** Asked for only where two have the same time and side. */
  get keyText(): string {
    return (this.#keyText ??= keyText(this.key, this.#keys))
  }

  override writeKey(writer: ByteWriter): void {
    writer.writeInt64(this.timestampMs)
    writer.writeInt8(sideBytes[this.side])
    this.#keys.encode(this.key, writer, undefined)
  }

  override writeValue(writer: ByteWriter): void {
    writer.writeBytes(this.bytes, this.start, this.end)
  }
}

/** One character a byte. */
function keyText(key: unknown, keys: Serde): string {
  const writer = new ByteWriter(64)
  keys.encode(key, writer, undefined)
  return writer.view().latin1Slice()
}

export class UnmatchedRecords {
  readonly #options: UnmatchedOptions
  readonly #queues: Readonly<Record<JoinSide, UnmatchedQueue<Unmatched>>>
  #chunk = new ByteWriter(chunkBytes)
  /** Of the entries that are left. */
  #leftBytes = 0
  /** Of the chunks before this one, since entries were moved together. */
  #chunksBytes = 0

  constructor(options: UnmatchedOptions) {
    this.#options = options
    const textOf = (key: unknown): string => keyText(key, options.keys)
    this.#queues = { left: new UnmatchedQueue(textOf), right: new UnmatchedQueue(textOf) }
    for (const { key, value } of options.store.all()) this.#load(Buffer.from(key), Buffer.from(value))
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

  /** Nothing has changed where this throws. */
  add(side: JoinSide, key: unknown, value: unknown, timestampMs: number): void {
    const known = this.#find(side, key, timestampMs)
    const entry = new Unmatched({ side, key: known?.key ?? detach(key), timestampMs }, this.#options)
    this.#write(entry, known, value)
    if (known !== undefined) this.drop(known)
    this.#enter(entry)
    this.#options.store.add(entry)
  }

  /** Those of a key and a time have found a partner, or were told of. */
  remove(side: JoinSide, key: unknown, timestampMs: number): void {
    const entry = this.#find(side, key, timestampMs)
    if (entry !== undefined) this.drop(entry)
  }

  drop(entry: Unmatched): void {
    this.#queues[entry.side].remove(entry)
    this.#leftBytes -= entry.end - entry.start
    this.#options.store.remove(entry)
  }

  /** The records that an entry stands for, at least one. What is given is valid while the entry's bytes are. */
  *values({ side, bytes, start, end }: Unmatched): Generator {
    const serde = this.#options.values[side]
    for (let at = start; at < end;) {
      const valueEnd = at + lengthBytes + bytes.readInt32BE(at)
      yield serde.decode(bytes, at + lengthBytes, valueEnd, undefined)
      at = valueEnd
    }
  }

  holdsSeveral({ bytes, start, end }: Unmatched): boolean {
    return start + lengthBytes + bytes.readInt32BE(start) < end
  }

  #find(side: JoinSide, key: unknown, timestampMs: number): Unmatched | undefined {
    const queue = this.#queues[side]
    return queue.isEmpty ? undefined : queue.find(this.#options.identity(key), timestampMs, key)
  }

  #enter(entry: Unmatched): void {
    this.#queues[entry.side].add(entry)
    this.#leftBytes += entry.end - entry.start
  }

  /** Puts behind what is known of the same key, side and time one more value. */
  #write(entry: Unmatched, known: Unmatched | undefined, value: unknown): void {
    if (this.#isChunkFull()) {
      this.#beginChunk()
      if (this.#chunksBytes > this.#leftBytes * 2 + goneMaxBytes) this.#moveTogether()
    }
    const writer = this.#chunk
    const start = writer.length
    try {
      if (known !== undefined) writer.writeBytes(known.bytes, known.start, known.end)
      const at = writer.length
      writer.writeInt32(0)
      this.#options.values[entry.side].encode(value, writer, undefined)
      writer.buffer.writeInt32BE(writer.length - at - lengthBytes, at)
    } catch (error) {
      writer.length = start
      throw error
    }
    // Where the writer has grown, older entries keep the buffer that they were written to.
    entry.bytes = writer.buffer
    entry.start = start
    entry.end = writer.length
  }

  #isChunkFull(): boolean {
    return this.#chunk.length >= chunkBytes - 256
  }

  #beginChunk(): void {
    this.#chunksBytes += this.#chunk.length
    this.#chunk = new ByteWriter(chunkBytes)
  }

  /** An entry that waits long would keep all that its chunk had. */
  #moveTogether(): void {
    this.#chunksBytes = 0
    for (const entry of [...this.#queues.left.entries(), ...this.#queues.right.entries()]) {
      if (this.#isChunkFull()) this.#beginChunk()
      const start = this.#chunk.length
      this.#chunk.writeBytes(entry.bytes, entry.start, entry.end)
      entry.bytes = this.#chunk.buffer
      entry.start = start
      entry.end = this.#chunk.length
    }
  }

  #load(storeKey: Buffer, value: Buffer): void {
    const side = storeKey[timeBytes] === sideBytes.left ? 'left' : 'right'
    const key = detach(this.#options.keys.decode(storeKey, timeBytes + 1, storeKey.length, undefined))
    const timestampMs = Number(storeKey.readBigInt64BE(0))
    const entry = new Unmatched({ side, key, timestampMs }, this.#options)
    entry.bytes = value
    entry.end = value.length
    entry.isWritten = true
    this.#enter(entry)
  }
}

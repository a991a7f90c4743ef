/**
 * The records of a stream join that have found no partner yet, in the order in which their time comes: by timestamp, right before left,
 * then key. A store makes them durable; what stands here is read from it when a task starts.
 *
 * Model. A store key is the timestamp (8 bytes), the side (0 right, 1 left) and the key; its value the record's. Further records of the same
 * key, side and time have 2 more as their side, and behind it their number (3 bytes). So what is written for a record is never larger than
 * what the window store of its side has written. Each side has a queue of its own.
 */
import { assert } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { detach } from '../../data/lazy.ts'
import type { Serde } from '../../serde/serde.ts'
import type { ListStore, StoreKeyIdentity } from '../../store/contracts.ts'
import { ownDecoder, type ReadValue } from '../../store/damaged.ts'
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
const numberBytes = 3
const numberEnd = 2 ** (8 * numberBytes)
/** Entries share buffers of this size. */
const chunkBytes = 65_536
/** They are moved together where the buffers have more than twice what is left, and this. */
const goneMaxBytes = 16 * chunkBytes
const sideBytes: Readonly<Record<JoinSide, number>> = { right: 0, left: 1 }
const numbered = 2

/** One record. */
abstract class UnmatchedItem extends ListItem {
  bytes = noBytes
  start = 0
  end = 0

  override get valueBytes(): number {
    return this.end - this.start
  }

  override writeValue(writer: ByteWriter): void {
    writer.writeBytes(this.bytes, this.start, this.end)
  }
}

/** The records of one key, side and time: the first one, and those that came after it. */
export class Unmatched extends UnmatchedItem implements Queued {
  readonly side: JoinSide
  readonly key: unknown
  readonly identity: StoreKeyIdentity
  hasLeft = false
  /** Nearly always there is none. */
  #further: FurtherUnmatched[] | undefined
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

  get isOne(): boolean {
    return this.#further === undefined
  }

  get records(): readonly UnmatchedItem[] {
    return [this, ...(this.#further ?? [])]
  }

  override writeKey(writer: ByteWriter): void {
    writer.writeInt64(this.timestampMs)
    writer.writeInt8(sideBytes[this.side])
    this.#keys.encode(this.key, writer, undefined)
  }

  /** @param number - from 1 on */
  writeFurtherKey(writer: ByteWriter, number: number): void {
    writer.writeInt64(this.timestampMs)
    writer.writeInt32((sideBytes[this.side] + numbered) * numberEnd + number)
    this.#keys.encode(this.key, writer, undefined)
  }

  addFurther(): FurtherUnmatched {
    const further = (this.#further ??= [])
    assert(further.length + 1 < numberEnd, 'too many records of one key, side and time wait')
    const item = new FurtherUnmatched(this, further.length + 1)
    further.push(item)
    return item
  }
}

class FurtherUnmatched extends UnmatchedItem {
  readonly #first: Unmatched
  readonly #number: number

  constructor(first: Unmatched, number: number) {
    super(first.timestampMs)
    this.#first = first
    this.#number = number
  }

  override writeKey(writer: ByteWriter): void {
    this.#first.writeFurtherKey(writer, this.#number)
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
  readonly #readers: Readonly<Record<JoinSide, ReadValue>>
  readonly #queues: Readonly<Record<JoinSide, UnmatchedQueue<Unmatched>>>
  #chunk = new ByteWriter(chunkBytes)
  /** Of the entries that are left. */
  #leftBytes = 0
  /** Of the chunks before this one, since entries were moved together. */
  #chunksBytes = 0

  constructor(options: UnmatchedOptions) {
    this.#options = options
    const { store, values } = options
    this.#readers = {
      left: ownDecoder(values.left, store.name),
      right: ownDecoder(values.right, store.name),
    }
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
    const place = this.#write(side, value)
    const known = this.#find(side, key, timestampMs)
    const item = known?.addFurther() ?? new Unmatched({ side, key: detach(key), timestampMs }, this.#options)
    this.#enter(item, place)
    this.#options.store.add(item)
  }

  /** Those of a key and a time have found a partner, or were told of. */
  remove(side: JoinSide, key: unknown, timestampMs: number): void {
    const entry = this.#find(side, key, timestampMs)
    if (entry !== undefined) this.drop(entry)
  }

  drop(entry: Unmatched): void {
    this.#queues[entry.side].remove(entry)
    for (const item of entry.records) {
      this.#leftBytes -= item.end - item.start
      this.#options.store.remove(item)
    }
  }

  /** The records that an entry stands for, at least one. What is given is valid while the entry's bytes are. */
  *values(entry: Unmatched): Generator {
    const read = this.#readers[entry.side]
    for (const { bytes, start, end } of entry.records) yield read(bytes, start, end)
  }

  #find(side: JoinSide, key: unknown, timestampMs: number): Unmatched | undefined {
    const queue = this.#queues[side]
    return queue.isEmpty ? undefined : queue.find(this.#options.identity(key), timestampMs, key)
  }

  #enter(item: UnmatchedItem, { bytes, start, end }: BytesPlace): void {
    item.bytes = bytes
    item.start = start
    item.end = end
    this.#leftBytes += end - start
    if (item instanceof Unmatched) this.#queues[item.side].add(item)
  }

  #write(side: JoinSide, value: unknown): BytesPlace {
    if (this.#isChunkFull()) {
      this.#beginChunk()
      if (this.#chunksBytes > this.#leftBytes * 2 + goneMaxBytes) this.#moveTogether()
    }
    const writer = this.#chunk
    const start = writer.length
    try {
      this.#options.values[side].encode(value, writer, undefined)
    } catch (error) {
      writer.length = start
      throw error
    }
    // Where the writer has grown, older entries keep the buffer that they were written to.
    return { bytes: writer.buffer, start, end: writer.length }
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
    for (const entry of [...this.#queues.left.entries(), ...this.#queues.right.entries()])
      for (const item of entry.records) this.#move(item)
  }

  #move(item: UnmatchedItem): void {
    if (this.#isChunkFull()) this.#beginChunk()
    const start = this.#chunk.length
    this.#chunk.writeBytes(item.bytes, item.start, item.end)
    item.bytes = this.#chunk.buffer
    item.start = start
    item.end = this.#chunk.length
  }

  /** In the order of their keys: further records of a time come behind the first ones, by their numbers. */
  #load(storeKey: Buffer, value: Buffer): void {
    const sideByte = storeKey.readInt8(timeBytes)
    const isFurther = sideByte >= numbered
    const side = sideByte % numbered === sideBytes.left ? 'left' : 'right'
    const keyStart = timeBytes + 1 + (isFurther ? numberBytes : 0)
    const key = detach(this.#options.keys.decode(storeKey, keyStart, storeKey.length, undefined))
    const timestampMs = Number(storeKey.readBigInt64BE(0))
    const first = isFurther ? this.#find(side, key, timestampMs) : undefined
    const item = first?.addFurther() ?? new Unmatched({ side, key, timestampMs }, this.#options)
    item.isWritten = true
    this.#enter(item, { bytes: value, start: 0, end: value.length })
  }
}

/** Where the bytes of a record are. */
interface BytesPlace {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/**
 * What a suppressing operator holds back: one change for each key, in the order in which its time comes, then of its key's bytes. A store
 * keeps it; what stands here beside it is read from it when a task starts.
 *
 * Model. A store key is the key; for a windowed one end and start (8 bytes each) behind it. A value is the time that the change waits for and
 * the record's time (8 bytes each), then the key's value before the buffer, the old and the new value, each behind its length (4 bytes, −1 for
 * null), then headers as JSON.
 */
import { ByteWriter } from '../../base/byte-writer.ts'
import type { Headers } from '../../base/headers.ts'
import { detach } from '../../data/lazy.ts'
import type { Format } from '../../data/types.ts'
import { Windowed } from '../../data/windowed.ts'
import type { Serde } from '../../serde/serde.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import { Heap } from './heap.ts'

export interface Held {
  readonly key: unknown
  readonly keyBytes: Buffer
  /** When it goes on. */
  readonly untilMs: number
  /** What the key had before the buffer held it. */
  readonly prior: unknown
  oldValue: unknown
  newValue: unknown
  timestampMs: number
  headers: Headers | undefined
  sizeBytes: number
}

interface HeldFormats {
  readonly keyFormat: Format
  /** Of the key inside a windowed one. */
  readonly keys: Serde
  readonly values: Serde
}

/** What is held, as bytes of the store, and back. */
export class HeldCodec {
  readonly #options: HeldFormats
  readonly #writer = new ByteWriter()

  constructor(formats: HeldFormats) {
    this.#options = formats
  }

  keyBytes(key: unknown): Buffer {
    const writer = this.#writer
    writer.reset()
    if (key instanceof Windowed) {
      this.#options.keys.encode(key.key, writer, undefined)
      writer.writeInt64(key.endMs)
      writer.writeInt64(key.startMs)
    } else this.#options.keys.encode(key, writer, undefined)
    return writer.copy()
  }

  encode(held: Held): { readonly bytes: Buffer; readonly valueBytes: number } {
    const writer = this.#writer
    writer.reset()
    writer.writeInt64(held.untilMs)
    writer.writeInt64(held.timestampMs)
    const start = writer.length
    this.#writeValue(held.prior)
    const priorEnd = writer.length
    this.#writeValue(held.oldValue)
    const oldEnd = writer.length
    this.#writeValue(held.newValue)
    // Equal values before are counted once.
    const same = writer.buffer.compare(writer.buffer, priorEnd, oldEnd, start, priorEnd) === 0
    const valueBytes = writer.length - start - 3 * 4 - (same ? oldEnd - priorEnd - 4 : 0)
    const headers = (held.headers ?? []).map(({ key, value }) => [key, value === null ? null : [...value]])
    writer.writeUtf8(JSON.stringify(headers))
    return { bytes: writer.copy(), valueBytes }
  }

  #writeValue(value: unknown): void {
    const writer = this.#writer
    const at = writer.length
    writer.writeInt32(-1)
    if (value === null) return
    this.#options.values.encode(value, writer, undefined)
    writer.buffer.writeInt32BE(writer.length - at - 4, at)
  }

  decode(keyBytes: Buffer, bytes: Buffer): Held {
    let at = 16
    const values = Array.from({ length: 3 }, () => {
      const length = bytes.readInt32BE(at)
      const start = at + 4
      at = start + Math.max(0, length)
      return length < 0 ? null : detach(this.#options.values.decode(bytes, start, at, undefined))
    })
    const headers = JSON.parse(bytes.toString('utf8', at)) as [string, number[] | null][]
    return {
      key: this.#decodeKey(keyBytes),
      keyBytes,
      untilMs: Number(bytes.readBigInt64BE(0)),
      timestampMs: Number(bytes.readBigInt64BE(8)),
      prior: values[0],
      oldValue: values[1],
      newValue: values[2],
      headers: headers.map(([key, value]) => ({ key, value: value === null ? null : Buffer.from(value) })),
      sizeBytes: keyBytes.length + at - 16,
    }
  }

  #decodeKey(bytes: Buffer): unknown {
    const { keyFormat, keys } = this.#options
    if (keyFormat.type.kind !== 'windowed') return detach(keys.decode(bytes, 0, bytes.length, undefined))
    const keyEnd = bytes.length - 16
    const key = detach(keys.decode(bytes, 0, keyEnd, undefined))
    return new Windowed(key, Number(bytes.readBigInt64BE(keyEnd + 8)), Number(bytes.readBigInt64BE(keyEnd)))
  }
}

export class SuppressBuffer {
  readonly #held: KeyValueStore
  readonly #codec: HeldCodec
  readonly #inOrder = new Heap<Held>(comesBefore)
  readonly #byKey = new Map<string, Held>()
  sizeBytes = 0

  constructor(store: KeyValueStore, codec: HeldCodec) {
    this.#held = store
    this.#codec = codec
    for (const [key, value] of store.all())
      this.#insert(codec.decode(Buffer.from(key as Uint8Array), Buffer.from(value as Uint8Array)))
  }

  get count(): number {
    return this.#inOrder.count
  }

  get first(): Held | undefined {
    return this.#inOrder.first
  }

  /** A change of a key that is held already takes its place, and waits as long. @param placeBytes - what its topic's name takes */
  put(change: Omit<Held, 'keyBytes' | 'prior' | 'sizeBytes'>, placeBytes: number): void {
    const keyBytes = this.#codec.keyBytes(change.key)
    const known = this.#byKey.get(keyBytes.latin1Slice())
    const held = known ?? this.#insert(newHeld(change, keyBytes))
    held.oldValue = detach(change.oldValue)
    held.newValue = detach(change.newValue)
    held.timestampMs = change.timestampMs
    held.headers = change.headers
    const { bytes, valueBytes } = this.#codec.encode(held)
    this.#held.put(keyBytes, bytes, held.timestampMs)
    this.sizeBytes -= held.sizeBytes
    held.sizeBytes = keyBytes.length + valueBytes + placeBytes + headerBytes(held.headers)
    this.sizeBytes += held.sizeBytes
  }

  shift(): void {
    const held = this.#inOrder.first
    if (held === undefined) return
    this.#inOrder.removeFirst()
    this.#byKey.delete(held.keyBytes.latin1Slice())
    this.sizeBytes -= held.sizeBytes
    this.#held.delete(held.keyBytes, held.timestampMs)
  }

  #insert(held: Held): Held {
    this.#inOrder.add(held)
    this.#byKey.set(held.keyBytes.latin1Slice(), held)
    this.sizeBytes += held.sizeBytes
    return held
  }
}

function newHeld(change: Omit<Held, 'keyBytes' | 'prior' | 'sizeBytes'>, keyBytes: Buffer): Held {
  const { key } = change
  return { ...change, key: detach(key), keyBytes, prior: detach(change.oldValue), sizeBytes: 0 }
}

function comesBefore(a: Held, b: Held): boolean {
  return a.untilMs < b.untilMs || (a.untilMs === b.untilMs && a.keyBytes.compare(b.keyBytes) < 0)
}

function headerBytes(headers: Headers | undefined): number {
  return (headers ?? []).reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)
}

/**
 * The records of a stream join that have found no partner yet, in the order in which their time comes: by timestamp, right before left,
 * then key. A store keeps them; what stands here beside it is read from it when a task starts.
 *
 * Model. A store key is the timestamp (8 bytes), the side (0 right, 1 left) and the key; its value all records of that key, side and time:
 * for each its length (4 bytes) and its bytes. Both sides stand in arrays sorted by store key, most of what comes belongs at their ends.
 */
import { ByteWriter } from '../../base/byte-writer.ts'
import { detach } from '../../data/lazy.ts'
import type { Serde } from '../../serde/serde.ts'
import type { KeyValueStore, StoreKeyIdentity } from '../../store/contracts.ts'

export type JoinSide = 'left' | 'right'

export interface Unmatched {
  readonly side: JoinSide
  readonly key: unknown
  readonly timestampMs: number
  /** At least one. */
  readonly values: unknown[]
  readonly storeKey: Buffer
}

interface UnmatchedOptions {
  readonly store: KeyValueStore
  readonly keys: Serde
  readonly values: Readonly<Record<JoinSide, Serde>>
  /** What tells keys apart. */
  readonly identity: (key: unknown) => StoreKeyIdentity
}

const timeBytes = 8
const sideBytes: Readonly<Record<JoinSide, number>> = { right: 0, left: 1 }

export class UnmatchedRecords {
  readonly #options: UnmatchedOptions
  readonly #sorted: Readonly<Record<JoinSide, Unmatched[]>> = { left: [], right: [] }
  readonly #byKey: Readonly<Record<JoinSide, Map<StoreKeyIdentity, Unmatched[]>>> = {
    left: new Map(),
    right: new Map(),
  }
  readonly #writer = new ByteWriter()

  constructor(options: UnmatchedOptions) {
    this.#options = options
    for (const [storeKey, bytes] of options.store.all())
      this.#load(storeKey as Uint8Array, bytes as Uint8Array)
  }

  /** The first one of a side. */
  first(side: JoinSide): Unmatched | undefined {
    return this.#sorted[side][0]
  }

  last(side: JoinSide): Unmatched | undefined {
    return this.#sorted[side].at(-1)
  }

  /** The first one of a side that comes after this one. */
  after(side: JoinSide, { storeKey }: Unmatched): Unmatched | undefined {
    const sorted = this.#sorted[side]
    const at = placeOf(sorted, storeKey)
    return sorted[at]?.storeKey.equals(storeKey) === true ? sorted[at + 1] : sorted[at]
  }

  add(side: JoinSide, key: unknown, value: unknown, timestampMs: number): void {
    const known = this.#find(side, key, timestampMs)
    const entry =
      known ??
      this.#insert({
        side,
        key: detach(key),
        timestampMs,
        values: [],
        storeKey: this.#storeKey(side, key, timestampMs),
      })
    entry.values.push(detach(value))
    this.#options.store.put(entry.storeKey, this.#encodeValues(entry), timestampMs)
  }

  /** Those of a key and a time have found a partner, or were told of. */
  remove(side: JoinSide, key: unknown, timestampMs: number): void {
    const entry = this.#find(side, key, timestampMs)
    if (entry !== undefined) this.drop(entry)
  }

  drop(entry: Unmatched): void {
    const { side, storeKey } = entry
    this.#sorted[side].splice(placeOf(this.#sorted[side], storeKey), 1)
    const identity = this.#options.identity(entry.key)
    const left = this.#byKey[side].get(identity)?.filter((other) => other !== entry) ?? []
    if (left.length === 0) this.#byKey[side].delete(identity)
    else this.#byKey[side].set(identity, left)
    this.#options.store.delete(storeKey, entry.timestampMs)
  }

  #find(side: JoinSide, key: unknown, timestampMs: number): Unmatched | undefined {
    const byKey = this.#byKey[side]
    if (byKey.size === 0) return undefined
    return byKey.get(this.#options.identity(key))?.find((entry) => entry.timestampMs === timestampMs)
  }

  #insert(entry: Unmatched): Unmatched {
    const sorted = this.#sorted[entry.side]
    sorted.splice(placeOf(sorted, entry.storeKey), 0, entry)
    const byKey = this.#byKey[entry.side]
    const identity = this.#options.identity(entry.key)
    const siblings = byKey.get(identity)
    if (siblings === undefined) byKey.set(identity, [entry])
    else siblings.push(entry)
    return entry
  }

  #storeKey(side: JoinSide, key: unknown, timestampMs: number): Buffer {
    const writer = this.#writer
    writer.reset()
    writer.writeInt64(timestampMs)
    writer.writeInt8(sideBytes[side])
    this.#options.keys.encode(key, writer, undefined)
    return writer.copy()
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
    this.#insert({
      side,
      key: decode(this.#options.keys, storeKey, timeBytes + 1, storeKey.length),
      timestampMs: Number(storeKey.readBigInt64BE(0)),
      values,
      storeKey,
    })
  }
}

/** Where a store key stands, or would stand. */
function placeOf(sorted: readonly Unmatched[], storeKey: Buffer): number {
  const last = sorted.at(-1)
  if (last === undefined || last.storeKey.compare(storeKey) < 0) return sorted.length
  let [low, high] = [0, sorted.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as Unmatched).storeKey.compare(storeKey) < 0) low = middle + 1
    else high = middle
  }
  return low
}

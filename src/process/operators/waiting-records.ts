/**
 * Records of a stream that wait for their time, in the order of timestamp, then key, then arrival.
 *
 * Model. A store key is the timestamp (8 bytes), the key and a number (4 bytes) that tells apart what has the same time; a value the
 * record's value and its headers as JSON, each behind its length (4 bytes). The store is read by key alone: which keys there are, by time,
 * stands here, and is read from it when a task starts.
 */
import { asBuffer } from '../../base/as-buffer.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { Headers } from '../../base/headers.ts'
import { detach } from '../../data/lazy.ts'
import type { Serde } from '../../serde/serde.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import { ownDecoder, type ReadValue } from '../../store/damaged.ts'
import { StreamRecord } from '../processor.ts'
import { timeHeap } from './heap.ts'

interface WaitingOptions {
  readonly store: KeyValueStore
  readonly keys: Serde
  readonly values: Serde
}

/** What waits for one time. */
interface Waiting {
  readonly storeKeys: Buffer[]
  nextNumber: number
}

const timeBytes = 8
const numberBytes = 4

export class WaitingRecords {
  readonly #options: WaitingOptions
  readonly #readKey: ReadValue
  readonly #readValue: ReadValue
  readonly #writer = new ByteWriter()
  readonly #byTime = new Map<number, Waiting>()
  readonly #times = timeHeap()

  constructor(options: WaitingOptions) {
    this.#options = options
    const { store, keys, values } = options
    this.#readKey = ownDecoder(keys, store.name)
    this.#readValue = ownDecoder(values, store.name)
    for (const [key] of store.all()) this.#load(Buffer.from(key as Uint8Array))
  }

  add({ key, value, timestampMs, headers }: StreamRecord): void {
    const { store, keys, values } = this.#options
    const waiting = this.#at(timestampMs)
    const writer = this.#writer
    writer.reset()
    writer.writeInt64(timestampMs)
    keys.encode(key, writer, undefined)
    writer.writeInt32(waiting.nextNumber)
    const storeKey = writer.copy()
    writer.reset()
    behindLength(writer, () => values.encode(value, writer, undefined))
    behindLength(writer, () => writer.writeUtf8(headersText(headers)))
    store.put(storeKey, writer.copy(), timestampMs)
    waiting.storeKeys.push(storeKey)
    waiting.nextNumber++
  }

  /** Takes out those whose time is not after this one. */
  take(untilMs: number): StreamRecord[] {
    const records: StreamRecord[] = []
    for (let time = this.#times.first; time !== undefined && time <= untilMs; time = this.#times.first) {
      for (const record of this.#takeAt(time, untilMs)) records.push(record)
      this.#times.removeFirst()
    }
    return records
  }

  #at(timestampMs: number): Waiting {
    const known = this.#byTime.get(timestampMs)
    if (known !== undefined) return known
    const waiting = { storeKeys: [], nextNumber: 0 }
    this.#byTime.set(timestampMs, waiting)
    this.#times.add(timestampMs)
    return waiting
  }

  #takeAt(timeMs: number, nowMs: number): StreamRecord[] {
    const { storeKeys } = this.#at(timeMs)
    this.#byTime.delete(timeMs)
    return storeKeys
      .sort((one, other) => one.compare(other))
      .map((storeKey) => this.#decode(storeKey, asBuffer(this.#options.store.delete(storeKey, nowMs))))
  }

  #load(storeKey: Buffer): void {
    const waiting = this.#at(timeOf(storeKey))
    waiting.storeKeys.push(storeKey)
    const number = storeKey.readInt32BE(storeKey.length - numberBytes)
    waiting.nextNumber = Math.max(waiting.nextNumber, number + 1)
  }

  #decode(storeKey: Buffer, bytes: Buffer): StreamRecord {
    const valueEnd = 4 + bytes.readInt32BE(0)
    const record = new StreamRecord()
    record.key = detach(this.#readKey(storeKey, timeBytes, storeKey.length - numberBytes))
    record.value = detach(this.#readValue(bytes, 4, valueEnd))
    record.timestampMs = timeOf(storeKey)
    record.headers = headersOf(bytes.toString('utf8', valueEnd + 4))
    return record
  }
}

function timeOf(storeKey: Buffer): number {
  return Number(storeKey.readBigInt64BE(0))
}

function behindLength(writer: ByteWriter, write: () => void): void {
  const at = writer.length
  writer.writeInt32(0)
  write()
  writer.buffer.writeInt32BE(writer.length - at - 4, at)
}

function headersText(headers: Headers | undefined): string {
  const text = (value: Uint8Array | null): string | null =>
    value === null ? null : Buffer.from(value).toString('base64')
  return JSON.stringify((headers ?? []).map(({ key, value }) => [key, text(value)]))
}

function headersOf(text: string): Headers {
  const headers = JSON.parse(text) as [string, string | null][]
  return headers.map(([key, value]) => ({ key, value: value === null ? null : Buffer.from(value, 'base64') }))
}

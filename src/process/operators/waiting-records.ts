/**
 * Records of a stream that wait for their time, in the order of timestamp, then key, then arrival.
 *
 * Model. A store key is the timestamp (8 bytes) and the key; a value all records of that time and key: of each the value and the headers as
 * JSON, each behind its length (4 bytes).
 */
import { ByteWriter } from '../../base/byte-writer.ts'
import type { Headers } from '../../base/headers.ts'
import { detach } from '../../data/lazy.ts'
import type { Serde } from '../../serde/serde.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import { StreamRecord } from '../processor.ts'

interface WaitingOptions {
  readonly store: KeyValueStore
  readonly keys: Serde
  readonly values: Serde
}

const timeBytes = 8
const lastKey = Buffer.alloc(timeBytes + 1, 0xff)

export class WaitingRecords {
  readonly #options: WaitingOptions
  readonly #writer = new ByteWriter()
  /** No record waits whose time is before this. */
  #firstMs = 0

  constructor(options: WaitingOptions) {
    this.#options = options
  }

  add({ key, value, timestampMs, headers }: StreamRecord): void {
    const { store, keys, values } = this.#options
    const writer = this.#writer
    writer.reset()
    writer.writeInt64(timestampMs)
    keys.encode(key, writer, undefined)
    const storeKey = writer.copy()
    writer.reset()
    const before = store.get(storeKey) as Uint8Array | undefined
    if (before !== undefined) writer.writeBytes(Buffer.from(before))
    behindLength(writer, () => values.encode(value, writer, undefined))
    behindLength(writer, () => writer.writeUtf8(headersText(headers)))
    store.put(storeKey, writer.copy(), timestampMs)
    this.#firstMs = Math.min(this.#firstMs, timestampMs)
  }

  /** Takes out those whose time is not after this one. */
  take(untilMs: number): StreamRecord[] {
    if (untilMs < this.#firstMs) return []
    const { store } = this.#options
    const due: (readonly [key: Buffer, value: Buffer])[] = []
    let firstMs = untilMs + 1
    for (const [key, value] of store.range(timeKey(this.#firstMs), lastKey)) {
      const storeKey = Buffer.from(key as Uint8Array)
      firstMs = Number(storeKey.readBigInt64BE(0))
      if (firstMs > untilMs) break
      due.push([storeKey, Buffer.from(value as Uint8Array)])
    }
    this.#firstMs = Math.max(firstMs, untilMs + 1)
    for (const [key] of due) store.delete(key, untilMs)
    return due.flatMap(([key, value]) => this.#decode(key, value))
  }

  #decode(storeKey: Buffer, bytes: Buffer): StreamRecord[] {
    const { keys, values } = this.#options
    const key = detach(keys.decode(storeKey, timeBytes, storeKey.length, undefined))
    const records: StreamRecord[] = []
    for (let at = 0; at < bytes.length;) {
      const valueEnd = at + 4 + bytes.readInt32BE(at)
      const end = valueEnd + 4 + bytes.readInt32BE(valueEnd)
      const record = new StreamRecord()
      record.key = key
      record.value = detach(values.decode(bytes, at + 4, valueEnd, undefined))
      record.timestampMs = Number(storeKey.readBigInt64BE(0))
      record.headers = headersOf(bytes.toString('utf8', valueEnd + 4, end))
      records.push(record)
      at = end
    }
    return records
  }
}

function behindLength(writer: ByteWriter, write: () => void): void {
  const at = writer.length
  writer.writeInt32(0)
  write()
  writer.buffer.writeInt32BE(writer.length - at - 4, at)
}

function timeKey(timestampMs: number): Buffer {
  const key = Buffer.alloc(timeBytes)
  key.writeBigInt64BE(BigInt(timestampMs))
  return key
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

import type { ByteWriter } from '../base/byte-writer.ts'
import type { LoggedChange, RestoredRecord } from './contracts.ts'
import { ListItem } from './list-item.ts'
import type { RecordPlaces } from './logged-records.ts'

/** A change-log record in bytes of its own, as a test keeps it. */
export function keptChange({ bytes, keyStart, keyEnd, valueStart, valueEnd, timestampMs }: LoggedChange) {
  return {
    key: Buffer.from(bytes.subarray(keyStart, keyEnd)),
    value: valueEnd < 0 ? null : Buffer.from(bytes.subarray(valueStart, valueEnd)),
    timestampMs,
  }
}

type Logged = { readonly key: Buffer | null } & Omit<RestoredRecord, 'key'>

/** As record batches have them: six bytes before a key, the value's length behind it, a byte for headers at the end. */
export function placesOf(batch: readonly Logged[]): RecordPlaces {
  const parts: Buffer[] = []
  const places = {
    keyStart: new Int32Array(batch.length),
    keyEnd: new Int32Array(batch.length),
    valueStart: new Int32Array(batch.length),
    valueEnd: new Int32Array(batch.length),
    timestampMs: Float64Array.from(batch, ({ timestampMs }) => timestampMs),
  }
  let at = 0
  const add = (part: Buffer): number => {
    parts.push(part)
    return (at += part.length)
  }
  for (const [row, { key, value }] of batch.entries()) {
    places.keyStart[row] = add(Buffer.alloc(5, 1))
    places.keyEnd[row] = key === null ? -1 : add(key)
    places.valueStart[row] = add(Buffer.alloc(1, 2))
    places.valueEnd[row] = value === null ? -1 : add(value)
    add(Buffer.alloc(1, 3))
  }
  return { buffer: Buffer.concat(parts), ...places }
}

/** An item of a list that is two texts. */
export class TextItem extends ListItem {
  readonly key: string
  readonly value: string

  constructor(key: string, value: string) {
    super(7)
    this.key = key
    this.value = value
  }

  override get valueBytes(): number {
    return Buffer.byteLength(this.value)
  }

  override writeKey(writer: ByteWriter): void {
    writer.writeUtf8(this.key)
  }

  override writeValue(writer: ByteWriter): void {
    writer.writeUtf8(this.value)
  }
}

/**
 * Change-log records on their way into an engine, by the thousand. Bytes are copied a record batch at a time and become entries only when
 * they are asked for: no object a record lives longer than the engine needs to take it.
 */
import { ByteWriter, putInt64 } from '../base/byte-writer.ts'
import type { RestoredRecord, RestoreRecords, StoreEntries, StoreEntry } from './contracts.ts'
import { keyOrder } from './key-order.ts'

/** Columns of positions in a buffer: what reading a record batch gives. A null key or value ends at −1. */
export interface RecordPlaces {
  readonly buffer: Buffer
  readonly keyStart: Int32Array
  readonly keyEnd: Int32Array
  readonly valueStart: Int32Array
  readonly valueEnd: Int32Array
  readonly timestampMs: Float64Array
}

const timestampBytes = 8
/** A record has at least six bytes before its value beside the key: with these, a timestamp fits in front of the value. */
const keyBytesInPlace = 2
/** One key of so many is in the sample. A power of two. */
const sampleEvery = 256

export class LoggedRecords implements RestoreRecords {
  readonly #bytes = new ByteWriter(65_536)
  /** Apart from the values, before which timestamps are written where the key was. */
  readonly #keys = new ByteWriter(65_536)
  readonly #keyEnds: number[] = []
  readonly #valueStarts: number[] = []
  /** −1: deleted. */
  readonly #valueEnds: number[] = []
  readonly #timestamps: number[] = []
  readonly #sampled: number[] = []

  get length(): number {
    return this.#keyEnds.length
  }

  /** Forgets the records and keeps the memory. What it gave out must not be used any more. */
  reset(): void {
    this.#bytes.reset()
    this.#keys.reset()
    for (const column of [
      this.#keyEnds,
      this.#valueStarts,
      this.#valueEnds,
      this.#timestamps,
      this.#sampled,
    ]) {
      column.length = 0
    }
  }

  /** Takes the records of rows `from` to `to`, which is not included. Those without a key have no place in a table and are left out. */
  add(places: RecordPlaces, from: number, to: number): void {
    if (from >= to) return
    const start = places.keyStart[from] as number
    const last = to - 1
    const end = Math.max(places.valueStart[last] as number, places.valueEnd[last] as number)
    const at = this.#bytes.reserve(timestampBytes + end - start) + timestampBytes
    places.buffer.copy(this.#bytes.buffer, at, start, end)
    for (let row = from; row < to; row++) {
      const keyEnd = places.keyEnd[row] as number
      if (keyEnd < 0) continue
      this.#addKey(places.buffer, places.keyStart[row] as number, keyEnd)
      const valueEnd = places.valueEnd[row] as number
      this.#valueStarts.push((places.valueStart[row] as number) - start + at)
      this.#valueEnds.push(valueEnd < 0 ? -1 : valueEnd - start + at)
      this.#timestamps.push(places.timestampMs[row] as number)
    }
  }

  *[Symbol.iterator](): Generator<RestoredRecord> {
    for (let index = 0; index < this.length; index++) {
      const end = this.#valueEnds[index] as number
      yield {
        key: this.#key(index),
        value: end < 0 ? null : this.#bytes.buffer.subarray(this.#valueStarts[index], end),
        timestampMs: this.#timestamps[index] as number,
      }
    }
  }

  /** As an engine has them. @param timestamped - whether each record's time goes before its value */
  entries(timestamped: boolean): StoreEntries {
    const at = (index: number): StoreEntry => ({
      key: this.#key(index),
      value: this.#value(index, timestamped),
    })
    const { length } = this
    const sorted = () => keyOrder(this.#keys.buffer, this.#keyEnds)
    return {
      length,
      at,
      repeating: { every: sampleEvery, sample: this.#sampled },
      get sorted() {
        return sorted()
      },
      *[Symbol.iterator]() {
        for (let index = 0; index < length; index++) yield at(index)
      },
    }
  }

  #addKey(buffer: Buffer, start: number, end: number): void {
    let to = this.#keys.reserve(end - start)
    const { buffer: keys } = this.#keys
    let hash = 0
    for (let from = start; from < end; from++) {
      const byte = buffer[from] as number
      keys[to++] = byte
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    if (((hash ^ (hash >>> 15)) & (sampleEvery - 1)) === 0) this.#sampled.push(this.length)
    this.#keyEnds.push(to)
  }

  #key(index: number): Buffer {
    const start = index === 0 ? 0 : (this.#keyEnds[index - 1] as number)
    return this.#keys.buffer.subarray(start, this.#keyEnds[index])
  }

  #value(index: number, timestamped: boolean): Buffer | null {
    const { buffer } = this.#bytes
    const start = this.#valueStarts[index] as number
    const end = this.#valueEnds[index] as number
    if (end < 0) return null
    if (!timestamped) return buffer.subarray(start, end)
    const keyStart = index === 0 ? 0 : (this.#keyEnds[index - 1] as number)
    const isInPlace = (this.#keyEnds[index] as number) - keyStart >= keyBytesInPlace
    const value = isInPlace
      ? buffer.subarray(start - timestampBytes, end)
      : Buffer.concat([Buffer.alloc(timestampBytes), buffer.subarray(start, end)])
    putInt64(value, 0, this.#timestamps[index] as number)
    return value
  }
}

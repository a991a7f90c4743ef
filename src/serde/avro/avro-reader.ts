/**
 * Reads Avro's binary encoding from a range of a buffer. One object serves all values; generated code calls it.
 *
 * Bounds. Lengths and counts are checked against the bytes that are left, so no input makes it allocate or loop for more than it holds;
 * items that take no bytes have a budget per value. Single numbers are read without a check: running past the end is found at
 * the end of the value, where the position has to be exact.
 */
import '../../base/node-extras.ts'
import { StreamError } from '../../base/errors.ts'
import { decodeText } from '../text.ts'

/** Items without bytes (of type null, of records without fields) in one value. */
const emptyItemsMax = 100_000
/** Records within records of a recursive schema. */
const depthMax = 500

const float64 = new Float64Array(1)
const float32 = new Float32Array(float64.buffer, 0, 1)
const floatBytes = new Uint8Array(float64.buffer)

export class AvroReader {
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0
  #emptyItems = 0
  #depth = 0

  begin(buffer: Buffer, start: number, end: number): void {
    this.#buffer = buffer
    this.#at = start
    this.#end = end
    this.#emptyItems = 0
    this.#depth = 0
  }

  /** @throws StreamError `VALUE_MALFORMED` where the value was longer or shorter than its bytes */
  finish(): void {
    if (this.#at > this.#end) malformed('it ends too early')
    if (this.#at < this.#end) malformed(`${this.#end - this.#at} bytes are left over`)
  }

  readBoolean(): boolean {
    return this.#buffer[this.#at++] === 1
  }

  readInt(): number {
    const buffer = this.#buffer
    let byte = buffer[this.#at++] as number
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let bits = byte & 0x7f
    for (let shift = 7; shift < 28; shift += 7) {
      byte = buffer[this.#at++] as number
      bits |= (byte & 0x7f) << shift
      if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1)
    }
    byte = buffer[this.#at++] as number
    if (!(byte <= 0x0f)) malformed('a whole number of type int is too long')
    bits |= byte << 28
    return (bits >>> 1) ^ -(bits & 1)
  }

  /** A number where it is safe, else a bigint. */
  readLong(): number | bigint {
    const buffer = this.#buffer
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = buffer[this.#at++] as number
      low |= (byte & 0x7f) << shift
      if (!(byte >= 0x80)) return (low >>> 1) ^ -(low & 1)
    }
    let middle = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = buffer[this.#at++] as number
      middle |= (byte & 0x7f) << shift
      if (!(byte >= 0x80)) return unzigzag(low, middle, 0)
    }
    let byte = buffer[this.#at++] as number
    let high = byte & 0x7f
    if (byte >= 0x80) {
      byte = buffer[this.#at++] as number
      if (!(byte <= 1)) malformed('a whole number of type long is too long')
      high |= byte << 7
    }
    return unzigzag(low, middle, high)
  }

  readFloat(): number {
    this.#takeFloat(4)
    return float32[0] as number
  }

  readDouble(): number {
    this.#takeFloat(8)
    return float64[0] as number
  }

  readString(): string {
    const length = this.#take()
    return decodeText(this.#buffer, this.#at - length, this.#at)
  }

  /** A copy: fetched memory is used again. */
  readBytes(): Uint8Array {
    return this.readFixed(this.readLength())
  }

  readFixed(sizeBytes: number): Uint8Array {
    const start = this.#at
    this.skip(sizeBytes)
    return new Uint8Array(this.#buffer.subarray(start, this.#at))
  }

  /** The length of text or bytes. */
  readLength(): number {
    const length = this.readLong()
    if (typeof length !== 'number' || length < 0 || length > this.#end - this.#at)
      malformed('text or bytes are longer than the value')
    return length
  }

  skip(bytes: number): void {
    this.#at += bytes
    if (this.#at > this.#end) malformed('it ends too early')
  }

  skipBytes(): void {
    this.#take()
  }

  /**
   * The number of items in the next block of a list or map; 0 ends it.
   *
   * @param itemBytesMin - the fewest bytes that an item takes
   */
  readBlock(itemBytesMin: number): number {
    let count = this.readLong()
    if (count < 0) {
      count = -count
      this.readLong()
    }
    if (count === 0) return 0
    if (typeof count !== 'number' || count * itemBytesMin > this.#end - this.#at)
      malformed('a list has more items than the value has bytes')
    if (itemBytesMin === 0) {
      this.#emptyItems += count
      if (this.#emptyItems > emptyItemsMax) malformed(`it has more than ${emptyItemsMax} items without bytes`)
    }
    return count
  }

  /** Called on entry to a record of a recursive schema; {@link AvroReader.leave} on its end. */
  enter(): void {
    if (++this.#depth > depthMax) malformed(`records are nested more than ${depthMax} deep`)
  }

  leave(): void {
    this.#depth--
  }

  badBranch(): never {
    malformed('a union has no such branch')
  }

  badSymbol(): never {
    malformed('an enum has no such symbol')
  }

  #take(): number {
    const length = this.readLength()
    this.#at += length
    return length
  }

  #takeFloat(bytes: 4 | 8): void {
    const start = this.#at
    this.skip(bytes)
    const buffer = this.#buffer
    for (let index = 0; index < bytes; index++) floatBytes[index] = buffer[start + index] as number
  }
}

const two28 = 268_435_456

/** Zigzag bits in parts of 28, 28 and 8. */
function unzigzag(low: number, middle: number, high: number): number | bigint {
  // Beyond 53 bits the parts cannot be added as numbers.
  if (high === 0 && middle < 0x200_0000) {
    const bits = middle * two28 + low
    return (bits & 1) === 0 ? bits / 2 : -(bits + 1) / 2
  }
  const bits = (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low)
  const value = (bits >> 1n) ^ -(bits & 1n)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function malformed(why: string): never {
  throw new StreamError('VALUE_MALFORMED', `value is not Avro of its schema: ${why}`)
}

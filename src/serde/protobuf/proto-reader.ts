/**
 * Reads Protobuf's binary encoding from a range of a buffer. One object serves all values; generated code calls it.
 *
 * Bounds. Each message and each text lies within the one around it; nothing is allocated before its length has been checked against
 * the bytes that are left, and messages nest only so deep.
 */
import { StreamError } from '../../base/errors.ts'
import { decodeText } from '../text.ts'

const depthMax = 100
const two32 = 4_294_967_296

const float64 = new Float64Array(1)
const float32 = new Float32Array(float64.buffer, 0, 1)
const floatBytes = new Uint8Array(float64.buffer)

export class ProtoReader {
  /** Where the next byte is; behind {@link ProtoReader.end} the message has ended. */
  at = 0
  /** The end of the message that is being read. */
  end = 0
  #buffer: Buffer = Buffer.alloc(0)
  #depth = 0
  /** The two halves of the last varint, both unsigned. */
  #low = 0
  #high = 0

  begin(buffer: Buffer, start: number, end: number): void {
    this.#buffer = buffer
    this.at = start
    this.end = end
    this.#depth = 0
  }

  /** Enters a message that is written with its length. @returns the end of the one around it, for {@link ProtoReader.leave} */
  enter(): number {
    const outer = this.end
    const length = this.length()
    this.end = this.at + length
    this.#deeper()
    return outer
  }

  leave(outer: number): void {
    if (this.at !== this.end) malformed('a message ends within a field')
    this.end = outer
    this.#depth--
  }

  enterGroup(): void {
    this.#deeper()
  }

  /** A group has no end tag. */
  cut(): never {
    malformed('it ends too early')
  }

  leaveGroup(): void {
    this.#depth--
  }

  /** The next field's number and wire type: `number << 3 | type`. */
  tag(): number {
    const tag = this.uint32()
    if (tag >>> 3 === 0) malformed('a field has the number 0')
    return tag
  }

  int32(): number {
    const byte = this.#buffer[this.at] as number
    if (byte < 0x80 && this.at < this.end) {
      this.at++
      return byte
    }
    this.#varint()
    return this.#low | 0
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  sint32(): number {
    const bits = this.uint32()
    return (bits >>> 1) ^ -(bits & 1)
  }

  /** A number where it is safe, else a bigint; so are all of 64 bits. */
  int64(): number | bigint {
    this.#varint()
    return signed(this.#low, this.#high)
  }

  uint64(): number | bigint {
    this.#varint()
    return unsigned(this.#low, this.#high)
  }

  sint64(): number | bigint {
    this.#varint()
    const sign = -(this.#low & 1)
    const low = ((this.#low >>> 1) | (this.#high << 31)) ^ sign
    const high = (this.#high >>> 1) ^ sign
    return signed(low >>> 0, high >>> 0)
  }

  fixed32(): number {
    const at = this.#take(4)
    return this.#buffer.readUInt32LE(at)
  }

  sfixed32(): number {
    return this.fixed32() | 0
  }

  fixed64(): number | bigint {
    this.#fixed64()
    return unsigned(this.#low, this.#high)
  }

  sfixed64(): number | bigint {
    this.#fixed64()
    return signed(this.#low, this.#high)
  }

  bool(): boolean {
    this.#varint()
    return (this.#low | this.#high) !== 0
  }

  float(): number {
    this.#takeFloat(4)
    return float32[0] as number
  }

  double(): number {
    this.#takeFloat(8)
    return float64[0] as number
  }

  string(): string {
    const length = this.length()
    const start = this.at
    this.at += length
    return decodeText(this.#buffer, start, this.at)
  }

  /** A copy: fetched memory is used again. */
  bytes(): Uint8Array {
    const length = this.length()
    const start = this.#take(length)
    return new Uint8Array(this.#buffer.subarray(start, this.at))
  }

  /** The length of what follows, checked to be there. */
  length(): number {
    const length = this.uint32()
    if (length > this.end - this.at) malformed('a field is longer than its message')
    return length
  }

  /** Passes over a field of any number. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.#varint()
        return
      case 1:
        this.#take(8)
        return
      case 2:
        this.#take(this.length())
        return
      case 3:
        this.#skipGroup(tag)
        return
      case 5:
        this.#take(4)
        return
      default:
        malformed('a field has no known wire type')
    }
  }

  #skipGroup(start: number): void {
    this.#deeper()
    const end = start + 1
    for (let tag = this.tag(); tag !== end; tag = this.tag()) this.skip(tag)
    this.#depth--
  }

  #deeper(): void {
    if (++this.#depth > depthMax) malformed(`messages are nested more than ${depthMax} deep`)
  }

  #varint(): void {
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return this.#set(low, 0)
    }
    const fifth = this.#byte()
    low |= (fifth & 0x0f) << 28
    let high = (fifth & 0x70) >> 4
    if (fifth < 0x80) return this.#set(low, high)
    for (let shift = 3; shift < 38; shift += 7) {
      const byte = this.#byte()
      high |= (byte & 0x7f) << shift
      if (byte < 0x80) return this.#set(low, high)
    }
    malformed('a whole number is longer than 64 bits')
  }

  #set(low: number, high: number): void {
    this.#low = low >>> 0
    this.#high = high >>> 0
  }

  #byte(): number {
    if (this.at >= this.end) malformed('it ends too early')
    return this.#buffer[this.at++] as number
  }

  #fixed64(): void {
    const at = this.#take(8)
    this.#set(this.#buffer.readUInt32LE(at), this.#buffer.readUInt32LE(at + 4))
  }

  /** Moves on. @returns where it was */
  #take(bytes: number): number {
    const start = this.at
    if (bytes > this.end - start) malformed('it ends too early')
    this.at = start + bytes
    return start
  }

  #takeFloat(bytes: 4 | 8): void {
    const start = this.#take(bytes)
    const buffer = this.#buffer
    for (let index = 0; index < bytes; index++) floatBytes[index] = buffer[start + index] as number
  }
}

function signed(low: number, high: number): number | bigint {
  const value = (high | 0) * two32 + low
  return Number.isSafeInteger(value) ? value : (BigInt(high | 0) << 32n) | BigInt(low)
}

function unsigned(low: number, high: number): number | bigint {
  const value = high * two32 + low
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low)
}

function malformed(why: string): never {
  throw new StreamError('VALUE_MALFORMED', `value is not Protobuf: ${why}`)
}

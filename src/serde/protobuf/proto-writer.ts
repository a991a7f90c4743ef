/** Writes Protobuf's binary encoding. One object serves all values; generated code calls it. */
import type { ByteWriter } from '../../base/byte-writer.ts'
import { Misfit } from '../misfit.ts'

const misfitFound = new Misfit()
const two32 = 4_294_967_296
const varintBytesMax = 10
const depthMax = 100

const float64 = new Float64Array(1)
const float32 = new Float32Array(float64.buffer, 0, 1)
const floatBytes = new Uint8Array(float64.buffer)

export class ProtoWriter {
  #target: ByteWriter | undefined = undefined
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  #depth = 0

  begin(target: ByteWriter): void {
    this.#target = target
    this.#buffer = target.buffer
    this.#at = target.length
    this.#depth = 0
  }

  finish(): void {
    const target = this.#target as ByteWriter
    target.length = this.#at
  }

  misfit(): never {
    throw misfitFound
  }

  /** Before a nested message. @returns its start, for {@link ProtoWriter.leave} */
  enter(): number {
    if (++this.#depth > depthMax) this.misfit()
    this.#room(1)
    return ++this.#at
  }

  /** Puts the length before what was written since: one byte is there already. */
  leave(start: number): void {
    this.#depth--
    const length = this.#at - start
    if (length < 0x80) {
      this.#buffer[start - 1] = length
      return
    }
    const more = varintSize(length) - 1
    this.#room(more)
    this.#buffer.copyWithin(start + more, start, this.#at)
    this.#at = start - 1
    this.uint32(length)
    this.#at += length
  }

  uint32(value: number): void {
    this.#room(varintBytesMax)
    this.#varint32(value >>> 0)
  }

  #varint32(value: number): void {
    const buffer = this.#buffer
    let bits = value
    while (bits > 0x7f) {
      buffer[this.#at++] = (bits & 0x7f) | 0x80
      bits >>>= 7
    }
    buffer[this.#at++] = bits
  }

  /** Negative numbers take ten bytes, as 64 bits. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value)
    else this.#varint64(value >>> 0, 0xffff_ffff)
  }

  sint32(value: number): void {
    this.uint32((value << 1) ^ (value >> 31))
  }

  int64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value < two32) this.uint32(value)
    else this.#varint64(lowOf(value), highOf(value))
  }

  sint64(value: number | bigint): void {
    const bits = BigInt(value)
    this.int64(BigInt.asUintN(64, (bits << 1n) ^ (bits >> 63n)))
  }

  fixed32(value: number): void {
    this.#room(4)
    this.#buffer.writeUInt32LE(value >>> 0, this.#at)
    this.#at += 4
  }

  fixed64(value: number | bigint): void {
    this.#room(8)
    this.#buffer.writeUInt32LE(lowOf(value), this.#at)
    this.#buffer.writeUInt32LE(highOf(value), this.#at + 4)
    this.#at += 8
  }

  bool(value: boolean): void {
    this.#room(1)
    this.#buffer[this.#at++] = value ? 1 : 0
  }

  float(value: number): void {
    float32[0] = value
    this.#putFloat(4)
  }

  double(value: number): void {
    float64[0] = value
    this.#putFloat(8)
  }

  string(value: string): void {
    if (value.length <= 0x7f && this.#shortString(value)) return
    const length = Buffer.byteLength(value)
    this.uint32(length)
    this.#room(length)
    this.#at += this.#buffer.write(value, this.#at, 'utf8')
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length)
    this.#room(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  /** ASCII text with a length of one byte; writes nothing where it has other characters. */
  #shortString(value: string): boolean {
    const { length } = value
    this.#room(length + 1)
    const buffer = this.#buffer
    const start = this.#at + 1
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) return false
      buffer[start + index] = code
    }
    buffer[this.#at] = length
    this.#at = start + length
    return true
  }

  #varint64(low: number, high: number): void {
    this.#room(varintBytesMax)
    const buffer = this.#buffer
    let lowBits = low
    let highBits = high
    while (highBits > 0) {
      buffer[this.#at++] = (lowBits & 0x7f) | 0x80
      lowBits = ((lowBits >>> 7) | (highBits << 25)) >>> 0
      highBits >>>= 7
    }
    this.#varint32(lowBits)
  }

  #putFloat(bytes: 4 | 8): void {
    this.#room(bytes)
    const buffer = this.#buffer
    for (let index = 0; index < bytes; index++) buffer[this.#at++] = floatBytes[index] as number
  }

  #room(bytes: number): void {
    if (this.#at + bytes > this.#buffer.length) this.#grow(bytes)
  }

  #grow(bytes: number): void {
    const target = this.#target as ByteWriter
    target.length = this.#at
    target.reserve(bytes)
    this.#buffer = target.buffer
  }
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest > 0x7f; rest >>>= 7) size++
  return size
}

/** The lower half of 64 bits, unsigned; two's complement of what is negative. */
function lowOf(value: number | bigint): number {
  return typeof value === 'number' ? (value % two32) >>> 0 : Number(BigInt.asUintN(32, value))
}

function highOf(value: number | bigint): number {
  return typeof value === 'number'
    ? Math.floor(value / two32) >>> 0
    : Number(BigInt.asUintN(32, value >> 32n))
}

/** Writes Avro's binary encoding. One object serves all values; generated code calls it. */
import type { ByteWriter } from '../../base/byte-writer.ts'
import { Misfit } from '../misfit.ts'

const misfitFound = new Misfit()
const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n
const longBytesMax = 10
/** Text of up to this many characters fits a length of one byte where it is ASCII. */
const shortText = 63

const float64 = new Float64Array(1)
const float32 = new Float32Array(float64.buffer, 0, 1)
const floatBytes = new Uint8Array(float64.buffer)

export class AvroWriter {
  #target: ByteWriter | undefined = undefined
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0

  begin(target: ByteWriter): void {
    this.#target = target
    this.#buffer = target.buffer
    this.#at = target.length
  }

  finish(): void {
    const target = this.#target as ByteWriter
    target.length = this.#at
  }

  misfit(): never {
    throw misfitFound
  }

  writeBoolean(value: unknown): void {
    if (typeof value !== 'boolean') this.misfit()
    this.#room(1)
    this.#buffer[this.#at++] = value ? 1 : 0
  }

  writeInt(value: unknown): void {
    const number = typeof value === 'bigint' ? Number(value) : value
    if (typeof number !== 'number' || (number | 0) !== number) this.misfit()
    this.writeIndex(number)
  }

  /** A whole number of up to 32 bits that is known to be one. */
  writeIndex(value: number): void {
    this.#room(longBytesMax)
    const buffer = this.#buffer
    let bits = (value << 1) ^ (value >> 31)
    while ((bits & ~0x7f) !== 0) {
      buffer[this.#at++] = (bits & 0x7f) | 0x80
      bits >>>= 7
    }
    buffer[this.#at++] = bits
  }

  writeLong(value: unknown): void {
    if (typeof value === 'number') {
      if ((value | 0) === value) this.writeIndex(value)
      else if (Number.isSafeInteger(value)) this.#writeWide(value)
      else this.misfit()
    } else if (typeof value === 'bigint') this.#writeBig(value)
    else this.misfit()
  }

  writeFloat(value: unknown): void {
    if (typeof value !== 'number' && typeof value !== 'bigint') this.misfit()
    float32[0] = Number(value)
    this.#putFloat(4)
  }

  writeDouble(value: unknown): void {
    if (typeof value !== 'number' && typeof value !== 'bigint') this.misfit()
    float64[0] = Number(value)
    this.#putFloat(8)
  }

  writeString(value: unknown): void {
    if (typeof value !== 'string') this.misfit()
    if (value.length <= shortText && this.#writeShort(value)) return
    const length = Buffer.byteLength(value)
    this.writeLong(length)
    this.#room(length)
    this.#at += this.#buffer.write(value, this.#at, 'utf8')
  }

  writeBytes(value: unknown): void {
    if (!(value instanceof Uint8Array)) this.misfit()
    this.writeLong(value.length)
    this.#copy(value)
  }

  writeFixed(value: unknown, sizeBytes: number): void {
    if (!(value instanceof Uint8Array) || value.length !== sizeBytes) this.misfit()
    this.#copy(value)
  }

  /** Before the items of a list or map; after them comes {@link AvroWriter.endBlocks}. */
  beginBlock(count: number): void {
    if (count > 0) this.writeLong(count)
  }

  endBlocks(): void {
    this.#room(1)
    this.#buffer[this.#at++] = 0
  }

  /** ASCII text with a length of one byte; writes nothing where it has other characters. */
  #writeShort(value: string): boolean {
    const { length } = value
    this.#room(length + 1)
    const buffer = this.#buffer
    const start = this.#at + 1
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) return false
      buffer[start + index] = code
    }
    buffer[this.#at] = length << 1
    this.#at = start + length
    return true
  }

  /** Beyond 32 and within 53 bits: zigzag by arithmetic. */
  #writeWide(value: number): void {
    this.#room(longBytesMax)
    const buffer = this.#buffer
    if (Math.abs(value) > 2 ** 51) return this.#writeBig(BigInt(value))
    let bits = value < 0 ? -2 * value - 1 : 2 * value
    while (bits >= 0x80) {
      buffer[this.#at++] = (bits % 0x80) | 0x80
      bits = Math.floor(bits / 0x80)
    }
    buffer[this.#at++] = bits
  }

  #writeBig(value: bigint): void {
    if (value < int64Min || value > int64Max) this.misfit()
    this.#room(longBytesMax)
    let bits = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (bits >= 0x80n) {
      this.#buffer[this.#at++] = Number(bits & 0x7fn) | 0x80
      bits >>= 7n
    }
    this.#buffer[this.#at++] = Number(bits)
  }

  #putFloat(bytes: 4 | 8): void {
    this.#room(bytes)
    const buffer = this.#buffer
    for (let index = 0; index < bytes; index++) buffer[this.#at++] = floatBytes[index] as number
  }

  #copy(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
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

import { StreamError } from '../../base/errors.ts'

/** The two ends of the int64 range; Kafka uses them as signs for "none". As numbers they are ±2^63. */
const int64Ends = 2 ** 63

/**
 * A cursor over the bytes of one message. Every read is checked against the end: cut or absurd bytes throw
 * `PROTOCOL_MALFORMED`, and no length is believed that the bytes left cannot hold.
 */
export class MessageReader {
  readonly buffer: Buffer
  at: number
  end: number

  constructor(buffer: Buffer, start: number, end: number) {
    this.buffer = buffer
    this.at = start
    this.end = end
  }

  /** Moves over `count` bytes and gives where they begin. */
  take(count: number): number {
    const at = this.at
    if (count < 0 || count > this.end - at) throw this.malformed(`needs ${count} bytes`)
    this.at = at + count
    return at
  }

  malformed(what: string): StreamError {
    return new StreamError(
      'PROTOCOL_MALFORMED',
      `message is malformed: ${what} at byte ${this.at} of ${this.end}`,
    )
  }

  readInt8(): number {
    return this.buffer.readInt8(this.take(1))
  }

  readInt16(): number {
    return this.buffer.readInt16BE(this.take(2))
  }

  readUint16(): number {
    return this.buffer.readUInt16BE(this.take(2))
  }

  readInt32(): number {
    return this.buffer.readInt32BE(this.take(4))
  }

  readUint32(): number {
    return this.buffer.readUInt32BE(this.take(4))
  }

  readInt64(): number {
    const at = this.take(8)
    const value = this.buffer.readInt32BE(at) * 4_294_967_296 + this.buffer.readUInt32BE(at + 4)
    if (!Number.isSafeInteger(value) && Math.abs(value) !== int64Ends)
      throw this.malformed(`int64 ${value} is beyond 2^53`)
    return value
  }

  readFloat64(): number {
    return this.buffer.readDoubleBE(this.take(8))
  }

  readUuid(): string {
    const at = this.take(16)
    return this.buffer.toString('hex', at, at + 16)
  }

  /** A uint32 of at most five bytes. */
  readUnsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.take(1)] ?? 0
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw this.malformed('varint is longer than five bytes')
  }

  /** @returns undefined for null */
  readLength(compact: boolean, size: 2 | 4): number | undefined {
    const length = compact ? this.readUnsignedVarint() - 1 : size === 2 ? this.readInt16() : this.readInt32()
    if (length < -1 || length > this.end - this.at) throw this.malformed(`length ${length} does not fit`)
    return length === -1 ? undefined : length
  }

  readText(length: number): string {
    const at = this.take(length)
    return this.buffer.utf8Slice(at, at + length)
  }

  /** A view of the next bytes; nothing is copied. */
  readView(length: number): Buffer {
    const at = this.take(length)
    return this.buffer.subarray(at, at + length)
  }
}

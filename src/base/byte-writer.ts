const initialBytes = 1024

/**
 * A flat buffer that grows. The bytes written so far are `buffer[0 .. length)`; `buffer` is replaced when it grows, so
 * nobody keeps it across a write. Hot-path code may reserve with {@link ByteWriter.reserve} and write into `buffer` itself.
 */
export class ByteWriter {
  buffer: Buffer
  length = 0

  constructor(capacityBytes = initialBytes) {
    this.buffer = Buffer.allocUnsafe(capacityBytes)
  }

  /** Makes room for `bytes` more and returns the position at which they go; `length` moves past them. */
  reserve(bytes: number): number {
    const at = this.length
    const needed = at + bytes
    if (needed > this.buffer.length) this.#grow(needed)
    this.length = needed
    return at
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.length = 0
  }

  /** The bytes written so far, as a view that the next write may overwrite. */
  view(): Buffer {
    return this.buffer.subarray(0, this.length)
  }

  /** The bytes written so far, as a copy. */
  copy(): Buffer {
    return Buffer.from(this.view())
  }

  writeInt8(value: number): void {
    // First the room: growing replaces the buffer.
    const at = this.reserve(1)
    this.buffer[at] = value
  }

  writeInt16(value: number): void {
    const at = this.reserve(2)
    this.buffer.writeInt16BE(value, at)
  }

  writeInt32(value: number): void {
    const at = this.reserve(4)
    this.buffer.writeInt32BE(value, at)
  }

  /** @param value - a whole number within ±2^53 */
  writeInt64(value: number): void {
    const at = this.reserve(8)
    const high = Math.floor(value / 4_294_967_296)
    this.buffer.writeInt32BE(high | 0, at)
    this.buffer.writeUInt32BE(value - high * 4_294_967_296, at + 4)
  }

  writeFloat64(value: number): void {
    const at = this.reserve(8)
    this.buffer.writeDoubleBE(value, at)
  }

  /** Copies `source[start .. end)`. */
  writeBytes(source: Buffer, start = 0, end: number = source.length): void {
    const at = this.reserve(end - start)
    source.copy(this.buffer, at, start, end)
  }

  writeUtf8(text: string): void {
    const at = this.reserve(text.length * 3)
    this.length = at + this.buffer.write(text, at, 'utf8')
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(larger, 0, 0, this.length)
    this.buffer = larger
  }
}

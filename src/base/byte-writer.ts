import './node-extras.ts'

const initialBytes = 1024
/** Less is copied faster than it is kept apart. */
const apartBytesMin = 4096

/** Shorter text is written faster by a loop than by a call into the runtime. */
const loopTextMax = 12

/** Bytes that stand between others without having been copied there. */
interface PartApart {
  /** So many of the written bytes stand before it. */
  readonly at: number
  readonly bytes: Buffer
}

/**
 * A flat buffer that grows. The bytes written so far are `buffer[0 .. length)`; `buffer` is replaced when it grows, so
 * nobody keeps it across a write. Hot-path code may reserve with {@link ByteWriter.reserve} and write into `buffer` itself.
 */
export class ByteWriter {
  buffer: Buffer
  /** Of what was copied; parts that are kept apart do not count. */
  length = 0
  #apart: PartApart[] | undefined

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
    putInt64(this.buffer, at, value)
  }

  writeFloat64(value: number): void {
    const at = this.reserve(8)
    this.buffer.writeDoubleBE(value, at)
  }

  /** From here on, large bytes are not copied: they must not change until {@link ByteWriter.parts} have been used. */
  keepLargeApart(): void {
    this.#apart = []
  }

  /** All that was written, in its order: views of what was copied, and what was kept apart. */
  parts(): Buffer[] {
    const parts: Buffer[] = []
    let start = 0
    for (const { at, bytes } of this.#apart ?? []) {
      if (at > start) parts.push(this.buffer.subarray(start, at))
      parts.push(bytes)
      start = at
    }
    if (this.length > start) parts.push(this.buffer.subarray(start, this.length))
    return parts
  }

  /** Copies `source[start .. end)`, or keeps it apart where it is large. */
  writeBytes(source: Buffer, start = 0, end: number = source.length): void {
    if (this.#apart !== undefined && end - start >= apartBytesMin) {
      this.#apart.push({ at: this.length, bytes: source.subarray(start, end) })
      return
    }
    const at = this.reserve(end - start)
    source.copy(this.buffer, at, start, end)
  }

  writeUtf8(text: string): void {
    const at = this.reserve(text.length * 3)
    const asciiEnd = text.length > loopTextMax ? at : this.#writeAscii(text, at)
    this.length = asciiEnd > at ? asciiEnd : at + this.buffer.utf8Write(text, at)
  }

  /** @returns where it ends; `at` where the text has other characters */
  #writeAscii(text: string, at: number): number {
    const { buffer } = this
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return at
      buffer[at + index] = code
    }
    return at + text.length
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(larger, 0, 0, this.length)
    this.buffer = larger
  }
}

/** Eight bytes, big-endian, where there is room for them. @param value - a whole number within ±2^53 */
export function putInt64(buffer: Buffer, at: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296)
  putInt32(buffer, at, high | 0)
  putInt32(buffer, at + 4, (value - high * 4_294_967_296) | 0)
}

/** As `writeInt32BE`, which checks what is known here: the path of a record writes many. */
function putInt32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
}

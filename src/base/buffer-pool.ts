/**
 * Large buffers that are used again instead of being left to the collector. Their memory is outside the heap, and the collector
 * answers its growth by marking the whole heap: at some hundred megabytes a second that costs more than the records do.
 *
 * Whoever takes a buffer may keep it; it is then simply not used again. Giving back is a promise that nobody looks at it any more.
 */
const classBytesMin = 65_536
/** More than this is not kept: such buffers are rare. */
const classBytesMax = 16 * 1_048_576

export class BufferPool {
  readonly #bytesMax: number
  /** By size, a power of two. */
  readonly #free = new Map<number, ArrayBufferLike[]>()
  /** Memory that was made here, and that nobody else can have a part of. */
  readonly #own = new WeakSet<ArrayBufferLike>()
  #freeBytes = 0

  /** @param bytesMax - how much may lie unused */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** A buffer of at least `bytes`, with any content. */
  take(bytes: number): Buffer {
    if (bytes > classBytesMax) return Buffer.allocUnsafeSlow(bytes)
    const size = sizeClass(bytes)
    const memory = this.#free.get(size)?.pop()
    if (memory === undefined) return this.#make(size)
    this.#freeBytes -= size
    return Buffer.from(memory)
  }

  /** Takes back the whole buffer that `part` begins; what did not come from a pool is left alone. */
  give(part: Buffer): void {
    const memory = part.buffer
    const size = memory.byteLength
    if (!this.#own.has(memory) || this.#freeBytes + size > this.#bytesMax) return
    this.#freeBytes += size
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [memory])
    else free.push(memory)
  }

  #make(size: number): Buffer {
    const made = Buffer.allocUnsafeSlow(size)
    this.#own.add(made.buffer)
    return made
  }
}

function sizeClass(bytes: number): number {
  return Math.max(classBytesMin, 2 ** Math.ceil(Math.log2(bytes)))
}

import { assert } from '../../base/assert.ts'
import { BufferPool } from '../../base/buffer-pool.ts'
import { frameSizeBytes } from '../../protocol/headers.ts'

export type FrameProblem = { readonly kind: 'oversized'; readonly sizeBytes: number }

/** What may lie unused between large requests. */
const spareBytesMax = 33_554_432

/**
 * Cuts a stream of bytes into frames. Memory is taken as bytes arrive, never because a size was announced; a frame that lies
 * within one chunk is a view of it, any other is memory of a pool, which can be given back.
 */
export class FrameReader {
  readonly #maxBytes: () => number
  readonly #pool = new BufferPool(spareBytesMax)
  #chunks: Buffer[] = []
  #heldBytes = 0

  /** @param maxBytes - of one frame without its size, asked at each */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes
  }

  /** Takes the next bytes; gives the frames that are whole now, without their sizes, or what is wrong. */
  push(chunk: Buffer): Buffer[] | FrameProblem {
    this.#chunks.push(chunk)
    this.#heldBytes += chunk.length
    const frames: Buffer[] = []
    for (;;) {
      const sizeBytes = this.#peekSize()
      if (sizeBytes === undefined) return frames
      if (sizeBytes < 0 || sizeBytes > this.#maxBytes()) return { kind: 'oversized', sizeBytes }
      if (this.#heldBytes < frameSizeBytes + sizeBytes) return frames
      frames.push(this.#take(frameSizeBytes + sizeBytes).subarray(frameSizeBytes))
    }
  }

  /** Nobody looks at a frame any more: its memory is used again. */
  release(frame: Buffer): void {
    this.#pool.give(frame)
  }

  #peekSize(): number | undefined {
    if (this.#heldBytes < frameSizeBytes) return undefined
    const [first] = this.#chunks
    if (first !== undefined && first.length < frameSizeBytes) this.#join()
    return this.#chunks[0]?.readInt32BE(0)
  }

  #take(bytes: number): Buffer {
    const [first] = this.#chunks
    this.#heldBytes -= bytes
    if (first !== undefined && first.length >= bytes) {
      if (first.length === bytes) this.#chunks.shift()
      else this.#chunks[0] = first.subarray(bytes)
      return first.subarray(0, bytes)
    }
    return this.#collect(this.#pool.take(bytes).subarray(0, bytes))
  }

  /** Fills a frame from the chunks that hold it. */
  #collect(frame: Buffer): Buffer {
    let filled = 0
    while (filled < frame.length) {
      const [chunk] = this.#chunks
      assert(chunk !== undefined, 'a frame is taken when all of it is there')
      const copied = chunk.copy(frame, filled)
      filled += copied
      if (copied === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(copied)
    }
    return frame
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks, this.#heldBytes)]
  }
}

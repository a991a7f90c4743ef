import { frameSizeBytes } from '../../protocol/headers.ts'

export type FrameProblem = { readonly kind: 'oversized'; readonly sizeBytes: number }

/**
 * Cuts a stream of bytes into frames. Memory is taken as bytes arrive, never because a size was announced; a frame that lies
 * within one chunk is a view of it.
 */
export class FrameReader {
  readonly #maxBytes: () => number
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

  #peekSize(): number | undefined {
    if (this.#heldBytes < frameSizeBytes) return undefined
    const [first] = this.#chunks
    if (first !== undefined && first.length < frameSizeBytes) this.#join()
    return this.#chunks[0]?.readInt32BE(0)
  }

  #take(bytes: number): Buffer {
    const [first] = this.#chunks
    if (first === undefined || first.length < bytes) this.#join()
    const whole = this.#chunks[0] ?? Buffer.alloc(0)
    this.#heldBytes -= bytes
    if (whole.length === bytes) this.#chunks.shift()
    else this.#chunks[0] = whole.subarray(bytes)
    return whole.subarray(0, bytes)
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks, this.#heldBytes)]
  }
}

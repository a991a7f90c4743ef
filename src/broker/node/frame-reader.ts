import { BufferPool } from '../../base/buffer-pool.ts'
import { frameSizeBytes } from '../../protocol/headers.ts'

export type FrameProblem = { readonly kind: 'oversized'; readonly sizeBytes: number }

/** What may lie unused between large requests. */
const spareBytesMax = 33_554_432
/** Smaller frames are no load for the collector. */
const pooledBytes = 32_768
/** A frame has so much memory from its beginning; the rest comes as its bytes do, never because a size was announced. */
const firstBytesMax = 262_144

/**
 * Cuts a stream of bytes into frames. Each byte is copied out of its chunk, which may then be read into again; large frames lie in
 * memory of a pool, which can be given back.
 */
export class FrameReader {
  readonly #maxBytes: () => number
  readonly #pool = new BufferPool(spareBytesMax)
  readonly #size = Buffer.alloc(frameSizeBytes)
  #sizeHave = 0
  /** Of the frame that is being read; undefined between frames. */
  #frameBytes: number | undefined
  #frame: Buffer = nothing
  #frameHave = 0

  /** @param maxBytes - of one frame without its size, asked at each */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes
  }

  /** Takes the next bytes; gives the frames that are whole now, without their sizes, or what is wrong. */
  push(chunk: Buffer): Buffer[] | FrameProblem {
    const frames: Buffer[] = []
    let at = 0
    while (at < chunk.length || this.#frameBytes === this.#frameHave) {
      if (this.#frameBytes === undefined) {
        at += this.#readSize(chunk, at)
        if (this.#sizeHave < frameSizeBytes) break
        const sizeBytes = this.#size.readInt32BE(0)
        if (sizeBytes < 0 || sizeBytes > this.#maxBytes()) return { kind: 'oversized', sizeBytes }
        this.#begin(sizeBytes)
      } else {
        at += this.#fill(chunk, at, this.#frameBytes)
        if (this.#frameHave === this.#frameBytes) frames.push(this.#end())
      }
    }
    return frames
  }

  /** Nobody looks at a frame any more: its memory is used again. */
  release(frame: Buffer): void {
    this.#pool.give(frame)
  }

  #readSize(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#size, this.#sizeHave, at)
    this.#sizeHave += taken
    return taken
  }

  #begin(sizeBytes: number): void {
    this.#sizeHave = 0
    this.#frameBytes = sizeBytes
    this.#frameHave = 0
    this.#frame = this.#take(Math.min(sizeBytes, firstBytesMax))
  }

  #fill(chunk: Buffer, at: number, sizeBytes: number): number {
    const taken = Math.min(chunk.length - at, sizeBytes - this.#frameHave)
    this.#makeRoom(this.#frameHave + taken, sizeBytes)
    chunk.copy(this.#frame, this.#frameHave, at, at + taken)
    this.#frameHave += taken
    return taken
  }

  #makeRoom(bytes: number, sizeBytes: number): void {
    if (bytes <= this.#frame.length) return
    const larger = this.#take(Math.min(sizeBytes, Math.max(bytes, this.#frame.length * 2)))
    this.#frame.copy(larger, 0, 0, this.#frameHave)
    this.#pool.give(this.#frame)
    this.#frame = larger
  }

  #take(bytes: number): Buffer {
    return bytes < pooledBytes ? Buffer.allocUnsafe(bytes) : this.#pool.take(bytes).subarray(0, bytes)
  }

  #end(): Buffer {
    const frame = this.#frame
    this.#frameBytes = undefined
    this.#frame = nothing
    return frame
  }
}

const nothing = Buffer.alloc(0)

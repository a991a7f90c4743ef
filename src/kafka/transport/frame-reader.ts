import type { BufferPool } from '../../base/buffer-pool.ts'
import { StreamError } from '../../base/errors.ts'

const lengthBytes = 4
/** Smaller frames are no load for the collector. */
const pooledBytes = 32_768
/** Larger than any answer a client asks for; a length beyond it means that the other side does not speak Kafka. */
export const frameBytesMax = 256 * 1024 * 1024
const tlsAlertTypes = new Set([0x14, 0x15, 0x16, 0x17])

/**
 * Cuts a byte stream into frames: a 4-byte length, then so many bytes.
 *
 * A frame is copied once, into a buffer of its own, while its chunks arrive: nothing is joined at the end, nothing is scanned
 * twice, and the chunks' memory is free when `push` returns.
 */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void
  readonly #lengthPart = Buffer.alloc(lengthBytes)
  readonly #pool: BufferPool
  #lengthHave = 0
  #frame: Buffer | undefined
  #frameHave = 0

  constructor(pool: BufferPool, onFrame: (frame: Buffer) => void) {
    this.#pool = pool
    this.#onFrame = onFrame
  }

  /** @throws StreamError `PROTOCOL_MALFORMED` when a length cannot be one of Kafka */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      at = this.#frame === undefined ? this.#readHead(chunk, at) : this.#fill(this.#frame, chunk, at)
    }
  }

  #readHead(chunk: Buffer, at: number): number {
    const take = Math.min(lengthBytes - this.#lengthHave, chunk.length - at)
    chunk.copy(this.#lengthPart, this.#lengthHave, at, at + take)
    this.#lengthHave += take
    if (this.#lengthHave < lengthBytes) return at + take
    const size = checkedLength(this.#lengthPart)
    this.#lengthHave = 0
    this.#frame = size < pooledBytes ? Buffer.allocUnsafe(size) : this.#pool.take(size).subarray(0, size)
    this.#frameHave = 0
    return at + take
  }

  #fill(frame: Buffer, chunk: Buffer, at: number): number {
    const take = Math.min(frame.length - this.#frameHave, chunk.length - at)
    chunk.copy(frame, this.#frameHave, at, at + take)
    this.#frameHave += take
    if (this.#frameHave === frame.length) {
      this.#frame = undefined
      this.#onFrame(frame)
    }
    return at + take
  }
}

function checkedLength(head: Buffer): number {
  const size = head.readInt32BE(0)
  if (size >= lengthBytes && size <= frameBytesMax) return size
  const speaksTls = tlsAlertTypes.has(head[0] ?? 0) && head[1] === 0x03
  const speaksHttp = head.toString('latin1') === 'HTTP'
  throw new StreamError('PROTOCOL_MALFORMED', `the answer's length ${size} is none of the Kafka protocol`, {
    hint: speaksTls
      ? 'This port speaks TLS: turn on TLS for the connection, or use the plaintext port.'
      : speaksHttp
        ? 'This port speaks HTTP: give the address of a Kafka broker.'
        : 'Check that the address is that of a Kafka broker, and whether it expects TLS.',
  })
}

/** Reads and writes the files in which the Java programs and the tests hand each other bytes. */

/** One message as Java encodes it. */
export interface MessageCase {
  /** `FetchRequest`, `MetadataResponse`, … */
  readonly name: string
  readonly version: number
  /** Whether no field was set. */
  readonly plain: boolean
  readonly bytes: Buffer
}

export function* readMessageCases(file: Buffer): Generator<MessageCase, void, undefined> {
  let at = 0
  while (at < file.length) {
    const nameEnd = at + 2 + file.readUInt16BE(at)
    const name = file.toString('latin1', at + 2, nameEnd)
    const version = file.readInt16BE(nameEnd)
    const plain = file.readInt8(nameEnd + 2) === 0
    const start = nameEnd + 7
    at = start + file.readInt32BE(nameEnd + 3)
    yield { name, version, plain, bytes: file.subarray(start, at) }
  }
}

/** Buffers, each behind four bytes of length. */
export function* readChunks(file: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < file.length;) {
    const end = at + 4 + file.readInt32BE(at)
    yield file.subarray(at + 4, end)
    at = end
  }
}

export function writeChunks(chunks: readonly Buffer[]): Buffer {
  return Buffer.concat(
    chunks.flatMap((chunk) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(chunk.length)
      return [length, chunk]
    }),
  )
}

/**
 * LZ4 frames. The library decompresses without a bound, so the frame's block headers are walked first: a frame whose blocks
 * could hold more than is allowed has its sequences counted, and only then is refused.
 *
 * Source. LZ4 frame format 1.6 and block format, by their public descriptions.
 */
import { compressFrameSync, decompressFrameSync } from 'lz4-napi'
import { StreamError } from '../../base/errors.ts'

const frameMagic = 0x18_4d_22_04
const uncompressedBit = 0x80_00_00_00
/** What a byte of a block can become at most. */
const mostPerByte = 255

interface Frame {
  readonly blocksAt: number
  readonly blockBytesMax: number
  readonly blockChecksum: boolean
}

export function lz4Compress(buffer: Buffer): Buffer {
  return compressFrameSync(buffer)
}

/** @throws StreamError `BATCH_CORRUPT` when the frame is malformed or holds more than `limitBytes` */
export function lz4Decompress(buffer: Buffer, limitBytes: number): Buffer {
  const frame = frameOf(buffer)
  if (sizeOf(buffer, frame, mostOf) > limitBytes && sizeOf(buffer, frame, countBlock) > limitBytes) {
    throw new StreamError('BATCH_CORRUPT', `lz4 frame holds more than ${limitBytes} bytes`)
  }
  return decompressFrameSync(buffer)
}

function frameOf(buffer: Buffer): Frame {
  if (buffer.length < 7 || buffer.readUInt32LE(0) !== frameMagic) throw malformed('no frame')
  const flags = buffer.readUInt8(4)
  const blockBytesMax = 4 ** (((buffer.readUInt8(5) >> 4) & 7) + 4)
  const contentSize = (flags & 0b1000) === 0 ? 0 : 8
  const dictionary = (flags & 1) === 0 ? 0 : 4
  return {
    blocksAt: 7 + contentSize + dictionary,
    blockBytesMax,
    blockChecksum: (flags & 0b1_0000) !== 0,
  }
}

type SizeBlock = (buffer: Buffer, start: number, end: number) => number

function sizeOf(buffer: Buffer, frame: Frame, sizeBlock: SizeBlock): number {
  let total = 0
  let at = frame.blocksAt
  for (;;) {
    if (at + 4 > buffer.length) throw malformed('no end mark')
    const header = buffer.readUInt32LE(at)
    if (header === 0) return total
    const length = header % uncompressedBit
    const start = at + 4
    const end = start + length
    if (end > buffer.length) throw malformed('a block is cut')
    total += header > uncompressedBit ? length : Math.min(frame.blockBytesMax, sizeBlock(buffer, start, end))
    at = end + (frame.blockChecksum ? 4 : 0)
  }
}

function mostOf(_buffer: Buffer, start: number, end: number): number {
  return (end - start) * mostPerByte
}

/** What a block decompresses to, by adding up the lengths of its sequences. */
function countBlock(buffer: Buffer, start: number, end: number): number {
  let total = 0
  let at = start
  // A length of 15 goes on in the next bytes, for as long as they are 255.
  const lengthFrom = (first: number): number => {
    let length = first
    if (first < 15) return length
    for (let byte = 255; byte === 255 && at < end; length += byte) byte = buffer[at++] ?? 0
    return length
  }
  while (at < end) {
    const token = buffer[at++] ?? 0
    const literals = lengthFrom(token >> 4)
    total += literals
    at += literals + 2
    if (at <= end) total += lengthFrom(token & 15) + 4
  }
  return total
}

function malformed(what: string): StreamError {
  return new StreamError('BATCH_CORRUPT', `lz4 frame is malformed: ${what}`)
}

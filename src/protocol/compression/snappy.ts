/**
 * Snappy, bare as librdkafka writes it, or in the blocks that Java's library writes: a header of 16 bytes, then blocks of
 * four bytes of length and bare snappy. Both are read; blocks are written.
 */
import { compress } from 'snappyjs'
import { StreamError } from '../../base/errors.ts'
import { decompressBlock } from './snappy-block.ts'

const blocksMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const blocksHeader = Buffer.concat([blocksMagic, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
const blockBytes = 32_768

export function snappyCompress(buffer: Buffer): Buffer {
  const chunks: Buffer[] = [blocksHeader]
  for (let at = 0; at < buffer.length; at += blockBytes) {
    const block = compress(buffer.subarray(at, Math.min(at + blockBytes, buffer.length)))
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(block.length)
    chunks.push(length, block)
  }
  return Buffer.concat(chunks)
}

/** @throws StreamError `BATCH_CORRUPT` when it is malformed or holds more than `limitBytes` */
export function snappyDecompress(buffer: Buffer, limitBytes: number): Buffer {
  if (!isInBlocks(buffer)) return decompressBlock(buffer, limitBytes)
  const blocks: Buffer[] = []
  let left = limitBytes
  let at = blocksHeader.length
  while (at < buffer.length) {
    const length = at + 4 <= buffer.length ? buffer.readUInt32BE(at) : Infinity
    const start = at + 4
    if (start + length > buffer.length) throw new StreamError('BATCH_CORRUPT', 'snappy block is cut')
    const block = decompressBlock(buffer.subarray(start, start + length), left)
    left -= block.length
    blocks.push(block)
    at = start + length
  }
  return Buffer.concat(blocks)
}

function isInBlocks(buffer: Buffer): boolean {
  return buffer.length >= blocksHeader.length && buffer.subarray(0, blocksMagic.length).equals(blocksMagic)
}

/**
 * Decompresses one block of bare snappy.
 *
 * The library that compresses can also decompress, but trusts literal lengths of four bytes: a negative one sends it back to
 * where it has been, for ever. Here every length is checked against both ends before a byte is copied.
 *
 * Source. Snappy's public format description.
 */
import { StreamError } from '../../base/errors.ts'

/** No sequence of snappy makes more than 64 bytes out of three. */
const mostPerByte = 32

/** @throws StreamError `BATCH_CORRUPT` when it is malformed or holds more than `limitBytes` */
export function decompressBlock(block: Buffer, limitBytes: number): Buffer {
  const input: Cursor = { buffer: block, at: 0 }
  const size = readSize(input)
  if (size > limitBytes || size > block.length * mostPerByte) {
    throw malformed(`${block.length} bytes are said to hold ${size}`)
  }
  const output: Cursor = { buffer: Buffer.allocUnsafe(size), at: 0 }
  while (input.at < block.length) {
    const tag = readLittleEndian(input, 1)
    if ((tag & 3) === 0) copyLiteral(tag, input, output)
    else copyBack(tag, input, output)
  }
  if (output.at !== size) throw malformed(`${output.at} of ${size} bytes came out`)
  return output.buffer
}

interface Cursor {
  readonly buffer: Buffer
  at: number
}

function copyLiteral(tag: number, input: Cursor, output: Cursor): void {
  const short = tag >> 2
  const length = (short < 60 ? short : readLittleEndian(input, short - 59)) + 1
  const start = input.at
  if (length > input.buffer.length - start) throw malformed('a literal is cut')
  if (length > output.buffer.length - output.at) throw malformed('a literal is too long')
  input.buffer.copy(output.buffer, output.at, start, start + length)
  input.at += length
  output.at += length
}

function copyBack(tag: number, input: Cursor, output: Cursor): void {
  const kind = tag & 3
  const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
  const distance =
    kind === 1 ? (tag >> 5) * 256 + readLittleEndian(input, 1) : readLittleEndian(input, kind === 2 ? 2 : 4)
  const { buffer, at } = output
  if (distance === 0 || distance > at) throw malformed('a copy begins before the start')
  if (length > buffer.length - at) throw malformed('a copy is too long')
  // Source and target may overlap: then the bytes just written are copied again, so it goes byte by byte.
  for (let to = at; to < at + length; to++) buffer[to] = buffer[to - distance] ?? 0
  output.at = at + length
}

function readSize(input: Cursor): number {
  let size = 0
  for (let scale = 1; scale <= 128 ** 4; scale *= 128) {
    const byte = readLittleEndian(input, 1)
    size += (byte & 127) * scale
    if (byte < 128) return size
  }
  throw malformed('its size is too long')
}

function readLittleEndian(input: Cursor, bytes: number): number {
  if (input.at + bytes > input.buffer.length) throw malformed('it is cut')
  const value = input.buffer.readUIntLE(input.at, bytes)
  input.at += bytes
  return value
}

function malformed(what: string): StreamError {
  return new StreamError('BATCH_CORRUPT', `snappy block is malformed: ${what}`)
}

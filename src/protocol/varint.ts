import type { ByteWriter } from '../base/byte-writer.ts'

/**
 * Kafka's variable-length integers: seven bits a byte, low bits first. Signed ones are zigzag encoded. The 64-bit forms
 * take and give numbers, without BigInt; beyond ±2^53 they lose precision, and callers check.
 */

const twoTo32 = 4_294_967_296

/** How many bytes {@link putVarint} takes. @param value - int32 */
export function varintSize(value: number): number {
  return unsignedVarintSize((value << 1) ^ (value >> 31))
}

/** How many bytes {@link writeUnsignedVarint} takes. @param value - taken as uint32 */
export function unsignedVarintSize(value: number): number {
  const bits = 32 - Math.clz32(value | 1)
  return Math.ceil(bits / 7)
}

/** How many bytes {@link putVarlong} takes. @param value - a whole number within ±2^53 */
export function varlongSize(value: number): number {
  if (value >= -1_073_741_824 && value < 1_073_741_824) return varintSize(value)
  let size = 1
  // The sign takes one of the first byte's seven bits.
  for (let rest = Math.floor(magnitudeOf(value) / 64); rest > 0; rest = Math.floor(rest / 128)) size++
  return size
}

/** Writes a uint32. */
export function writeUnsignedVarint(writer: ByteWriter, value: number): void {
  let rest = value >>> 0
  let at = writer.reserve(unsignedVarintSize(rest))
  const { buffer } = writer
  for (; rest > 127; rest >>>= 7) buffer[at++] = (rest & 127) | 128
  buffer[at] = rest
}

/**
 * Writes a zigzag varint at a position that has room for it, and gives the position after it. For the record path.
 *
 * @param value - int32
 */
export function putVarint(buffer: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let to = at
  for (; rest > 127; rest >>>= 7) buffer[to++] = (rest & 127) | 128
  buffer[to++] = rest
  return to
}

/** Like {@link putVarint} for whole numbers within ±2^53. */
export function putVarlong(buffer: Buffer, at: number, value: number): number {
  if (value >= -1_073_741_824 && value < 1_073_741_824) return putVarint(buffer, at, value)
  const magnitude = magnitudeOf(value)
  let to = at
  let bits = (magnitude % 64) * 2 + (value < 0 ? 1 : 0)
  for (let rest = Math.floor(magnitude / 64); rest > 0; rest = Math.floor(rest / 128)) {
    buffer[to++] = bits | 128
    bits = rest % 128
  }
  buffer[to++] = bits
  return to
}

/** What zigzag doubles; kept apart from the sign, since the double is beyond 2^53. */
function magnitudeOf(value: number): number {
  return value < 0 ? -(value + 1) : value
}

/** The signed number whose zigzag form has these two halves, both uint32. */
export function unzigzag64(high: number, low: number): number {
  const magnitude = (high >>> 1) * twoTo32 + (((high & 1) << 31) | (low >>> 1))
  const unsigned = (high & 1) === 1 ? magnitude + twoTo32 : magnitude
  return (low & 1) === 1 ? -unsigned - 1 : unsigned
}

import { crc32c as nativeCrc32c } from '@node-rs/crc32'

/** The Castagnoli checksum of `buffer[start .. end)`, as a uint32. */
export function crc32c(buffer: Buffer, start = 0, end: number = buffer.length): number {
  return nativeCrc32c(buffer.subarray(start, end)) >>> 0
}

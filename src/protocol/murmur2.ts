/**
 * The hash by which Kafka's Java clients choose a partition from a key's bytes: murmur2, 32 bit, with their seed. Equal
 * bytes go to the same partition whoever writes them.
 */

const seed = 0x97_47_b2_8c
const multiplier = 0x5b_d1_e9_95

/** The hash of `buffer[start .. end)`, as an int32. */
export function murmur2(buffer: Buffer, start = 0, end: number = buffer.length): number {
  let hash = seed ^ (end - start)
  let at = start
  for (; at + 4 <= end; at += 4) {
    let word =
      byte(buffer, at) |
      (byte(buffer, at + 1) << 8) |
      (byte(buffer, at + 2) << 16) |
      (byte(buffer, at + 3) << 24)
    word = Math.imul(word, multiplier)
    word = Math.imul(word ^ (word >>> 24), multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  const left = end - at
  if (left === 3) hash ^= byte(buffer, at + 2) << 16
  if (left >= 2) hash ^= byte(buffer, at + 1) << 8
  if (left >= 1) hash = Math.imul(hash ^ byte(buffer, at), multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

/** The partition of a key, as Java's default partitioner has it. @param count - how many partitions there are, at least 1 */
export function partitionOfKey(buffer: Buffer, start: number, end: number, count: number): number {
  return (murmur2(buffer, start, end) & 0x7f_ff_ff_ff) % count
}

function byte(buffer: Buffer, at: number): number {
  return buffer[at] ?? 0
}

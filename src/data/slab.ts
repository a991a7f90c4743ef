/**
 * Memory for many small pieces that live long: they share buffers of a few pages, so that a piece costs its bytes and no object.
 * A slab lives as long as any of its pieces; it is small, so that a few survivors do not hold much.
 */
const slabBytes = 65_536

let slab = Buffer.allocUnsafeSlow(slabBytes)
let free = 0
let lastStart = 0

/** Copies `source[start .. end)`; gives the slab in which the copy begins at {@link slabStart}. */
export function copyToSlab(source: Buffer, start: number, end: number): Buffer {
  const length = end - start
  if (length > slabBytes >> 4) {
    const own = Buffer.allocUnsafeSlow(length)
    source.copy(own, 0, start, end)
    lastStart = 0
    return own
  }
  if (free + length > slabBytes) {
    slab = Buffer.allocUnsafeSlow(slabBytes)
    free = 0
  }
  source.copy(slab, free, start, end)
  lastStart = free
  free += length
  return slab
}

/** Where the last copy begins. */
export function slabStart(): number {
  return lastStart
}

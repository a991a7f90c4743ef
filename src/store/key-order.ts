/**
 * About in which order keys stand. RocksDB finds a key's place from the place of the one before it: near ones cost half as much as those
 * that come as they like, and looking for exactly the right order would cost more than that saves.
 */

/** Where keys are. */
export interface KeyPlaces {
  readonly length: number
  readonly buffer: (index: number) => Buffer
  readonly start: (index: number) => number
  readonly end: (index: number) => number
}

/** So many bytes of a key, behind what all begin with, say where it stands. */
const leadingBytes = 5
const exactBits = 53
/** More keys would leave too few bits for what they look like. */
const keysMax = 2 ** 20

/** Places by the first bytes in which keys differ; those that have the same, and so those of the same key, stay as they were. */
export function keyOrder(keys: KeyPlaces): Uint32Array | undefined {
  const { length } = keys
  if (length < 2 || length > keysMax) return undefined
  const prefix = commonPrefix(keys)
  const indexes = 2 ** Math.ceil(Math.log2(length))
  const scale = Math.min(1, 2 ** (exactBits - 8 * leadingBytes) / indexes)
  const numbers = new Float64Array(length)
  for (let index = 0; index < length; index++) {
    const buffer = keys.buffer(index)
    const end = keys.end(index)
    let number = 0
    for (let byte = 0, at = keys.start(index) + prefix; byte < leadingBytes; byte++, at++)
      number = number * 256 + (at < end ? (buffer[at] as number) : 0)
    numbers[index] = Math.floor(number * scale) * indexes + index
  }
  numbers.sort()
  const order = new Uint32Array(length)
  for (let place = 0; place < length; place++) {
    const number = numbers[place] as number
    order[place] = number - Math.floor(number / indexes) * indexes
  }
  return order
}

function commonPrefix({ length, buffer, start, end }: KeyPlaces): number {
  const firstBuffer = buffer(0)
  const first = start(0)
  let common = end(0) - first
  for (let index = 1; index < length && common > 0; index++) {
    const other = buffer(index)
    const from = start(index)
    common = Math.min(common, end(index) - from)
    let same = 0
    while (same < common && other[from + same] === firstBuffer[first + same]) same++
    common = same
  }
  return common
}

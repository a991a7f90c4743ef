import { StreamError } from '../../base/errors.ts'

/**
 * Entries of keys and values in a few large buffers outside the JavaScript heap.
 *
 * An entry is addressed by one 32-bit number: chunk index times the units of a chunk, plus the unit at which the entry begins. It holds
 * its size in units, the lengths of key and value and the key's hash, then the bytes of both. Released entries stay as garbage
 * until their chunk is emptied; see {@link ByteArena.worstChunk}.
 */
const unitBytes = 8
const wordsPerUnit = 2
const chunkUnitsBits = 19
const chunkUnits = 2 ** chunkUnitsBits
const offsetMask = chunkUnits - 1
/** 4 MiB: what emptying one chunk copies at most. */
const chunkBytesMax = chunkUnits * unitBytes
const chunkBytesMin = 8 * 1024
/** 32 GiB of addresses. */
const chunksMax = 2 ** (32 - chunkUnitsBits)
const headerBytes = 16
const releasedKey = 0xffff_ffff

interface Chunk {
  readonly bytes: Buffer
  /** The same memory by words of 32 bits. */
  readonly words: Uint32Array
  usedUnits: number
  garbageUnits: number
}

export class ByteArena {
  readonly #chunks: (Chunk | undefined)[] = []
  readonly #freeIndices: number[] = []
  #openIndex = -1
  #usedUnits = 0
  #garbageUnits = 0
  #allocatedBytes = 0

  get allocatedBytes(): number {
    return this.#allocatedBytes
  }

  /** @throws StreamError `STORE_FULL` beyond 32 GiB */
  add(hash: number, key: Buffer, value: Buffer): number {
    const units = unitsOf(key.length, value.length)
    const index = this.#chunkFor(units)
    const chunk = this.#chunk(index)
    const offset = chunk.usedUnits
    const word = offset * wordsPerUnit
    chunk.words[word] = units
    chunk.words[word + 1] = key.length
    chunk.words[word + 2] = value.length
    chunk.words[word + 3] = hash
    const at = offset * unitBytes + headerBytes
    chunk.bytes.set(key, at)
    chunk.bytes.set(value, at + key.length)
    chunk.usedUnits = offset + units
    this.#usedUnits += units
    return index * chunkUnits + offset
  }

  /** Writes another value over an entry's; false where it needs another place. */
  replaceValue(address: number, value: Buffer): boolean {
    const chunk = this.#chunkOf(address)
    const word = (address & offsetMask) * wordsPerUnit
    const keyBytes = chunk.words[word + 1] as number
    const units = unitsOf(keyBytes, value.length)
    const room = chunk.words[word] as number
    if (units > room || units * 2 < room) return false
    chunk.words[word + 2] = value.length
    chunk.bytes.set(value, (address & offsetMask) * unitBytes + headerBytes + keyBytes)
    return true
  }

  release(address: number): void {
    const index = address >>> chunkUnitsBits
    const chunk = this.#chunk(index)
    const word = (address & offsetMask) * wordsPerUnit
    const units = chunk.words[word] as number
    chunk.words[word + 1] = releasedKey
    chunk.garbageUnits += units
    this.#garbageUnits += units
    if (chunk.garbageUnits === chunk.usedUnits && index !== this.#openIndex) this.#drop(index)
  }

  hash(address: number): number {
    return this.#chunkOf(address).words[(address & offsetMask) * wordsPerUnit + 3] as number
  }

  keyEquals(address: number, key: Buffer): boolean {
    const { words, bytes } = this.#chunkOf(address)
    const offset = address & offsetMask
    const length = key.length
    if (words[offset * wordsPerUnit + 1] !== length) return false
    const at = offset * unitBytes + headerBytes
    for (let index = 0; index < length; index++) if (bytes[at + index] !== key[index]) return false
    return true
  }

  /** A view of the key, valid until the next change. */
  key(address: number): Buffer {
    const { words, bytes } = this.#chunkOf(address)
    const offset = address & offsetMask
    const at = offset * unitBytes + headerBytes
    return bytes.subarray(at, at + (words[offset * wordsPerUnit + 1] as number))
  }

  /** A view of the value, valid until the next change. */
  value(address: number): Buffer {
    const { words, bytes } = this.#chunkOf(address)
    const offset = address & offsetMask
    const word = offset * wordsPerUnit
    const at = offset * unitBytes + headerBytes + (words[word + 1] as number)
    return bytes.subarray(at, at + (words[word + 2] as number))
  }

  /** In unsigned byte order. */
  compareKeys(left: number, right: number): number {
    const leftChunk = this.#chunkOf(left)
    const rightChunk = this.#chunkOf(right)
    const leftOffset = left & offsetMask
    const rightOffset = right & offsetMask
    const leftBytes = leftChunk.words[leftOffset * wordsPerUnit + 1] as number
    const rightBytes = rightChunk.words[rightOffset * wordsPerUnit + 1] as number
    const leftAt = leftOffset * unitBytes + headerBytes
    const rightAt = rightOffset * unitBytes + headerBytes
    const shared = Math.min(leftBytes, rightBytes)
    for (let index = 0; index < shared; index++) {
      const difference =
        (leftChunk.bytes[leftAt + index] as number) - (rightChunk.bytes[rightAt + index] as number)
      if (difference !== 0) return difference
    }
    return leftBytes - rightBytes
  }

  /** An entry's key against another, in unsigned byte order. */
  compareKey(address: number, key: Buffer): number {
    const { words, bytes } = this.#chunkOf(address)
    const offset = address & offsetMask
    const at = offset * unitBytes + headerBytes
    const length = words[offset * wordsPerUnit + 1] as number
    const shared = Math.min(length, key.length)
    for (let index = 0; index < shared; index++) {
      const difference = (bytes[at + index] as number) - (key[index] as number)
      if (difference !== 0) return difference
    }
    return length - key.length
  }

  /** The chunk that is worth emptying: where garbage is beyond half of what lives and beyond one chunk. Undefined: none. */
  worstChunk(): number | undefined {
    const open = this.#chunks[this.#openIndex]
    if (open === undefined) return undefined
    const liveUnits = this.#usedUnits - this.#garbageUnits
    if (this.#garbageUnits * unitBytes <= Math.max((liveUnits * unitBytes) / 2, open.bytes.length))
      return undefined
    let worst: number | undefined
    let most = 0
    for (let index = 0; index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index]
      if (chunk === undefined || index === this.#openIndex || chunk.garbageUnits <= most) continue
      most = chunk.garbageUnits
      worst = index
    }
    return worst
  }

  /** Copies every live entry of a chunk to another place, tells where to, and gives the chunk's memory back. */
  emptyChunk(index: number, moved: (from: number, to: number) => void): void {
    const chunk = this.#chunk(index)
    for (let offset = 0; offset < chunk.usedUnits;) {
      const word = offset * wordsPerUnit
      const units = chunk.words[word] as number
      if (chunk.words[word + 1] !== releasedKey) {
        const from = index * chunkUnits + offset
        moved(from, this.add(chunk.words[word + 3] as number, this.key(from), this.value(from)))
      }
      offset += units
    }
    this.#garbageUnits += chunk.usedUnits - chunk.garbageUnits
    chunk.garbageUnits = chunk.usedUnits
    this.#drop(index)
  }

  #chunkFor(units: number): number {
    const open = this.#chunks[this.#openIndex]
    if (open !== undefined && (open.usedUnits + units) * unitBytes <= open.bytes.length)
      return this.#openIndex
    const bytes = units * unitBytes
    if (bytes > chunkBytesMax / 4 && open !== undefined) return this.#openChunk(bytes)
    const size = Math.min(chunkBytesMax, Math.max(chunkBytesMin, this.#allocatedBytes))
    this.#openIndex = this.#openChunk(Math.max(bytes, size))
    return this.#openIndex
  }

  #openChunk(sizeBytes: number): number {
    const index = this.#freeIndices.pop() ?? this.#chunks.length
    if (index >= chunksMax) throw storeFull()
    const memory = new ArrayBuffer(sizeBytes)
    this.#chunks[index] = {
      bytes: Buffer.from(memory),
      words: new Uint32Array(memory),
      usedUnits: 0,
      garbageUnits: 0,
    }
    this.#allocatedBytes += sizeBytes
    return index
  }

  #drop(index: number): void {
    const chunk = this.#chunk(index)
    this.#usedUnits -= chunk.usedUnits
    this.#garbageUnits -= chunk.garbageUnits
    this.#allocatedBytes -= chunk.bytes.length
    this.#chunks[index] = undefined
    this.#freeIndices.push(index)
  }

  #chunkOf(address: number): Chunk {
    return this.#chunks[address >>> chunkUnitsBits] as Chunk
  }

  #chunk(index: number): Chunk {
    return this.#chunks[index] as Chunk
  }
}

function unitsOf(keyBytes: number, valueBytes: number): number {
  return Math.ceil((headerBytes + keyBytes + valueBytes) / unitBytes)
}

function storeFull(): StreamError {
  return new StreamError('STORE_FULL', 'could not add to a store in memory: it holds 32 GiB', {
    hint: 'Use more partitions, or a store on disk (persistent: true).',
  })
}

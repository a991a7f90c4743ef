/**
 * Addresses of entries in the order of their keys: leaves of a few hundred in one list. A look-up is two binary searches; an insert moves
 * a part of one leaf, and now and then a part of the list when a leaf splits.
 */
const leafMax = 512

interface Leaf {
  readonly addresses: Uint32Array
  count: number
}

/** Orders an entry's key against another key. */
type CompareKey = (address: number, key: Buffer) => number

/** A place in the order. Moved by whoever walks. */
export interface Cursor {
  leaf: number
  at: number
}

export class SortedAddresses {
  readonly #compare: CompareKey
  #leaves: Leaf[]

  /** @param sorted - all there are, in order */
  constructor(sorted: Uint32Array, compare: CompareKey) {
    this.#compare = compare
    this.#leaves = []
    // Leaves with room, so that the first inserts do not split every one of them.
    const fill = leafMax / 2
    for (let from = 0; from < sorted.length; from += fill)
      this.#leaves.push(leafOf(sorted.subarray(from, from + fill)))
  }

  get sizeBytes(): number {
    return this.#leaves.length * leafMax * Uint32Array.BYTES_PER_ELEMENT
  }

  /** The first entry that is not below `key`; undefined: before all. */
  seek(key: Buffer | undefined): Cursor {
    if (key === undefined) return { leaf: 0, at: 0 }
    const leaf = this.#leafFor(key)
    return { leaf, at: this.#lowerBound(leaf, key) }
  }

  /** Behind all entries. */
  end(): Cursor {
    return { leaf: this.#leaves.length, at: 0 }
  }

  /** The address at a place, after moving to the next leaf where one is over; undefined: at the end. */
  here(cursor: Cursor): number | undefined {
    let leaf = this.#leaves[cursor.leaf]
    while (leaf !== undefined && cursor.at >= leaf.count) {
      leaf = this.#leaves[++cursor.leaf]
      cursor.at = 0
    }
    return leaf?.addresses[cursor.at]
  }

  /** Moves one back; the address there, undefined: it was the first. */
  before(cursor: Cursor): number | undefined {
    while (cursor.at === 0) {
      if (cursor.leaf === 0) return undefined
      cursor.leaf--
      cursor.at = this.#leaves[cursor.leaf]?.count ?? 0
    }
    cursor.at--
    return this.#leaves[cursor.leaf]?.addresses[cursor.at]
  }

  /** Adds an entry whose key is not there. */
  insert(address: number, key: Buffer): void {
    if (this.#leaves.length === 0) this.#leaves.push(leafOf(new Uint32Array(0)))
    let index = this.#leafFor(key)
    if ((this.#leaves[index] as Leaf).count === leafMax) {
      this.#split(index)
      index = this.#leafFor(key)
    }
    const leaf = this.#leaves[index] as Leaf
    const at = this.#lowerBound(index, key)
    leaf.addresses.copyWithin(at + 1, at, leaf.count)
    leaf.addresses[at] = address
    leaf.count++
  }

  /** Follows an entry to another address. */
  replace(address: number, key: Buffer): void {
    const cursor = this.seek(key)
    this.here(cursor)
    ;(this.#leaves[cursor.leaf] as Leaf).addresses[cursor.at] = address
  }

  /** Takes away an entry that is there. */
  remove(key: Buffer): void {
    const cursor = this.seek(key)
    this.here(cursor)
    const leaf = this.#leaves[cursor.leaf] as Leaf
    leaf.addresses.copyWithin(cursor.at, cursor.at + 1, leaf.count)
    leaf.count--
    if (leaf.count === 0) this.#leaves.splice(cursor.leaf, 1)
  }

  #split(index: number): void {
    const leaf = this.#leaves[index] as Leaf
    // Keys mostly come in ascending order at the end: a full last leaf stays full.
    const keep = index === this.#leaves.length - 1 ? leafMax - 1 : leafMax / 2
    this.#leaves.splice(index + 1, 0, leafOf(leaf.addresses.subarray(keep, leaf.count)))
    leaf.count = keep
  }

  /** The last leaf that begins at or below `key`, or the first. */
  #leafFor(key: Buffer): number {
    let low = 0
    let high = this.#leaves.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#compare((this.#leaves[middle] as Leaf).addresses[0] as number, key) <= 0) low = middle
      else high = middle
    }
    return low
  }

  #lowerBound(index: number, key: Buffer): number {
    const leaf = this.#leaves[index]
    if (leaf === undefined) return 0
    let low = 0
    let high = leaf.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(leaf.addresses[middle] as number, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

function leafOf(some: Uint32Array): Leaf {
  const addresses = new Uint32Array(leafMax)
  addresses.set(some)
  return { addresses, count: some.length }
}

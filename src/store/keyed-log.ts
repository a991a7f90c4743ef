/**
 * Entries in the order in which they came, found by key: they come at the end and leave at the front, or from the end where a generation
 * fails.
 *
 * Model. A ring of columns; the entries of one bucket of keys are a chain through it, oldest first. Places count upwards for ever, those
 * from `head` on up to `tail` are there.
 *
 * Cost. No object an entry: its bytes lie in buffers that many share, and a buffer goes with the last of its entries.
 */
import type { StoreKeyIdentity } from './contracts.ts'

export interface KeyedLogEntry {
  identity: StoreKeyIdentity
  first: number
  second: number
  /** Has the key from `start` to `keyEnd`, the value from there to `end`. */
  bytes: Buffer
  start: number
  keyEnd: number
  end: number
}

const capacityMin = 256
const noBytes = Buffer.alloc(0)
const nowhere = -1
const none: readonly number[] = []

export class KeyedLog {
  head = 0
  tail = 0
  sizeBytes = 0
  #capacity = 0
  #identity: StoreKeyIdentity[] = []
  #bytes: Buffer[] = []
  #first = new Float64Array(0)
  #second = new Int32Array(0)
  #hash = new Int32Array(0)
  #start = new Int32Array(0)
  #keyEnd = new Int32Array(0)
  #end = new Int32Array(0)
  /** Of an entry the next one in its chain; of a bucket its oldest and its newest. */
  #next = new Int32Array(0)
  #oldest = new Int32Array(0)
  #newest = new Int32Array(0)

  constructor() {
    this.#resize(capacityMin)
  }

  add(entry: KeyedLogEntry): void {
    if (this.tail - this.head === this.#capacity) this.#resize(this.#capacity * 2)
    const at = this.#slot(this.tail++)
    this.#identity[at] = entry.identity
    this.#bytes[at] = entry.bytes
    this.#first[at] = entry.first
    this.#second[at] = entry.second
    this.#hash[at] = hashOf(entry.identity)
    this.#start[at] = entry.start
    this.#keyEnd[at] = entry.keyEnd
    this.#end[at] = entry.end
    this.sizeBytes += entry.end - entry.start
    this.#chain(at)
  }

  /** The places of a key's entries within these times, both included: by time, then as they came. */
  find(identity: StoreKeyIdentity, from: number, to: number): readonly number[] {
    const hash = hashOf(identity)
    let found: number[] | undefined
    for (let at = this.#oldest[this.#bucket(hash)] as number; at !== nowhere; at = this.#next[at] as number) {
      if (this.#hash[at] !== hash) continue
      const first = this.#first[at] as number
      if (first < from || first > to || this.#identity[at] !== identity) continue
      found = this.#inOrder(found, this.head + this.#slot(at - this.head))
    }
    return found ?? none
  }

  first(place: number): number {
    return this.#first[this.#slot(place)] as number
  }

  /** What stands at a place: the same object at each call. */
  read(place: number, entry: KeyedLogEntry): KeyedLogEntry {
    const at = this.#slot(place)
    entry.identity = this.#identity[at] as StoreKeyIdentity
    entry.bytes = this.#bytes[at] as Buffer
    entry.first = this.#first[at] as number
    entry.second = this.#second[at] as number
    entry.start = this.#start[at] as number
    entry.keyEnd = this.#keyEnd[at] as number
    entry.end = this.#end[at] as number
    return entry
  }

  removeFirst(): void {
    const at = this.#slot(this.head++)
    // The oldest of all is the oldest of its bucket.
    const bucket = this.#bucket(this.#hash[at] as number)
    const next = this.#next[at] as number
    this.#oldest[bucket] = next
    if (next === nowhere) this.#newest[bucket] = nowhere
    this.#forget(at)
  }

  /** Takes all entries from a place on away. */
  truncate(tail: number): void {
    for (let place = tail; place < this.tail; place++) this.#forget(this.#slot(place))
    this.tail = tail
    this.#chainAll()
  }

  clear(): void {
    this.head = this.tail
    this.sizeBytes = 0
    this.#resize(capacityMin)
  }

  #slot(place: number): number {
    return place & (this.#capacity - 1)
  }

  #bucket(hash: number): number {
    return hash & (this.#oldest.length - 1)
  }

  #forget(at: number): void {
    this.sizeBytes -= (this.#end[at] as number) - (this.#start[at] as number)
    this.#identity[at] = ''
    this.#bytes[at] = noBytes
  }

  /** Nearly all come in the order of their times. */
  #inOrder(found: number[] | undefined, place: number): number[] {
    if (found === undefined) return [place]
    const first = this.first(place)
    let at = found.length
    while (at > 0 && this.first(found[at - 1] as number) > first) at--
    found.splice(at, 0, place)
    return found
  }

  #chain(at: number): void {
    const bucket = this.#bucket(this.#hash[at] as number)
    const newest = this.#newest[bucket] as number
    if (newest === nowhere) this.#oldest[bucket] = at
    else this.#next[newest] = at
    this.#newest[bucket] = at
    this.#next[at] = nowhere
  }

  #chainAll(): void {
    this.#oldest.fill(nowhere)
    this.#newest.fill(nowhere)
    for (let place = this.head; place < this.tail; place++) this.#chain(this.#slot(place))
  }

  #resize(capacity: number): void {
    const from = Array.from({ length: this.tail - this.head }, (_, index) => this.#slot(this.head + index))
    this.#capacity = capacity
    const move = <Item>(column: ArrayLike<Item>, room: Item[] | Int32Array | Float64Array): void => {
      for (const [index, at] of from.entries()) room[this.#slot(this.head + index)] = column[at] as never
    }
    const numbers = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const room = new Int32Array(capacity)
      move(column, room)
      return room
    }
    const objects = <Item>(column: readonly Item[], nothing: Item): Item[] => {
      const room = Array.from({ length: capacity }, () => nothing)
      move(column, room)
      return room
    }
    const first = new Float64Array(capacity)
    move(this.#first, first)
    this.#first = first
    this.#identity = objects(this.#identity, '')
    this.#bytes = objects(this.#bytes, noBytes)
    this.#second = numbers(this.#second)
    this.#hash = numbers(this.#hash)
    this.#start = numbers(this.#start)
    this.#keyEnd = numbers(this.#keyEnd)
    this.#end = numbers(this.#end)
    this.#next = new Int32Array(capacity)
    this.#oldest = new Int32Array(capacity)
    this.#newest = new Int32Array(capacity)
    this.#chainAll()
  }
}

function hashOf(identity: StoreKeyIdentity): number {
  if (typeof identity === 'number') return mixed((identity | 0) ^ Math.floor(identity / 4_294_967_296))
  const text = typeof identity === 'string' ? identity : identity.toString()
  let hash = 0
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return mixed(hash)
}

function mixed(hash: number): number {
  const high = Math.imul(hash, 0x9e3779b1)
  return high ^ (high >>> 15)
}

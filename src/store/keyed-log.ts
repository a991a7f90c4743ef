/**
 * Entries in the order in which they came, found by key: they come at the end and leave at the front, or from the end where a generation
 * fails.
 *
 * Model. A ring of columns; the entries of one bucket of keys are a chain through it, newest first. Places count upwards for ever, those
 * from `head` on up to `tail` are there; a chain ends where it leaves them.
 *
 * Cost. No object an entry: its bytes lie in buffers that many share, and a buffer goes with the last of its entries. A look-up passes what
 * is younger than its times, and stops where nothing in the rest of the chain is as young.
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
  /** Of an entry: how many places before it the next older one of its chain is; 0: there is none. */
  #back = new Int32Array(0)
  /** Of an entry: the latest time in its chain up to it. */
  #latest = new Float64Array(0)
  /** Of a bucket: the place of its newest entry. */
  #newest = new Float64Array(0)

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
    this.#chain(this.tail - 1)
  }

  /** The places of a key's entries within these times, both included: by time, then as they came. */
  find(identity: StoreKeyIdentity, from: number, to: number): readonly number[] {
    const hash = hashOf(identity)
    const newestFirst: number[] = []
    let place = this.#newest[this.#bucket(hash)] as number
    while (place >= this.head) {
      const at = this.#slot(place)
      if ((this.#latest[at] as number) < from) break
      if (this.#hash[at] === hash && this.#isWithin(at, from, to) && this.#identity[at] === identity)
        newestFirst.push(place)
      const back = this.#back[at] as number
      if (back === 0) break
      place -= back
    }
    return newestFirst.length === 0 ? none : this.#inOrder(newestFirst)
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
    this.#forget(this.#slot(this.head++))
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
    return hash & (this.#newest.length - 1)
  }

  #forget(at: number): void {
    this.sizeBytes -= (this.#end[at] as number) - (this.#start[at] as number)
    this.#identity[at] = ''
    this.#bytes[at] = noBytes
  }

  #isWithin(at: number, from: number, to: number): boolean {
    const first = this.#first[at] as number
    return first >= from && first <= to
  }

  /** By time, then as they came. Nearly all come in the order of their times. */
  #inOrder(newestFirst: readonly number[]): readonly number[] {
    const found: number[] = []
    for (const place of newestFirst.toReversed()) {
      const first = this.first(place)
      let at = found.length
      while (at > 0 && this.first(found[at - 1] as number) > first) at--
      if (at === found.length) found.push(place)
      else found.splice(at, 0, place)
    }
    return found
  }

  #chain(place: number): void {
    const at = this.#slot(place)
    const bucket = this.#bucket(this.#hash[at] as number)
    const newest = this.#newest[bucket] as number
    const isFirst = newest < this.head
    const first = this.#first[at] as number
    this.#back[at] = isFirst ? 0 : place - newest
    this.#latest[at] = isFirst ? first : Math.max(first, this.#latest[this.#slot(newest)] as number)
    this.#newest[bucket] = place
  }

  #chainAll(): void {
    this.#newest.fill(-1)
    for (let place = this.head; place < this.tail; place++) this.#chain(place)
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
    this.#back = new Int32Array(capacity)
    this.#latest = new Float64Array(capacity)
    this.#newest = new Float64Array(capacity)
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

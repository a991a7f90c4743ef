/**
 * What waits for its time, in order: by timestamp, then by the bytes of its key. Most comes in about this order and leaves at the front, or
 * from anywhere when it is found by key and time.
 *
 * Model. An array, sorted; what leaves is marked and stays in its place until it is at the front or the end, or until the marked ones are the
 * larger part. Per key a list of what waits.
 */
import type { StoreKeyIdentity } from '../../store/contracts.ts'

export interface Queued {
  readonly identity: StoreKeyIdentity
  readonly timestampMs: number
  /** Orders what has the same timestamp; two never have the same of both. One character a byte. */
  readonly storeKey: string
  /** The queue's: whether it has left. */
  hasLeft: boolean
}

/** Fewer that have left are not worth moving the others. */
const leftMin = 64

export class UnmatchedQueue<Entry extends Queued> {
  #entries: Entry[] = []
  /** All before this place have left. */
  #head = 0
  #count = 0
  readonly #byKey = new Map<StoreKeyIdentity, Entry | Entry[]>()

  get isEmpty(): boolean {
    return this.#count === 0
  }

  first(): Entry | undefined {
    const entries = this.#entries
    while (entries[this.#head]?.hasLeft === true) this.#head++
    return entries[this.#head]
  }

  last(): Entry | undefined {
    return this.#entries.findLast(({ hasLeft }) => !hasLeft)
  }

  /** The first one behind this one, which may be of another queue. */
  after(other: Queued): Entry | undefined {
    for (let at = this.#placeOf(other); at < this.#entries.length; at++) {
      const entry = this.#entries[at] as Entry
      if (!entry.hasLeft && entry.storeKey !== other.storeKey) return entry
    }
    return undefined
  }

  find(identity: StoreKeyIdentity, timestampMs: number): Entry | undefined {
    const siblings = this.#byKey.get(identity)
    if (Array.isArray(siblings)) return siblings.find((entry) => entry.timestampMs === timestampMs)
    return siblings?.timestampMs === timestampMs ? siblings : undefined
  }

  add(entry: Entry): void {
    const at = this.#placeOf(entry)
    if (at === this.#entries.length) this.#entries.push(entry)
    else this.#entries.splice(at, 0, entry)
    const siblings = this.#byKey.get(entry.identity)
    if (siblings === undefined) this.#byKey.set(entry.identity, entry)
    else if (Array.isArray(siblings)) siblings.push(entry)
    else this.#byKey.set(entry.identity, [siblings, entry])
    this.#count++
  }

  remove(entry: Entry): void {
    entry.hasLeft = true
    this.#count--
    const siblings = this.#byKey.get(entry.identity)
    const left = Array.isArray(siblings) ? siblings.filter((other) => other !== entry) : []
    if (left.length === 0) this.#byKey.delete(entry.identity)
    else this.#byKey.set(entry.identity, left)
    if (this.#entries.length > leftMin && this.#count < this.#entries.length / 2) this.#compact()
  }

  #compact(): void {
    this.#entries = this.#entries.filter(({ hasLeft }) => !hasLeft)
    this.#head = 0
  }

  /** Where something stands, or would stand. */
  #placeOf(queued: Queued): number {
    const entries = this.#entries
    let [low, high] = [this.#head, entries.length]
    const last = entries[high - 1]
    if (last === undefined || isBefore(last, queued)) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(entries[middle] as Entry, queued)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isBefore(one: Queued, other: Queued): boolean {
  if (one.timestampMs !== other.timestampMs) return one.timestampMs < other.timestampMs
  return one.storeKey < other.storeKey
}

/**
 * What waits for its time, in order: by timestamp, right before left, then by the bytes of its key. Most comes in about this order and
 * leaves at the front, or from anywhere when it is found by key and time.
 *
 * Model. An array, sorted, and beside it one of the timestamps, in which places are looked for; what leaves is marked and stays in its
 * place until it is at the front, or until the marked ones are the larger part.
 */
import type { StoreKeyIdentity } from '../../store/contracts.ts'

export type JoinSide = 'left' | 'right'

/** Two never have the same side, timestamp and key. */
export interface Queued {
  readonly side: JoinSide
  readonly identity: StoreKeyIdentity
  readonly timestampMs: number
  /** Orders what has the same timestamp and side. One character a byte. */
  readonly keyText: string
  /** The queue's: whether it has left. */
  hasLeft: boolean
}

/** Fewer that have left are not worth moving the others. */
const leftMin = 64

export class UnmatchedQueue<Entry extends Queued> {
  #entries: Entry[] = []
  #times = new Float64Array(2 * leftMin)
  /** All before this place have left. */
  #head = 0
  #count = 0

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

  /** The first one behind this one, which may be of the other side's queue. */
  after(other: Queued): Entry | undefined {
    for (let at = this.#placeOf(other.timestampMs); at < this.#entries.length; at++) {
      const entry = this.#entries[at] as Entry
      if (!entry.hasLeft && isBefore(other, entry)) return entry
    }
    return undefined
  }

  find(identity: StoreKeyIdentity, timestampMs: number): Entry | undefined {
    for (let at = this.#placeOf(timestampMs); this.#isAt(at, timestampMs); at++) {
      const entry = this.#entries[at] as Entry
      if (!entry.hasLeft && entry.identity === identity) return entry
    }
    return undefined
  }

  add(entry: Entry): void {
    const entries = this.#entries
    const { timestampMs } = entry
    let at = this.#placeOf(timestampMs)
    while (this.#isAt(at, timestampMs) && isBefore(entries[at] as Entry, entry)) at++
    if (entries.length === this.#times.length) this.#times = copyOf(this.#times, entries.length * 2)
    if (at === entries.length) entries.push(entry)
    else {
      this.#times.copyWithin(at + 1, at, entries.length)
      entries.splice(at, 0, entry)
    }
    this.#times[at] = timestampMs
    this.#count++
  }

  remove(entry: Entry): void {
    entry.hasLeft = true
    this.#count--
    if (this.#entries.length > leftMin && this.#count < this.#entries.length / 2) this.#compact()
  }

  #compact(): void {
    this.#entries = this.#entries.filter(({ hasLeft }) => !hasLeft)
    for (const [at, { timestampMs }] of this.#entries.entries()) this.#times[at] = timestampMs
    this.#head = 0
  }

  #isAt(at: number, timestampMs: number): boolean {
    return at < this.#entries.length && this.#times[at] === timestampMs
  }

  /** The place of the first one that is not before a time. */
  #placeOf(timestampMs: number): number {
    const times = this.#times
    let [low, high] = [this.#head, this.#entries.length]
    if (low === high || (times[high - 1] as number) < timestampMs) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if ((times[middle] as number) < timestampMs) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Of either side. */
export function isBefore(one: Queued, other: Queued): boolean {
  if (one.timestampMs !== other.timestampMs) return one.timestampMs < other.timestampMs
  if (one.side !== other.side) return one.side === 'right'
  return one.keyText < other.keyText
}

function copyOf(times: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length)
  copy.set(times)
  return copy
}

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

/** So many of one time are looked at one by one; more are looked for by their keys' text, which has to be made. */
const scannedMax = 8

/** Of one side. */
export class UnmatchedQueue<Entry extends Queued> {
  readonly #textOf: (key: unknown) => string
  #entries: Entry[] = []
  #times = new Float64Array(2 * leftMin)
  /** All before this place have left. */
  #head = 0
  #count = 0

  /** @param textOf - the text of a key, as {@link Queued.keyText} has it */
  constructor(textOf: (key: unknown) => string) {
    this.#textOf = textOf
  }

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
    for (let at = this.#placeBehind(other); at < this.#entries.length; at++) {
      const entry = this.#entries[at] as Entry
      if (!entry.hasLeft && isBefore(other, entry)) return entry
    }
    return undefined
  }

  /** In order. */
  entries(): Entry[] {
    return this.#entries.filter(({ hasLeft }) => !hasLeft)
  }

  find(identity: StoreKeyIdentity, timestampMs: number, key: unknown): Entry | undefined {
    const first = this.#placeOf(timestampMs)
    if (this.#isAt(first + scannedMax, timestampMs)) return this.#findText(timestampMs, this.#textOf(key))
    for (let at = first; this.#isAt(at, timestampMs); at++) {
      const entry = this.#entries[at] as Entry
      if (!entry.hasLeft && entry.identity === identity) return entry
    }
    return undefined
  }

  add(entry: Entry): void {
    const entries = this.#entries
    const { timestampMs } = entry
    let at = this.#placeOf(timestampMs)
    // Before those of the same key that have left, so that it is found first.
    if (this.#isAt(at, timestampMs)) at = this.#placeOfText(timestampMs, entry.keyText)
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
    this.#entries = this.entries()
    for (const [at, { timestampMs }] of this.#entries.entries()) this.#times[at] = timestampMs
    this.#head = 0
  }

  #isAt(at: number, timestampMs: number): boolean {
    return at < this.#entries.length && this.#times[at] === timestampMs
  }

  #findText(timestampMs: number, keyText: string): Entry | undefined {
    for (let at = this.#placeOfText(timestampMs, keyText); this.#isAt(at, timestampMs); at++) {
      const entry = this.#entries[at] as Entry
      if (entry.keyText !== keyText) return undefined
      if (!entry.hasLeft) return entry
    }
    return undefined
  }

  /** A place that all which is behind this one has at least. */
  #placeBehind(other: Queued): number {
    const { timestampMs } = other
    const at = this.#placeOf(timestampMs)
    if (!this.#isAt(at, timestampMs) || isBefore(other, this.#entries[at] as Entry)) return at
    return this.#entries[at]?.side === other.side
      ? this.#placeOfText(timestampMs, other.keyText)
      : this.#placeOf(timestampMs + 1)
  }

  /** Of one time: the place of the first one whose key is not before this one. */
  #placeOfText(timestampMs: number, keyText: string): number {
    let [low, high] = [this.#placeOf(timestampMs), this.#placeOf(timestampMs + 1)]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle] as Entry).keyText < keyText) low = middle + 1
      else high = middle
    }
    return low
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

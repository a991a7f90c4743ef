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
  /** Orders what has the same timestamp; two never have the same of both. */
  readonly storeKey: Buffer
}

interface Place<Entry> {
  /** Undefined: it has left. */
  entry: Entry | undefined
  readonly timestampMs: number
  readonly storeKey: Buffer
}

/** Fewer that have left are not worth moving the others. */
const leftMin = 64

export class UnmatchedQueue<Entry extends Queued> {
  #places: Place<Entry>[] = []
  /** All before this place have left. */
  #head = 0
  #count = 0
  readonly #byKey = new Map<StoreKeyIdentity, Place<Entry> | Place<Entry>[]>()

  get isEmpty(): boolean {
    return this.#count === 0
  }

  first(): Entry | undefined {
    const places = this.#places
    while (this.#head < places.length && places[this.#head]?.entry === undefined) this.#head++
    return places[this.#head]?.entry
  }

  last(): Entry | undefined {
    return this.#places.findLast(({ entry }) => entry !== undefined)?.entry
  }

  /** The first one behind this one, which may be of another queue. */
  after(other: Queued): Entry | undefined {
    for (let at = this.#placeOf(other); at < this.#places.length; at++) {
      const { entry, storeKey } = this.#places[at] as Place<Entry>
      if (entry !== undefined && !storeKey.equals(other.storeKey)) return entry
    }
    return undefined
  }

  find(identity: StoreKeyIdentity, timestampMs: number): Entry | undefined {
    return this.#find(identity, timestampMs)?.entry
  }

  add(entry: Entry): void {
    const { identity, timestampMs, storeKey } = entry
    const place = { entry, timestampMs, storeKey }
    const at = this.#placeOf(entry)
    if (at === this.#places.length) this.#places.push(place)
    else this.#places.splice(at, 0, place)
    const siblings = this.#byKey.get(identity)
    if (siblings === undefined) this.#byKey.set(identity, place)
    else if (Array.isArray(siblings)) siblings.push(place)
    else this.#byKey.set(identity, [siblings, place])
    this.#count++
  }

  remove({ identity, timestampMs }: Entry): void {
    const place = this.#find(identity, timestampMs)
    if (place === undefined) return
    place.entry = undefined
    this.#count--
    const siblings = this.#byKey.get(identity)
    const left = Array.isArray(siblings) ? siblings.filter((other) => other !== place) : []
    if (left.length === 0) this.#byKey.delete(identity)
    else this.#byKey.set(identity, left)
    if (this.#places.length > leftMin && this.#count < this.#places.length / 2) this.#compact()
  }

  #find(identity: StoreKeyIdentity, timestampMs: number): Place<Entry> | undefined {
    const siblings = this.#byKey.get(identity)
    if (Array.isArray(siblings)) return siblings.find((place) => place.timestampMs === timestampMs)
    return siblings?.timestampMs === timestampMs ? siblings : undefined
  }

  #compact(): void {
    this.#places = this.#places.filter(({ entry }) => entry !== undefined)
    this.#head = 0
  }

  /** Where something stands, or would stand. */
  #placeOf(queued: Queued): number {
    const places = this.#places
    let [low, high] = [this.#head, places.length]
    const last = places[high - 1]
    if (last === undefined || isBefore(last, queued)) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(places[middle] as Place<Entry>, queued)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isBefore(one: Pick<Queued, 'timestampMs' | 'storeKey'>, other: Queued): boolean {
  if (one.timestampMs !== other.timestampMs) return one.timestampMs < other.timestampMs
  return one.storeKey.compare(other.storeKey) < 0
}

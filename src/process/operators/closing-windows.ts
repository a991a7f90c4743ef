/**
 * Windows and sessions that are told of once they have closed: which of them have is found without a look at those that stay open.
 *
 * Model. A window has a time from which its close follows: where it stands in its store. Held are those of all times before one, by time, with
 * a heap that knows the earliest. At first, and after a restart, that is none; where more wait than are held, the latest are let go. Those
 * that are not held are read from the store when a time of theirs is asked for, as many as fit.
 * Cost: that of what closes; the store is read once, and again for each so many that do not fit.
 */
import { detach } from '../../data/lazy.ts'
import type { SessionStore, StoreKeyIdentity, WindowStore } from '../../store/contracts.ts'
import { timeHeap } from './heap.ts'

/** So many are held. */
const heldMaxDefault = 32_768

/** Where a window stands: of one of a fixed length, both are its slot; of a session, its end and its start. */
interface ClosingPlace {
  readonly key: unknown
  readonly timeMs: number
  readonly startMs: number
}

export interface ClosedWindow extends ClosingPlace {
  readonly value: unknown
  readonly timestampMs: number
}

/** A store as it is asked for what closes. */
interface ClosingStore {
  /** What stands in it from a time on; of one time, by the bytes of keys, then start. */
  from(fromMs: number): Iterable<ClosedWindow>
  find(place: ClosingPlace): ClosedWindow | undefined
  /** What tells those of one time apart. */
  identity(place: ClosingPlace): StoreKeyIdentity
  keyBytes(key: unknown): Buffer
}

export class ClosingWindows {
  readonly #store: ClosingStore
  readonly #heldMax: number
  readonly #held = new Map<number, Map<StoreKeyIdentity, ClosingPlace>>()
  #times = timeHeap()
  #count = 0
  /** All of earlier times are held. */
  #heldBeforeMs = Number.NEGATIVE_INFINITY

  constructor(store: ClosingStore, heldMax: number) {
    this.#store = store
    this.#heldMax = heldMax
  }

  /** Of a window that is put into the store, new or not. */
  add(place: ClosingPlace): void {
    const { timeMs } = place
    if (timeMs >= this.#heldBeforeMs) return
    let group = this.#held.get(timeMs)
    if (group === undefined) {
      group = new Map()
      this.#held.set(timeMs, group)
      this.#times.add(timeMs)
    }
    const identity = this.#store.identity(place)
    if (group.has(identity)) return
    group.set(identity, { key: detach(place.key), timeMs, startMs: place.startMs })
    this.#count++
    // Times of windows that are no more stay in the heap until their turn.
    if (this.#count > this.#heldMax || this.#times.count > 2 * this.#heldMax) this.#letGo()
  }

  /** Of one that is no more. */
  remove(place: ClosingPlace): void {
    const group = this.#held.get(place.timeMs)
    if (group?.delete(this.#store.identity(place)) !== true) return
    this.#count--
    if (group.size === 0) this.#held.delete(place.timeMs)
  }

  /** Those up to a time, this included, that have a value, by time, then the bytes of keys. @param fromMs - where the store may have others, too */
  take(fromMs: number, toMs: number): readonly ClosedWindow[] {
    const closed: ClosedWindow[] = []
    for (let first = this.#times.first; first !== undefined && first <= toMs; first = this.#times.first) {
      this.#times.removeFirst()
      this.#takeGroup(first, closed)
    }
    return toMs < this.#heldBeforeMs ? closed : [...closed, ...this.#read(fromMs, toMs)]
  }

  #takeGroup(timeMs: number, closed: ClosedWindow[]): void {
    const group = this.#held.get(timeMs)
    if (group === undefined) return
    this.#held.delete(timeMs)
    this.#count -= group.size
    for (const place of this.#inOrder([...group.values()])) {
      const found = this.#store.find(place)
      if (found !== undefined) closed.push(found)
    }
  }

  #inOrder(places: readonly ClosingPlace[]): readonly ClosingPlace[] {
    if (places.length < 2) return places
    return places
      .map((place) => ({ place, bytes: this.#store.keyBytes(place.key) }))
      .sort((a, b) => a.bytes.compare(b.bytes) || a.place.startMs - b.place.startMs)
      .map(({ place }) => place)
  }

  /** Those up to a time that are not held; later ones are held from now on. */
  #read(fromMs: number, toMs: number): ClosedWindow[] {
    const closed: ClosedWindow[] = []
    const unheldMs = Math.max(fromMs, this.#heldBeforeMs)
    this.#heldBeforeMs = Number.POSITIVE_INFINITY
    for (const window of this.#store.from(unheldMs)) {
      if (window.timeMs <= toMs) closed.push(window)
      else this.add(window)
    }
    return closed.sort((a, b) => a.timeMs - b.timeMs)
  }

  /** The latest, until there is room for many more. */
  #letGo(): void {
    const times = Float64Array.from(this.#held.keys()).sort()
    let at = times.length
    while (this.#count > this.#heldMax / 2 && at > 0) {
      const timeMs = times[--at] as number
      this.#count -= this.#held.get(timeMs)?.size ?? 0
      this.#held.delete(timeMs)
      this.#heldBeforeMs = timeMs
    }
    this.#times = timeHeap()
    for (const timeMs of times.subarray(0, at)) this.#times.add(timeMs)
  }
}

export function closingWindows(store: WindowStore, heldMax = heldMaxDefault): ClosingWindows {
  const asked: ClosingStore = {
    *from(fromMs) {
      for (const { key, startMs, value, timestampMs } of store.fetchAll({ fromMs, toMs: always }))
        yield { key, timeMs: startMs, startMs, value, timestampMs: timestampMs ?? startMs }
    },
    find: ({ key, timeMs, startMs }) => {
      const value = store.fetch(key, startMs)
      if (value === undefined) return undefined
      return { key, timeMs, startMs, value, timestampMs: store.timestampMs(key, startMs) ?? startMs }
    },
    identity: ({ key }) => store.identity(key),
    keyBytes: (key) => store.keyBytes(key),
  }
  return new ClosingWindows(asked, heldMax)
}

export function closingSessions(store: SessionStore, heldMax = heldMaxDefault): ClosingWindows {
  const asked: ClosingStore = {
    *from(fromMs) {
      const overlap = { earliestEndMs: fromMs, latestStartMs: always }
      for (const { endMs, ...session } of store.findSessionsOfKeys(allKeys, overlap))
        yield { ...session, timeMs: endMs, timestampMs: endMs }
    },
    find: ({ key, timeMs, startMs }) => {
      const value = store.fetchSession({ key, startMs, endMs: timeMs })
      return value === undefined ? undefined : { key, timeMs, startMs, value, timestampMs: timeMs }
    },
    identity: ({ key, startMs }) => `${startMs} ${store.identity(key)}`,
    keyBytes: (key) => store.keyBytes(key),
  }
  return new ClosingWindows(asked, heldMax)
}

const always = Number.MAX_SAFE_INTEGER
const allKeys = { from: undefined, to: undefined }

/**
 * What stands between operators and an engine of entries by key and time: windows, sessions, histories of versions.
 *
 * Model. Each key has a small array of its newest slots, by time; {@link Generations} says what is under way, the ring bounds what is clean.
 * The overlay remembers from which time on it has all that the engine has, so that live windows are served without reading it: beyond the
 * committed stream time the engine holds nothing, and later entries come through the overlay itself. Forgetting a slot moves that time
 * behind it. A key remembers the same of itself: what had to be read, after a restart or where the ring is too small, is read once for a
 * stretch of time and not per record. What was found empty is remembered by a marker in the ring.
 *
 * Invariants
 *  1. Every engine entry of a key with `first >= completeFrom`, the overlay's or its own, is in its array.
 *  2. A key is in the map while it has slots or a marker in the ring.
 *
 * Entries of an expired time are neither taken nor given; their buckets are dropped by whoever drives the store.
 */
import { ByteWriter } from '../base/byte-writer.ts'
import type { Counter } from '../base/metrics.ts'
import { detach } from '../data/lazy.ts'
import type { Buckets } from './buckets.ts'
import type { CleanBudget } from './clean-budget.ts'
import { CleanRing } from './clean-ring.ts'
import type { OrderedStore, RestoreRecords, StoreEntries, StoreKeyIdentity, TimeRange } from './contracts.ts'
import { Generations } from './generations.ts'
import { KeyTable } from './key-table.ts'
import type { GenerationSize } from './generation-size.ts'
import { SlotWriter, type SlotWriterOptions } from './slot-writer.ts'
import { fillSlot, goneGeneration, Slot } from './slot.ts'
import type { StreamTime } from './stream-time.ts'
import type { TimedCoding } from './timed-coding.ts'
import { TimedRestore } from './timed-restore.ts'
import { TimedKey, type TimedPlace, type TimedSlot } from './timed-key.ts'
import type { ValueCoding } from './value-coding.ts'

export interface TimedOverlayOptions extends Pick<
  SlotWriterOptions<TimedPlace>,
  'name' | 'changeLog' | 'logAt' | 'checksWrites'
> {
  readonly engine: Pick<OrderedStore, 'get' | 'range'>
  readonly coding: TimedCoding
  readonly values: ValueCoding
  readonly buckets: Buckets
  readonly time: StreamTime
  readonly cleanEntriesMax: number
  readonly cleanBudget: CleanBudget
  /** Counts reads that the overlay could not answer. */
  readonly engineReads: Counter
}

/** Which entry; `first` and `second` as in {@link TimedPlace}. */
export interface TimedEntry {
  readonly key: StoreKeyIdentity
  readonly first: number
  readonly second: number
}

/** `timestampMs` is undefined where values carry none. */
export type TimedVisitor = (
  value: unknown,
  first: number,
  timestampMs: number | undefined,
  slot: TimedSlot,
) => void

export class TimedOverlay {
  readonly options: TimedOverlayOptions
  readonly #keys = new KeyTable<TimedKey>()
  /** The key that was asked for last, while it is in the map. */
  #last: TimedKey | undefined = undefined
  /** Undefined: the engine has been written past the overlay, and nobody has asked since. */
  #completeFrom: number | undefined = undefined
  readonly #generations: Generations<TimedPlace>
  readonly #ring: CleanRing<TimedPlace>
  readonly #writer: SlotWriter<TimedPlace>
  readonly #isTimestamped: boolean
  /** Read from the engine and not in the ring yet: what is in use is not evicted. */
  readonly #loaded: TimedSlot[] = []
  readonly #scratch = new ByteWriter()
  readonly #restore: TimedRestore

  constructor(options: TimedOverlayOptions) {
    this.options = options
    this.#restore = new TimedRestore(options)
    this.#isTimestamped = options.values.prefixBytes > 0
    this.#writer = new SlotWriter({ ...options, keys: options.coding })
    this.#ring = new CleanRing(options.cleanEntriesMax, (slot) => this.#evict(slot), options.cleanBudget)
    this.#generations = new Generations(
      {
        enter: (slot) => this.#enter(slot),
        leave: ({ owner, first, second }) => this.#leave(owner, first, second),
        lose: (place) => this.#lose(place),
        reset: (slot, bytes) => fillSlot(slot, bytes, options.values),
        settled: (slot) => this.#ring.keep(slot),
        isOver: ({ identity }) => identity.first < options.buckets.committedLiveFromMs,
      },
      options.cleanBudget,
    )
  }

  get dirtyCount(): number {
    return this.#generations.dirtyCount
  }

  /** Whether entries of this time are not kept any more. */
  isExpired(first: number): boolean {
    return first < this.options.buckets.liveFromMs
  }

  /**
   * `null` deletes. A lazy value is kept over bytes of its own. The time must not have expired. Reads nothing; nothing has changed
   * where this throws.
   */
  put({ key, first, second }: TimedEntry, value: unknown, timestampMs: number): TimedSlot {
    const owner = this.#known(key) ?? this.#newKey(key)
    const newest = owner.find(first, second)
    const place = newest?.identity ?? { owner, first, second }
    const kept = detach(value) ?? null
    const bytes = this.#writer.write(place, kept, timestampMs)
    const slot = this.#generations.writable(newest, place, bytes)
    slot.value = kept
    slot.timestampMs = timestampMs
    return slot
  }

  /** The newest slot that has a value. */
  find(key: StoreKeyIdentity, first: number, second: number): TimedSlot | undefined {
    if (this.isExpired(first)) return undefined
    const owner = this.#known(key)
    const slot = owner?.find(first, second)
    if (slot !== undefined) {
      slot.touched = true
      return slot.value === null ? undefined : slot
    }
    if (first >= this.#completeFromOf(owner)) return undefined
    return this.#loadOne({ owner: owner ?? this.#newKey(key), first, second })
  }

  /** Calls `visit` for what a key has within these times, both included, in the order of its places. */
  visit(key: StoreKeyIdentity, times: TimeRange, visit: TimedVisitor): void {
    const from = Math.max(times.fromMs, this.options.buckets.liveFromMs)
    const owner = from > times.toMs ? undefined : this.#completed(key, from)
    if (owner !== undefined) this.#visitSlots(owner, from, times.toMs, visit)
    this.#keepLoaded()
  }

  /** The first entry of a key from a time on. */
  firstOf(key: StoreKeyIdentity, fromMs: number): TimedSlot | undefined {
    const from = Math.max(fromMs, this.options.buckets.liveFromMs)
    const owner = this.#completed(key, from)
    let at = owner?.lowerBound(from, -1) ?? 0
    while (owner?.slots[at]?.value === null) at++
    const slot = owner?.slots[at]
    if (slot !== undefined) slot.touched = true
    this.#keepLoaded()
    return slot
  }

  /** Slots that differ from the engine, each entry once, in no order. */
  dirtySlots(): Iterable<TimedSlot> {
    return this.#generations.dirtySlots()
  }

  seal(): number {
    return this.#generations.seal((slots) => this.#writer.encode(slots))
  }

  committed(generation: number): GenerationSize {
    return this.#generations.committed(generation)
  }

  unwritten(upTo: number): StoreEntries {
    return this.#generations.unwritten(upTo)
  }

  written(upTo: number): void {
    this.#generations.written(upTo)
  }

  failed(generation: number): void {
    this.#generations.failed(generation)
  }

  /** Change-log records as engine entries, without what has expired; what is remembered of their keys is forgotten. */
  restored(records: RestoreRecords): StoreEntries {
    this.#completeFrom = undefined
    const forget = (logged: Buffer): void => this.#forget(this.options.coding.ownerOf(logged))
    return this.#restore.entries(records, this.#keys.size > 0 ? forget : undefined)
  }

  /** Forgets clean entries of a time that has expired for good. */
  expire(beforeMs: number): void {
    this.#ring.takeOver(
      (slot) => (slot === slot.identity.owner.marker ? undefined : slot.identity.first < beforeMs),
      ({ identity: { owner, first, second } }) => this.#leave(owner, first, second),
    )
  }

  close(): void {
    this.#last = undefined
    this.#keys.clear()
    this.#ring.clear()
    this.#generations.clear()
  }

  /** A key whose slots are all there is from a time on; what had to be read is given a place in the ring by {@link #keepLoaded}. */
  #completed(key: StoreKeyIdentity, from: number): TimedKey | undefined {
    const owner = this.#known(key)
    if (from >= this.#completeFromOf(owner)) return owner
    return this.#load(owner ?? this.#newKey(key), from)
  }

  /** What is in the map for a key. An operator asks for the same one some times in a row. */
  #known(key: StoreKeyIdentity): TimedKey | undefined {
    if (this.#last?.identity === key) return this.#last
    const owner = this.#keys.get(key)
    if (owner !== undefined) this.#last = owner
    return owner
  }

  /** A key that enters the map only with a slot or a marker. */
  #newKey(key: StoreKeyIdentity): TimedKey {
    const owner = new TimedKey(key)
    owner.completeFrom = this.#completeFromOf(undefined)
    return owner
  }

  /** From which time on the engine need not be asked for a key. */
  #completeFromOf(owner: TimedKey | undefined): number {
    const behindCommitted = this.options.time.committedMs + 1
    this.#completeFrom ??= behindCommitted
    return Math.min(this.#completeFrom, behindCommitted, owner?.completeFrom ?? behindCommitted)
  }

  #forgetKey(identity: StoreKeyIdentity): void {
    this.#last = undefined
    this.#keys.delete(identity)
  }

  #keepLoaded(): void {
    if (this.#loaded.length === 0) return
    for (const slot of this.#loaded) this.#ring.keep(slot)
    this.#loaded.length = 0
  }

  #visitSlots(owner: TimedKey, from: number, to: number, visit: TimedVisitor): void {
    const { slots, marker } = owner
    if (marker !== undefined) marker.touched = true
    for (let at = owner.lowerBound(from, -1); at < slots.length; at++) {
      const slot = slots[at] as TimedSlot
      if (slot.identity.first > to) break
      slot.touched = true
      const timestampMs = this.#isTimestamped ? slot.timestampMs : undefined
      if (slot.value !== null) visit(slot.value, slot.identity.first, timestampMs, slot)
    }
  }

  #loadOne(place: TimedPlace): TimedSlot | undefined {
    const { engine, engineReads, coding } = this.options
    engineReads.value++
    const writer = this.#scratch
    writer.reset()
    coding.write(place, writer)
    const bytes = engine.get(writer.view())
    if (bytes === undefined) return undefined
    const slot = this.#clean(place, bytes)
    this.#ring.keep(slot)
    return slot
  }

  /** Reads what the engine has of a key from `from` on. */
  #load(owner: TimedKey, from: number): TimedKey {
    const { engine, engineReads, coding } = this.options
    engineReads.value++
    const end = this.#completeFromOf(owner)
    for (let bucket = coding.bucketOf(from); bucket <= coding.bucketOf(end - 1); bucket++) {
      const bounds = coding.bounds(owner, bucket, { from, end })
      for (const { key, value } of engine.range(bounds.from, bounds.to)) {
        if (key.length !== bounds.keyBytes) continue
        const place = { owner, first: coding.first(key), second: coding.second(key) }
        if (owner.find(place.first, place.second) === undefined) this.#loaded.push(this.#clean(place, value))
      }
    }
    this.#keys.set(owner.identity, owner)
    owner.completeFrom = from
    this.#loaded.push(markerOf(owner))
    return owner
  }

  #clean(place: TimedPlace, bytes: Buffer): TimedSlot {
    const slot: TimedSlot = new Slot(place)
    fillSlot(slot, bytes, this.options.values)
    this.#enter(slot)
    return slot
  }

  #enter(slot: TimedSlot): void {
    const { owner } = slot.identity
    if (owner.slots.length === 0) this.#keys.set(owner.identity, owner)
    owner.enter(slot)
  }

  #leave(owner: TimedKey, first: number, second: number): void {
    owner.leave(first, second)
    this.#dropIfIdle(owner)
  }

  /** The slot is gone, and the engine may have what it stood for. */
  #lose({ owner, first, second }: TimedPlace): void {
    owner.completeFrom = Math.max(owner.completeFrom, first + 1)
    if (this.#completeFrom !== undefined) this.#completeFrom = Math.max(this.#completeFrom, first + 1)
    this.#leave(owner, first, second)
  }

  #evict(slot: TimedSlot): void {
    const { owner } = slot.identity
    if (slot !== owner.marker) {
      this.#lose(slot.identity)
      return
    }
    owner.marker = undefined
    owner.completeFrom = Number.POSITIVE_INFINITY
    this.#dropIfIdle(owner)
  }

  #dropIfIdle(owner: TimedKey): void {
    if (owner.slots.length === 0 && owner.marker === undefined) this.#forgetKey(owner.identity)
  }

  #forget(identity: StoreKeyIdentity): void {
    const owner = this.#keys.get(identity)
    if (owner === undefined) return
    for (const slot of owner.slots) slot.generation = goneGeneration
    if (owner.marker !== undefined) owner.marker.generation = goneGeneration
    this.#forgetKey(identity)
  }
}

function markerOf(owner: TimedKey): TimedSlot {
  owner.marker ??= new Slot({ owner, first: Number.NEGATIVE_INFINITY, second: 0 })
  return owner.marker
}

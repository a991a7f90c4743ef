/**
 * What stands between operators and an engine of one value a key: decoded values, in generations.
 *
 * Model. `newest` maps a key to its newest slot; {@link Generations} says what is under way, the ring bounds what is clean.
 *
 * Invariants
 *  1. The engine holds committed bytes only: exactly the sealed bytes of generations, in their order.
 *  2. A clean slot is in the ring, and the ring is bounded; dirty slots are bounded by the commit of whoever drives the store.
 *  3. Where the ring is full, what is read is kept when it is asked for again: what is not let in is a slot that is gone from the start.
 *
 * Cost. A hit is one look-up in a map. A key written many times between two seals is encoded once (with a change log of every write, once a write).
 */
import '../base/node-extras.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import type { Counter } from '../base/metrics.ts'
import { detach } from '../data/lazy.ts'
import type { CleanBudget } from './clean-budget.ts'
import { CleanRing } from './clean-ring.ts'
import type { PointStore, RestoreRecords, StoreEntries, StoreKeyIdentity } from './contracts.ts'
import { Doorkeeper } from './doorkeeper.ts'
import { Generations } from './generations.ts'
import { KeyTable } from './key-table.ts'
import type { Keying } from './keying.ts'
import type { GenerationSize } from './generation-size.ts'
import { plainKeys, SlotWriter, type SlotWriterOptions } from './slot-writer.ts'
import { cleanGeneration, fillSlot, goneGeneration, Slot } from './slot.ts'
import { TextIndex } from './text-index.ts'
import { storedRecords, type ValueCoding } from './value-coding.ts'

/** What turns keys and values into bytes and back: one a store. */
export interface Coding {
  readonly keys: Keying
  readonly values: ValueCoding
}

export interface OverlayOptions extends Pick<
  SlotWriterOptions<StoreKeyIdentity>,
  'name' | 'changeLog' | 'logAt' | 'checksWrites'
> {
  readonly engine: Pick<PointStore, 'get'>
  readonly coding: Coding
  readonly cleanEntriesMax: number
  readonly cleanBudget: CleanBudget
  /** Counts reads that the overlay could not answer. */
  readonly engineReads: Counter
}

export class Overlay {
  readonly coding: Coding
  readonly engine: OverlayOptions['engine']
  readonly #options: OverlayOptions
  readonly #newest = new KeyTable<Slot>()
  readonly #generations: Generations<StoreKeyIdentity>
  readonly #ring: CleanRing
  readonly #texts: TextIndex
  readonly #door: Doorkeeper
  /** Was read last and not let in. It equals what the engine has until something is written. */
  #passing: Slot | undefined = undefined
  readonly #writer: SlotWriter<StoreKeyIdentity>
  readonly #scratch = new ByteWriter()

  constructor(options: OverlayOptions) {
    this.#options = options
    this.coding = options.coding
    this.engine = options.engine
    this.#door = new Doorkeeper(options.cleanEntriesMax)
    this.#texts = new TextIndex(options.cleanEntriesMax)
    const { keys, values } = options.coding
    this.#writer = new SlotWriter({ ...options, keys: plainKeys(keys), values })
    const evict = (slot: Slot): void => {
      this.#newest.delete(slot.identity)
      this.#texts.drop(slot)
    }
    this.#ring = new CleanRing(options.cleanEntriesMax, evict, options.cleanBudget)
    this.#generations = new Generations(
      {
        enter: (slot) => this.#newest.set(slot.identity, slot),
        leave: (identity) => this.#newest.delete(identity),
        lose: (identity) => this.#newest.delete(identity),
        reset: (slot, bytes) => fillSlot(slot, bytes, values),
        settled: (slot) => this.#ring.keep(slot),
        isOver: () => false,
      },
      options.cleanBudget,
    )
  }

  get dirtyCount(): number {
    return this.#generations.dirtyCount
  }

  /** The newest slot of a key that has a value. */
  find(identity: StoreKeyIdentity): Slot | undefined {
    const slot = this.#newest.get(identity)
    if (slot === undefined) return this.#unkept(identity)
    slot.touched = true
    return slot.value === null ? undefined : slot
  }

  /** As {@link Overlay.find} for a key that is text, given as its bytes in a record: ASCII, nothing escaped. */
  findText(buffer: Buffer, start: number, end: number): Slot | undefined {
    const known = this.#texts.find(buffer, start, end)
    // A clean slot is the newest of its key; any other may have been replaced since it was put into the index.
    if (known !== undefined && known.generation === cleanGeneration) {
      if (!known.touched) known.touched = true
      return known
    }
    const slot = this.find(this.coding.keys.identity(buffer.latin1Slice(start, end)))
    if (slot?.generation === cleanGeneration) this.#texts.put(buffer, start, end, slot)
    return slot
  }

  /** `null` deletes. A lazy value is kept over bytes of its own. Nothing has changed where this throws. */
  put(identity: StoreKeyIdentity, value: unknown, timestampMs: number): Slot {
    const kept = detach(value) ?? null
    const bytes = this.#writer.write(identity, kept, timestampMs)
    this.#passing = undefined
    const slot = this.#generations.writable(this.#newest.get(identity), identity, bytes)
    slot.value = kept
    slot.timestampMs = timestampMs
    return slot
  }

  /** Slots that differ from the engine, each key once, in no order of keys. */
  dirtySlots(): Iterable<Slot> {
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

  /** Change-log records as engine entries; what is remembered of their keys is forgotten. */
  restored(records: RestoreRecords): StoreEntries {
    this.#passing = undefined
    if (this.#newest.size > 0) for (const { key } of records) this.#forget(key)
    return storedRecords(records, this.coding.values.prefixBytes > 0, this.#scratch)
  }

  close(): void {
    this.#newest.clear()
    this.#ring.clear()
    this.#generations.clear()
  }

  /** Operators ask for a key some times in a row: for its value, then its time. */
  #unkept(identity: StoreKeyIdentity): Slot | undefined {
    return this.#passing?.identity === identity ? this.#passing : this.#load(identity)
  }

  #load(identity: StoreKeyIdentity): Slot | undefined {
    this.#options.engineReads.value++
    const key = this.#scratch
    key.reset()
    this.coding.keys.write(identity, key)
    const bytes = this.engine.get(key.view())
    if (bytes === undefined) return undefined
    const slot = new Slot(identity)
    fillSlot(slot, bytes, this.coding.values)
    if (this.#ring.isFull && !this.#door.admits(identity)) {
      slot.generation = goneGeneration
      this.#passing = slot
      return slot
    }
    this.#newest.set(identity, slot)
    this.#ring.keep(slot)
    return slot
  }

  #forget(key: Buffer): void {
    const identity = this.coding.keys.fromBytes(key)
    const slot = this.#newest.get(identity)
    if (slot === undefined) return
    slot.generation = goneGeneration
    this.#newest.delete(identity)
  }
}

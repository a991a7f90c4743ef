/**
 * What stands between operators and an engine: decoded values, in generations.
 *
 * Model. `newest` maps a key to its newest slot. A slot belongs to the open generation (written since the last seal), to a sealed one (its
 * transaction is under way), or is clean (equals the engine). A key written again after a seal gets a new slot that links to the
 * sealed one, so that a failure can fall back to it; a clean slot is written in place. Tombstones are slots with a null value until they are committed.
 *
 * Invariants
 *  1. The engine holds committed bytes only: exactly the sealed bytes of generations, in their order.
 *  2. A chain of slots is at most as long as there are generations under way; its links point to older, uncommitted slots.
 *  3. A clean slot is in the ring, and the ring is bounded; dirty slots are bounded by the commit of whoever drives the store.
 *
 * Cost. A hit is one look-up in a map. A key written many times between two seals is encoded once (with a change log of every write, once a write).
 */
import '../base/node-extras.ts'
import { assert } from '../base/assert.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { addDetail, toStreamError, type StreamError } from '../base/errors.ts'
import type { Counter } from '../base/metrics.ts'
import { detach } from '../data/lazy.ts'
import { CleanRing } from './clean-ring.ts'
import type {
  ChangeLogPosition,
  ChangeLogSink,
  PointStore,
  RestoreBatch,
  StoreKeyIdentity,
} from './contracts.ts'
import { encodeSlots, logEntries, type Coding, type SealedGeneration } from './seal.ts'
import { cleanGeneration, goneGeneration, Slot } from './slot.ts'
import { TextIndex } from './text-index.ts'
import { timestampBytes } from './value-coding.ts'

export interface OverlayOptions {
  readonly name: string
  readonly engine: PointStore
  readonly coding: Coding
  /** Where changes are logged; undefined: nowhere. */
  readonly changeLog: ChangeLogSink | undefined
  /** `write`: every write in order; `seal`: each key once a generation. */
  readonly logAt: 'write' | 'seal'
  readonly cleanEntriesMax: number
  /** Counts reads that the overlay could not answer. */
  readonly engineReads: Counter
}

export class Overlay {
  readonly coding: Coding
  readonly engine: PointStore
  readonly #options: OverlayOptions
  readonly #newest = new Map<StoreKeyIdentity, Slot>()
  readonly #ring: CleanRing
  readonly #texts: TextIndex
  readonly #sealed: SealedGeneration[] = []
  readonly #scratch = new ByteWriter()
  #spareWriter: ByteWriter | undefined
  #open = cleanGeneration + 1
  #dirty: Slot[] = []
  #sealedCount = 0

  constructor(options: OverlayOptions) {
    this.#options = options
    this.coding = options.coding
    this.engine = options.engine
    this.#texts = new TextIndex(options.cleanEntriesMax)
    this.#ring = new CleanRing(options.cleanEntriesMax, (slot) => this.#newest.delete(slot.identity))
  }

  get dirtyCount(): number {
    return this.#dirty.length + this.#sealedCount
  }

  /** The newest slot of a key that has a value. */
  find(identity: StoreKeyIdentity): Slot | undefined {
    const slot = this.#newest.get(identity)
    if (slot === undefined) return this.#load(identity)
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

  /** `null` deletes. A lazy value is kept over bytes of its own. */
  put(identity: StoreKeyIdentity, value: unknown, timestampMs: number): void {
    const slot = this.#writable(identity)
    slot.value = detach(value) ?? null
    slot.timestampMs = timestampMs
    if (this.#options.logAt === 'write') this.#logWrite(slot)
  }

  /** Slots that differ from the engine, each key once, newest first in no order of keys. */
  *dirtySlots(): Generator<Slot> {
    for (const slot of this.#dirty) yield slot
    for (const { slots } of this.#sealed) {
      for (const slot of slots) if (this.#newest.get(slot.identity) === slot) yield slot
    }
  }

  seal(): number {
    const writer = this.#spareWriter ?? new ByteWriter()
    this.#spareWriter = undefined
    const slots = this.#dirty
    const entries = this.#encode(slots, writer)
    const { changeLog, logAt, name } = this.#options
    if (changeLog !== undefined && logAt === 'seal') {
      const { prefixBytes } = this.coding.values
      logEntries(entries, slots, { sink: changeLog, store: name, prefixBytes })
    }
    this.#sealed.push({ number: this.#open, slots, entries, writer })
    this.#sealedCount += slots.length
    this.#dirty = []
    return this.#open++
  }

  committed(generation: number, position: ChangeLogPosition | undefined): void {
    const oldest = this.#sealed.shift()
    assert(oldest?.number === generation, `generation ${generation} is not the oldest sealed one`)
    if (oldest.entries.length > 0 || position !== undefined) {
      this.engine.write({ entries: oldest.entries, position })
    }
    this.#sealedCount -= oldest.slots.length
    for (const slot of oldest.slots) this.#settle(slot)
    this.#spareWriter = oldest.writer
  }

  failed(generation: number): void {
    for (const slot of this.#dirty) this.#fallBack(slot.identity, generation)
    this.#dirty = []
    for (
      let last = this.#sealed.at(-1);
      last !== undefined && last.number >= generation;
      last = this.#sealed.at(-1)
    ) {
      this.#sealed.pop()
      this.#sealedCount -= last.slots.length
      for (const slot of last.slots) this.#fallBack(slot.identity, generation)
    }
    this.#open++
  }

  restore(batch: RestoreBatch): void {
    assert(this.dirtyCount === 0, `store "${this.#options.name}" is restored while it is written`)
    const timestamped = this.coding.values.prefixBytes > 0
    const entries = timestamped ? withTimestamps(batch.entries, this.#scratch) : batch.entries
    this.engine.write({ entries, position: batch.position })
    if (this.#newest.size > 0) for (const { key } of batch.entries) this.#forget(key)
  }

  close(): void {
    this.#newest.clear()
    this.#ring.clear()
    this.#dirty = []
    this.#sealed.length = 0
    this.#sealedCount = 0
    this.engine.close()
  }

  #load(identity: StoreKeyIdentity): Slot | undefined {
    this.#options.engineReads.value++
    const key = this.#scratch
    key.reset()
    this.coding.keys.write(identity, key)
    const bytes = this.engine.get(key.view())
    if (bytes === undefined) return undefined
    const slot = new Slot(identity)
    slot.value = this.coding.values.read(bytes)
    slot.timestampMs = this.coding.values.timestampMs(bytes)
    this.#newest.set(identity, slot)
    this.#ring.keep(slot)
    return slot
  }

  /** The slot of the open generation. */
  #writable(identity: StoreKeyIdentity): Slot {
    let slot = this.#newest.get(identity)
    if (slot?.generation === this.#open) return slot
    if (slot === undefined || slot.generation !== cleanGeneration) {
      const older = slot
      slot = new Slot(identity)
      slot.older = older
      this.#newest.set(identity, slot)
    }
    slot.generation = this.#open
    this.#dirty.push(slot)
    return slot
  }

  #logWrite(slot: Slot): void {
    const sink = this.#options.changeLog
    if (sink === undefined) return
    const writer = this.#scratch
    writer.reset()
    const keyEnd = this.#writeSlot(slot, writer)
    const value =
      slot.value === null
        ? null
        : writer.buffer.subarray(keyEnd + this.coding.values.prefixBytes, writer.length)
    sink.append(this.#options.name, writer.buffer.subarray(0, keyEnd), value, slot.timestampMs ?? 0)
  }

  #encode(slots: readonly Slot[], writer: ByteWriter): SealedGeneration['entries'] {
    try {
      return encodeSlots(slots, this.coding, writer)
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /** @returns where the key ends */
  #writeSlot(slot: Slot, writer: ByteWriter): number {
    try {
      this.coding.keys.write(slot.identity, writer)
      const keyEnd = writer.length
      if (slot.value !== null) this.coding.values.write(slot.value, slot.timestampMs ?? 0, writer)
      return keyEnd
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #failure(error: unknown): StreamError {
    return addDetail(toStreamError(error), `It was written to store "${this.#options.name}".`)
  }

  /** A slot's bytes are in the engine now. */
  #settle(slot: Slot): void {
    let newest = this.#newest.get(slot.identity)
    if (newest === slot && slot.value !== null) {
      slot.generation = cleanGeneration
      this.#ring.keep(slot)
      return
    }
    slot.generation = goneGeneration
    if (newest === slot) {
      this.#newest.delete(slot.identity)
      return
    }
    while (newest !== undefined && newest.older !== slot) newest = newest.older
    if (newest !== undefined) newest.older = undefined
  }

  /** Takes a key's slots of this generation and later ones away. */
  #fallBack(identity: StoreKeyIdentity, generation: number): void {
    const newest = this.#newest.get(identity)
    let left = newest
    while (left !== undefined && left.generation >= generation) {
      left.generation = goneGeneration
      left = left.older
    }
    if (left === newest) return
    if (left === undefined) this.#newest.delete(identity)
    else this.#newest.set(identity, left)
  }

  #forget(key: Buffer): void {
    const identity = this.coding.keys.fromBytes(key)
    const slot = this.#newest.get(identity)
    if (slot === undefined) return
    slot.generation = goneGeneration
    this.#newest.delete(identity)
  }
}

/** Puts each record's time before its value, as the engine keeps it. */
function withTimestamps(entries: RestoreBatch['entries'], writer: ByteWriter) {
  writer.reset()
  for (const { value, timestampMs } of entries) {
    if (value === null) continue
    writer.writeInt64(timestampMs)
    writer.writeBytes(value)
  }
  let end = 0
  return entries.map(({ key, value }) => {
    if (value === null) return { key, value: null }
    const start = end
    end += timestampBytes + value.length
    return { key, value: writer.buffer.subarray(start, end) }
  })
}

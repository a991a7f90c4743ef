/**
 * The life of what is written to an overlay: open, sealed (its transaction is under way), then committed or failed.
 *
 * Model. A slot belongs to the open generation (written since the last seal), to a sealed one, or is clean (equals the engine). An
 * entry written again after a seal gets a new slot that links to the sealed one, so that a failure can fall back to it; a clean slot is
 * written in place. Tombstones are slots with a null value until they are committed.
 *
 * Invariant: a chain of slots is at most as long as there are generations under way; its links point to older, uncommitted slots.
 */
import { assert } from '../base/assert.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import type { StoreEntries } from './contracts.ts'
import { cleanGeneration, goneGeneration, Slot } from './slot.ts'

/** Where an overlay finds the newest slot of each entry. */
export interface NewestSlots<Identity> {
  newest(identity: Identity): Slot<Identity> | undefined
  /** Puts the slot where {@link NewestSlots.newest} finds it, in place of another. */
  enter(slot: Slot<Identity>): void
  /** The entry has no slot any more, and the engine has no such entry. */
  leave(identity: Identity): void
  /** The entry has no slot any more; the engine may have one. */
  lose(identity: Identity): void
  /** The slot is clean now and may be forgotten when room is needed. */
  settled(slot: Slot<Identity>): void
}

interface SealedGeneration<Identity> {
  readonly number: number
  readonly slots: readonly Slot<Identity>[]
  /** As they will stand in the engine. */
  readonly entries: StoreEntries
  /** Owns the bytes of `entries`. */
  readonly writer: ByteWriter
}

export class Generations<Identity> {
  readonly #index: NewestSlots<Identity>
  readonly #sealed: SealedGeneration<Identity>[] = []
  #spareWriter: ByteWriter | undefined
  #open = cleanGeneration + 1
  #dirty: Slot<Identity>[] = []
  #sealedCount = 0

  constructor(index: NewestSlots<Identity>) {
    this.#index = index
  }

  get dirtyCount(): number {
    return this.#dirty.length + this.#sealedCount
  }

  /** The entry's slot of the open generation; `newest` is what the index has now. */
  writable(newest: Slot<Identity> | undefined, identity: Identity): Slot<Identity> {
    if (newest?.generation === this.#open) return newest
    let slot = newest
    if (slot === undefined || slot.generation !== cleanGeneration) {
      slot = new Slot(identity)
      slot.older = newest
      if (newest !== undefined) newest.isOutdated = true
      this.#index.enter(slot)
    }
    slot.generation = this.#open
    this.#dirty.push(slot)
    return slot
  }

  /** Slots that differ from the engine, each entry once, newest first in no order of keys. */
  *dirtySlots(): Generator<Slot<Identity>> {
    for (const slot of this.#dirty) yield slot
    for (const { slots } of this.#sealed) {
      for (const slot of slots) if (this.#index.newest(slot.identity) === slot) yield slot
    }
  }

  /**
   * Closes the open generation and opens the next; gives its number.
   *
   * @param encode - makes the engine's entries of slots, all in `writer`; when it throws, nothing has changed
   */
  seal(encode: (slots: readonly Slot<Identity>[], writer: ByteWriter) => StoreEntries): number {
    const writer = this.#spareWriter ?? new ByteWriter()
    this.#spareWriter = undefined
    const slots = this.#dirty
    const entries = encode(slots, writer)
    this.#sealed.push({ number: this.#open, slots, entries, writer })
    this.#sealedCount += slots.length
    this.#dirty = []
    return this.#open++
  }

  /** What generation `generation`, the oldest sealed one, brings into the engine. */
  sealedEntries(generation: number): StoreEntries {
    const oldest = this.#sealed[0]
    assert(oldest?.number === generation, `generation ${generation} is not the oldest sealed one`)
    return oldest.entries
  }

  /** The oldest sealed generation is in the engine now. */
  committed(): void {
    const oldest = this.#sealed.shift()
    assert(oldest !== undefined, 'no generation is sealed')
    this.#sealedCount -= oldest.slots.length
    for (const slot of oldest.slots) this.#settle(slot)
    this.#spareWriter = oldest.writer
  }

  /** Drops this generation and all later ones. */
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

  clear(): void {
    this.#dirty = []
    this.#sealed.length = 0
    this.#sealedCount = 0
  }

  #settle(slot: Slot<Identity>): void {
    // Most are: nothing has to be looked up for them, far from where this was written.
    if (!slot.isOutdated && slot.value !== null && slot.generation !== goneGeneration) {
      slot.generation = cleanGeneration
      this.#index.settled(slot)
      return
    }
    let newest = this.#index.newest(slot.identity)
    slot.generation = goneGeneration
    if (newest === slot) {
      this.#index.leave(slot.identity)
      return
    }
    while (newest !== undefined && newest.older !== slot) newest = newest.older
    if (newest !== undefined) newest.older = undefined
  }

  /** Takes an entry's slots of this generation and later ones away. */
  #fallBack(identity: Identity, generation: number): void {
    const newest = this.#index.newest(identity)
    let left = newest
    while (left !== undefined && left.generation >= generation) {
      left.generation = goneGeneration
      left = left.older
    }
    if (left === newest) return
    if (left === undefined) {
      this.#index.lose(identity)
      return
    }
    left.isOutdated = false
    this.#index.enter(left)
  }
}

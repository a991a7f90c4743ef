/**
 * The life of what is written to an overlay: open, sealed (its transaction is under way), then failed or committed; and what is committed
 * is written to the engine, at once or some generations later.
 *
 * Model. A slot belongs to the open generation (written since the last seal), to one behind it, or is clean (equals the engine). An
 * entry written again after a seal gets a new slot that links to the one before it, so that a failure can fall back to it; a clean slot is
 * written in place. Tombstones are slots with a null value until they are written to the engine.
 *
 * Invariants
 *  1. A slot links to an older one only while it is not committed itself.
 *  2. Generations are committed and written in their order; what is written equals all that was committed up to there, but for entries
 *     that were committed again since: their later values are written later, and a restart replays them.
 */
import { assert } from '../base/assert.ts'
import type { StoreEntries } from './contracts.ts'
import type { GenerationSize } from './managed-store.ts'
import { cleanGeneration, goneGeneration, Slot } from './slot.ts'
import { PickedEntries, type PackedEntries } from './store-entries.ts'

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
  /** Whether the entry has expired for good: the engine need not know of it. */
  isOver(slot: Slot<Identity>): boolean
}

interface SealedGeneration<Identity> {
  readonly number: number
  readonly slots: readonly Slot<Identity>[]
  /** As they will stand in the engine, in the order of the slots. */
  readonly entries: PackedEntries
}

export class Generations<Identity> {
  readonly #index: NewestSlots<Identity>
  readonly #sealed: SealedGeneration<Identity>[] = []
  /** Committed; the engine does not have them yet. */
  #unwritten: SealedGeneration<Identity>[] = []
  #committedTo = cleanGeneration
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
      if (newest !== undefined) newest.newer = slot
      this.#index.enter(slot)
    }
    slot.generation = this.#open
    this.#dirty.push(slot)
    return slot
  }

  /** Slots that differ from the engine, each entry once, in no order of keys. */
  *dirtySlots(): Generator<Slot<Identity>> {
    for (const slot of this.#dirty) yield slot
    for (const { slots } of [...this.#sealed, ...this.#unwritten]) {
      for (const slot of slots) if (slot.newer === undefined && slot.generation !== goneGeneration) yield slot
    }
  }

  /**
   * Closes the open generation and opens the next; gives its number.
   *
   * @param encode - makes the engine's entries of slots; when it throws, nothing has changed
   */
  seal(encode: (slots: readonly Slot<Identity>[]) => PackedEntries): number {
    const slots = this.#dirty
    const entries = encode(slots)
    this.#sealed.push({ number: this.#open, slots, entries })
    this.#sealedCount += slots.length
    this.#dirty = []
    return this.#open++
  }

  /** Generation `generation`, the oldest sealed one, has happened. */
  committed(generation: number): GenerationSize {
    const [oldest] = this.#sealed
    assert(oldest?.number === generation, `generation ${generation} is not the oldest sealed one`)
    this.#sealed.shift()
    this.#sealedCount -= oldest.slots.length
    for (const slot of oldest.slots) slot.older = undefined
    this.#committedTo = generation
    if (oldest.slots.length > 0) this.#unwritten.push(oldest)
    return { count: oldest.slots.length, bytes: oldest.entries.sizeBytes }
  }

  /** What the committed generations up to this one bring into the engine: entries whose last committed value is theirs. */
  unwritten(upTo: number): StoreEntries {
    const picked = new PickedEntries()
    for (const { number, slots, entries } of this.#unwritten) {
      if (number > upTo) break
      picked.add(entries, (index) => this.#isWanted(slots[index] as Slot<Identity>))
    }
    return picked
  }

  /** The engine has the committed generations up to this one. */
  written(upTo: number): void {
    const written = this.#unwritten.filter(({ number }) => number <= upTo)
    this.#unwritten = this.#unwritten.slice(written.length)
    for (const { slots } of written) for (const slot of slots) this.#settle(slot)
  }

  /** Drops this generation and all later ones; what is committed stays. */
  failed(generation: number): void {
    const from = Math.max(generation, this.#committedTo + 1)
    for (const slot of this.#dirty) this.#fallBack(slot.identity, from)
    this.#dirty = []
    for (
      let last = this.#sealed.at(-1);
      last !== undefined && last.number >= from;
      last = this.#sealed.at(-1)
    ) {
      this.#sealed.pop()
      this.#sealedCount -= last.slots.length
      for (const slot of last.slots) this.#fallBack(slot.identity, from)
    }
    this.#open++
  }

  clear(): void {
    this.#dirty = []
    this.#sealed.length = 0
    this.#unwritten = []
    this.#sealedCount = 0
  }

  /** Whether a slot's value is the last one that is committed of its entry. */
  #isWanted(slot: Slot<Identity>): boolean {
    const { newer, generation } = slot
    if (generation === goneGeneration || this.#index.isOver(slot)) return false
    return newer === undefined || newer.generation > this.#committedTo
  }

  #settle(slot: Slot<Identity>): void {
    const { newer } = slot
    if (slot.generation === goneGeneration) return
    if (newer === undefined && slot.value !== null && !this.#index.isOver(slot)) {
      slot.generation = cleanGeneration
      this.#index.settled(slot)
      return
    }
    slot.generation = goneGeneration
    if (newer === undefined) this.#index.leave(slot.identity)
    else newer.older = undefined
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
    left.newer = undefined
    this.#index.enter(left)
  }
}

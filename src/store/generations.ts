/**
 * The life of what is written to an overlay: open, sealed (its transaction is under way), then failed or committed; and what is committed
 * is written to the engine, at once or some generations later.
 *
 * Model. An entry has one slot, with its newest value. A slot belongs to the generation that wrote it last, or is clean (equals the engine).
 * A generation keeps the slots that it wrote, and their bytes from its seal on: what a failure takes back is read from the newest one that
 * is left, or from the engine. Tombstones are slots with a null value until they are written to the engine.
 *
 * Invariants
 *  1. A slot's committed value is that of the generation which it names, or the engine's where it names none.
 *  2. Generations are committed and written in their order; what is written equals all that was committed up to there, but for entries
 *     that were committed again since: their later values are written later, and a restart replays them.
 */
import { assert } from '../base/assert.ts'
import type { CleanBudget } from './clean-budget.ts'
import type { StoreEntries } from './contracts.ts'
import type { GenerationSize } from './generation-size.ts'
import { cleanGeneration, goneGeneration, Slot } from './slot.ts'
import { PickedEntries, type PackedEntries } from './store-entries.ts'

/** Where an overlay finds the slot of each entry. */
export interface SlotIndex<Identity> {
  /** The entry has a slot now. */
  enter(slot: Slot<Identity>): void
  /** The entry has no slot any more, and the engine has no such entry. */
  leave(identity: Identity): void
  /** The entry has no slot any more; the engine may have one. */
  lose(identity: Identity): void
  /** The slot gets the value that these bytes are, as the engine would have them; null: none. */
  reset(slot: Slot<Identity>, bytes: Buffer | null): void
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
  readonly #index: SlotIndex<Identity>
  readonly #budget: Pick<CleanBudget, 'uncommitted'>
  readonly #sealed: SealedGeneration<Identity>[] = []
  /** Committed; the engine does not have them yet. */
  #unwritten: SealedGeneration<Identity>[] = []
  #committedTo = cleanGeneration
  #open = cleanGeneration + 1
  #dirty: Slot<Identity>[] = []
  #sealedCount = 0
  /** Of the open generation, as the budget has them. */
  #openBytes = 0

  constructor(index: SlotIndex<Identity>, budget: Pick<CleanBudget, 'uncommitted'>) {
    this.#index = index
    this.#budget = budget
  }

  get dirtyCount(): number {
    return this.#dirty.length + this.#sealedCount
  }

  /** The slot of an entry of so many bytes, as one of the open generation; `known` is what the index has now. */
  writable(known: Slot<Identity> | undefined, identity: Identity, bytes: number): Slot<Identity> {
    const slot = known ?? new Slot(identity)
    const isAgain = slot.generation === this.#open
    this.#holds(this.#openBytes + bytes - (isAgain ? slot.valueBytes : 0))
    slot.valueBytes = bytes
    if (isAgain) return slot
    if (known === undefined) this.#index.enter(slot)
    slot.generation = this.#open
    this.#dirty.push(slot)
    return slot
  }

  /** What the open generation has. */
  #holds(bytes: number): void {
    this.#budget.uncommitted(bytes - this.#openBytes)
    this.#openBytes = bytes
  }

  /** Slots that differ from the engine, each entry once, in no order of keys. */
  *dirtySlots(): Generator<Slot<Identity>> {
    for (const slot of this.#dirty) yield slot
    for (const { number, slots } of [...this.#sealed, ...this.#unwritten]) {
      for (const slot of slots) if (slot.generation === number) yield slot
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
    this.#holds(0)
    this.#budget.uncommitted(entries.sizeBytes)
    return this.#open++
  }

  /** Generation `generation`, the oldest sealed one, has happened. */
  committed(generation: number): GenerationSize {
    const [oldest] = this.#sealed
    assert(oldest?.number === generation, `generation ${generation} is not the oldest sealed one`)
    this.#sealed.shift()
    this.#sealedCount -= oldest.slots.length
    this.#budget.uncommitted(-oldest.entries.sizeBytes)
    for (const slot of oldest.slots) slot.committed = generation
    this.#committedTo = generation
    if (oldest.slots.length > 0) this.#unwritten.push(oldest)
    return { count: oldest.slots.length, bytes: oldest.entries.sizeBytes }
  }

  /** What the committed generations up to this one bring into the engine: entries whose committed value is theirs. */
  unwritten(upTo: number): StoreEntries {
    const picked = new PickedEntries()
    for (const { number, slots, entries } of this.#unwritten) {
      if (number > upTo) break
      picked.add(entries, (index) => this.#isWanted(slots[index] as Slot<Identity>, number))
    }
    return picked
  }

  /** The engine has the committed generations up to this one. */
  written(upTo: number): void {
    const written = this.#unwritten.filter(({ number }) => number <= upTo)
    this.#unwritten = this.#unwritten.slice(written.length)
    for (const { number, slots, entries } of written) {
      for (const [index, slot] of slots.entries()) this.#settle(slot, number, entries.valueBytesAt(index))
    }
  }

  /** Drops this generation and all later ones; what is committed stays. */
  failed(generation: number): void {
    const from = Math.max(generation, this.#committedTo + 1)
    const dropped = new Set(this.#dirty)
    this.#dirty = []
    this.#holds(0)
    for (
      let last = this.#sealed.at(-1);
      last !== undefined && last.number >= from;
      last = this.#sealed.at(-1)
    ) {
      this.#sealed.pop()
      this.#sealedCount -= last.slots.length
      this.#budget.uncommitted(-last.entries.sizeBytes)
      for (const slot of last.slots) dropped.add(slot)
    }
    this.#fallBack(dropped)
    this.#open++
  }

  clear(): void {
    this.#dirty = []
    this.#holds(0)
    for (const { entries } of this.#sealed) this.#budget.uncommitted(-entries.sizeBytes)
    this.#sealed.length = 0
    this.#unwritten = []
    this.#sealedCount = 0
  }

  /** Whether the slot's committed value is this generation's. */
  #isWanted(slot: Slot<Identity>, number: number): boolean {
    return slot.committed === number && slot.generation !== goneGeneration && !this.#index.isOver(slot)
  }

  #settle(slot: Slot<Identity>, number: number, valueBytes: number): void {
    if (slot.committed !== number || slot.generation === goneGeneration) return
    slot.committed = cleanGeneration
    // Written again, in a generation that is not committed.
    if (slot.generation !== number) return
    if (slot.value !== null && !this.#index.isOver(slot)) {
      slot.generation = cleanGeneration
      slot.valueBytes = valueBytes
      this.#index.settled(slot)
      return
    }
    slot.generation = goneGeneration
    this.#index.leave(slot.identity)
  }

  /** Gives slots the values that they had in the newest generation that is left. */
  #fallBack(dropped: ReadonlySet<Slot<Identity>>): void {
    const lost = new Set(dropped)
    for (const { number, slots, entries } of [...this.#unwritten, ...this.#sealed].toReversed()) {
      for (const [index, slot] of slots.entries()) {
        if (!lost.delete(slot)) continue
        slot.generation = number
        slot.waiting = undefined
        this.#index.reset(slot, entries.at(index).value)
      }
    }
    for (const slot of lost) {
      slot.generation = goneGeneration
      this.#index.lose(slot.identity)
    }
  }
}

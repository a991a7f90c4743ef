import type { KeptEntry, StoreKeyIdentity } from './contracts.ts'
import type { ValueCoding } from './value-coding.ts'

/** The generation of a slot whose value equals the engine's. Written generations count from 1. */
export const cleanGeneration = 0
/** The generation of a slot that is no longer in the overlay. */
export const goneGeneration = -1

/** One entry in an overlay, with its newest value. `identity` is what its overlay finds it by. */
export class Slot<Identity = StoreKeyIdentity> implements KeptEntry {
  readonly identity: Identity
  /** Decoded, or lazy over bytes of its own; `null`: deleted. */
  value: unknown = null
  /** Read since the clock hand last passed. Stands beside the value: both are looked at per record. */
  touched = false
  timestampMs: number | undefined = undefined
  generation = cleanGeneration
  /** The committed generation that has its committed value; clean where that is in the engine, or nowhere. */
  committed = cleanGeneration
  /** As {@link KeptEntry.waiting}. */
  waiting: unknown = undefined
  /** Of the value's bytes as the engine has them; of one that is not committed, about what key and value will be. */
  valueBytes = 0
  /** What it counts for in the clean entries' ring; 0: it has no place there. */
  keptBytes = 0
  /** Where a text index has it; −1: nowhere. */
  textEntry = -1

  constructor(identity: Identity) {
    this.identity = identity
  }
}

/** Gives a slot what an engine has of its entry; null: nothing. */
export function fillSlot(slot: Slot<unknown>, bytes: Buffer | null, values: ValueCoding): void {
  slot.value = bytes === null ? null : values.read(bytes)
  slot.timestampMs = bytes === null ? undefined : values.timestampMs(bytes)
  slot.valueBytes = bytes?.length ?? 0
}

import type { KeptEntry, StoreKeyIdentity } from './contracts.ts'

/** The generation of a slot whose value equals the engine's. Written generations count from 1. */
export const cleanGeneration = 0
/** The generation of a slot that is no longer in the overlay. */
export const goneGeneration = -1

/** One entry's value in an overlay. Reused in place while its key stays hot. `identity` is what its overlay finds it by. */
export class Slot<Identity = StoreKeyIdentity> implements KeptEntry {
  readonly identity: Identity
  /** Decoded, or lazy over bytes of its own; `null`: deleted. */
  value: unknown = null
  /** Read since the clock hand last passed. Stands beside the value: both are looked at per record. */
  touched = false
  timestampMs: number | undefined = undefined
  generation = cleanGeneration
  /** As {@link KeptEntry.waiting}. */
  waiting: unknown = undefined
  /** The same entry's value in an older generation, to which it falls back while its own is not committed. */
  older: Slot<Identity> | undefined = undefined
  /** The same entry's value in a younger generation. */
  newer: Slot<Identity> | undefined = undefined
  /** Whether it has a place among the clean entries' ring. */
  kept = false

  constructor(identity: Identity) {
    this.identity = identity
  }
}

import type { StoreKeyIdentity } from './contracts.ts'

/** The generation of a slot whose value equals the engine's. Written generations count from 1. */
export const cleanGeneration = 0
/** The generation of a slot that is no longer in the overlay. */
export const goneGeneration = -1

/** One key's value in the overlay. Reused in place while its key stays hot. */
export class Slot {
  readonly identity: StoreKeyIdentity
  /** Decoded, or lazy over bytes of its own; `null`: deleted. */
  value: unknown = null
  /** Read since the clock hand last passed. Stands beside the value: both are looked at per record. */
  touched = false
  timestampMs: number | undefined = undefined
  generation = cleanGeneration
  /** The same key's value in an older generation that is sealed and not yet committed. */
  older: Slot | undefined = undefined
  /** Whether it has a place among the clean entries' ring. */
  kept = false

  constructor(identity: StoreKeyIdentity) {
    this.identity = identity
  }
}

import { asBuffer } from '../../base/as-buffer.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import { encodeCombination, readCombination, type Combination } from './combination.ts'

/** The newest row of each record key of a driving dimension, with what was looked up for it: what the next one takes the place of. */
export class DriverVersions {
  readonly #store: KeyValueStore
  readonly #scopes: number
  readonly #writer = new ByteWriter()

  constructor(store: KeyValueStore, scopes: number) {
    this.#store = store
    this.#scopes = scopes
  }

  /** @param version - undefined: there is none any more. @returns the one before it */
  replace(key: string, version: Combination | undefined, timestampMs: number): Combination | undefined {
    const bytes = this.#store.get(key)
    // The store may change what it has given.
    const before =
      bytes === undefined
        ? undefined
        : readCombination(Buffer.from(asBuffer(bytes)), 0, this.#scopes).combination
    if (version !== undefined) this.#store.put(key, encodeCombination(version, this.#writer), timestampMs)
    else if (before !== undefined) this.#store.delete(key, timestampMs)
    return before
  }
}

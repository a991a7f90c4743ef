import { addDetail, toStreamError } from '../base/errors.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import type { KeyValueStore, StoreKeyIdentity } from './contracts.ts'
import { scanOverlay } from './overlay-scan.ts'
import type { Overlay } from './overlay.ts'

type StoreFacts = Pick<KeyValueStore, 'name' | 'timestamped' | 'persistent' | 'caching'>

/** The key-value facade over an overlay. */
export class OverlayKeyValueStore implements KeyValueStore {
  readonly name: string
  readonly timestamped: boolean
  readonly persistent: boolean
  readonly caching: boolean
  readonly #overlay: Overlay
  #latestMs = 0

  constructor(overlay: Overlay, facts: StoreFacts) {
    this.name = facts.name
    this.timestamped = facts.timestamped
    this.persistent = facts.persistent
    this.caching = facts.caching
    this.#overlay = overlay
  }

  identity(key: unknown): StoreKeyIdentity {
    try {
      return this.#overlay.coding.keys.identity(key)
    } catch (error) {
      throw addDetail(toStreamError(error), `It is a key of store "${this.name}".`)
    }
  }

  get(key: unknown): unknown {
    return this.#overlay.find(this.identity(key))?.value
  }

  getText(buffer: Buffer, start: number, end: number): unknown {
    return this.#overlay.findText(buffer, start, end)?.value
  }

  timestampMs(key: unknown): number | undefined {
    return this.timestamped ? this.#overlay.find(this.identity(key))?.timestampMs : undefined
  }

  put(key: unknown, value: unknown, timestampMs: number): void {
    if (timestampMs > this.#latestMs) this.#latestMs = timestampMs
    this.#overlay.put(this.identity(key), value, timestampMs)
  }

  putIfAbsent(key: unknown, value: unknown, timestampMs: number): unknown {
    const present = this.get(key)
    if (present === undefined) this.put(key, value, timestampMs)
    return present
  }

  /** The tombstone in the change log has the largest time that was put here. */
  delete(key: unknown): unknown {
    const identity = this.identity(key)
    const value = this.#overlay.find(identity)?.value
    this.#overlay.put(identity, null, this.#latestMs)
    return value
  }

  all(): Iterable<readonly [unknown, unknown]> {
    return scanOverlay(this.#overlay, undefined, undefined)
  }

  range(from: unknown, to: unknown): Iterable<readonly [unknown, unknown]> {
    return scanOverlay(this.#overlay, this.#encode(from), this.#encode(to))
  }

  approximateEntryCount(): number {
    return this.#overlay.engine.entryCount + this.#overlay.dirtyCount
  }

  #encode(key: unknown): Buffer {
    const writer = new ByteWriter(64)
    this.#overlay.coding.keys.write(this.identity(key), writer)
    return writer.copy()
  }
}

import type { Counter } from '../base/metrics.ts'
import type { Buckets } from './buckets.ts'
import type { KeyValueStore, OrderedStore, StoreKeyIdentity } from './contracts.ts'
import { scanOverlay } from './overlay-scan.ts'
import type { Overlay } from './overlay.ts'
import type { Slot } from './slot.ts'
import { identityIn, boundBytes, type StoreFacts } from './store-facts.ts'
import type { StreamTime } from './stream-time.ts'

/** What a store with a time-to-live needs: entries past it are neither taken nor given. */
export interface Expiry {
  readonly time: StreamTime
  readonly buckets: Buckets
  /** Counts what came too late to be kept. */
  readonly expired: Counter
}

interface KeyValueParts {
  readonly overlay: Overlay
  readonly engine: Pick<OrderedStore, 'range' | 'entryCount'>
  readonly expiry: Expiry | undefined
}

/** The key-value facade over an overlay. */
export class OverlayKeyValueStore implements KeyValueStore {
  readonly kind = 'key-value'
  readonly name: string
  readonly timestamped: boolean
  readonly persistent: boolean
  readonly caching: boolean
  readonly #overlay: Overlay
  readonly #engine: KeyValueParts['engine']
  readonly #expiry: Expiry | undefined

  constructor(
    { overlay, engine, expiry }: KeyValueParts,
    facts: StoreFacts & Pick<KeyValueStore, 'timestamped'>,
  ) {
    this.name = facts.name
    this.timestamped = facts.timestamped
    this.persistent = facts.persistent
    this.caching = facts.caching
    this.#overlay = overlay
    this.#engine = engine
    this.#expiry = expiry
  }

  identity(key: unknown): StoreKeyIdentity {
    return identityIn(this.name, this.#overlay.coding.keys, key)
  }

  get(key: unknown): unknown {
    return this.#live(this.#overlay.find(this.identity(key)))?.value
  }

  getText(buffer: Buffer, start: number, end: number): unknown {
    return this.#live(this.#overlay.findText(buffer, start, end))?.value
  }

  timestampMs(key: unknown): number | undefined {
    return this.timestamped ? this.#live(this.#overlay.find(this.identity(key)))?.timestampMs : undefined
  }

  put(key: unknown, value: unknown, timestampMs: number): Slot | undefined {
    if (this.#expiry === undefined) return this.#overlay.put(this.identity(key), value, timestampMs)
    return this.#putExpiring(this.#expiry, { key, value, timestampMs })
  }

  putIfAbsent(key: unknown, value: unknown, timestampMs: number): unknown {
    const present = this.get(key)
    if (present === undefined) this.put(key, value, timestampMs)
    return present
  }

  delete(key: unknown, timestampMs: number): unknown {
    const value = this.get(key)
    this.put(key, null, timestampMs)
    return value
  }

  all(): Iterable<readonly [unknown, unknown]> {
    return this.#scan(undefined, undefined)
  }

  range(from: unknown, to: unknown): Iterable<readonly [unknown, unknown]> {
    const { keys } = this.#overlay.coding
    return this.#scan(boundBytes(this.name, keys, from), boundBytes(this.name, keys, to))
  }

  approximateEntryCount(): number {
    return this.#engine.entryCount + this.#overlay.dirtyCount
  }

  /** Tombstones carry stream time, so that it is in the change log even when the newest entry is not. */
  #putExpiring(
    { time, buckets, expired }: Expiry,
    entry: { readonly key: unknown; readonly value: unknown; readonly timestampMs: number },
  ): Slot | undefined {
    const { key, value, timestampMs } = entry
    time.observe(timestampMs)
    if (value !== null && timestampMs < buckets.liveFromMs) {
      expired.value++
      return undefined
    }
    return this.#overlay.put(this.identity(key), value, value === null ? time.valueMs : timestampMs)
  }

  *#scan(from: Buffer | undefined, to: Buffer | undefined): Generator<readonly [unknown, unknown]> {
    const { keys } = this.#overlay.coding
    for (const slot of scanOverlay(this.#overlay, this.#engine, { from, to })) {
      if (this.#live(slot) !== undefined) yield [keys.key(slot.identity), slot.value]
    }
  }

  #live(slot: Slot | undefined): Slot | undefined {
    if (this.#expiry === undefined || slot === undefined) return slot
    return (slot.timestampMs ?? 0) < this.#expiry.buckets.liveFromMs ? undefined : slot
  }
}

/**
 * Versions of values by key: the newest of each in a point overlay, those it has superseded in a timed one.
 *
 * Model. A superseded version is valid from its timestamp (included) to the next one's; it stands in the history as an entry whose first
 * number is the end of its validity and whose second is its start, as a session's, so that it expires by when it ended. A version may be a
 * tombstone, kept as {@link tombstone}. A key whose newest version is a tombstone has no newest value; the tombstone's time stands in
 * the history as an interval of no length, so that what comes late knows where its validity ends.
 *
 * The change log has what was put: plain key and value, the version's timestamp as the record's. To restore is to put again.
 *
 * Sources. Kafka Streams RocksDBVersionedStore; KIP-889.
 */
import type { Counter } from '../base/metrics.ts'
import {
  validToUndefined,
  versionNotPut,
  type StoreKeyIdentity,
  type VersionedRecord,
  type VersionedStore,
} from './contracts.ts'
import type { Overlay } from './overlay.ts'
import type { Slot } from './slot.ts'
import { identityIn, type StoreFacts } from './store-facts.ts'
import type { StreamTime } from './stream-time.ts'
import type { TimedSlot } from './timed-key.ts'
import type { TimedOverlay } from './timed-overlay.ts'
import { tombstone } from './value-coding.ts'

export interface VersionedParts {
  readonly newest: Overlay
  readonly history: TimedOverlay
  readonly time: StreamTime
  /** Writes one version to the change log. */
  readonly log: (identity: StoreKeyIdentity, value: unknown, timestampMs: number) => void
  /** Counts what came too late to be kept. */
  readonly expired: Counter
}

export class OverlayVersionedStore implements VersionedStore {
  readonly kind = 'versioned'
  readonly name: string
  readonly persistent: boolean
  readonly caching: boolean
  readonly historyRetentionMs: number
  readonly #parts: VersionedParts

  constructor(parts: VersionedParts, facts: StoreFacts & Pick<VersionedStore, 'historyRetentionMs'>) {
    this.name = facts.name
    this.persistent = facts.persistent
    this.caching = facts.caching
    this.historyRetentionMs = facts.historyRetentionMs
    this.#parts = parts
  }

  get streamTimeMs(): number {
    return this.#parts.time.valueMs
  }

  identity(key: unknown): StoreKeyIdentity {
    return identityIn(this.name, this.#parts.newest.coding.keys, key)
  }

  get(key: unknown): VersionedRecord | undefined {
    return newestRecord(this.#parts.newest.find(this.identity(key)))
  }

  getAsOf(key: unknown, asOfMs: number): VersionedRecord | undefined {
    const identity = this.identity(key)
    const newest = this.#parts.newest.find(identity)
    if (newest !== undefined && timeOf(newest) <= asOfMs) return newestRecord(newest)
    if (asOfMs < this.#historyFromMs) return undefined
    const slot = this.#endingAfter(identity, asOfMs)
    if (slot === undefined || slot.identity.second > asOfMs || slot.value === tombstone) return undefined
    return { value: slot.value, timestampMs: slot.identity.second, validToMs: slot.identity.first }
  }

  put(key: unknown, value: unknown, timestampMs: number): number {
    const identity = this.identity(key)
    if (!this.#accepts(timestampMs)) return versionNotPut
    // First: what does not fit its format must change nothing.
    this.#parts.log(identity, value, timestampMs)
    return this.#insert(identity, value, timestampMs)
  }

  delete(key: unknown, timestampMs: number): VersionedRecord | undefined {
    const before = this.getAsOf(key, timestampMs)
    this.put(key, null, timestampMs)
    return before
  }

  /** As {@link OverlayVersionedStore.put}, without the change log. */
  apply(identity: StoreKeyIdentity, value: unknown, timestampMs: number): number {
    return this.#accepts(timestampMs) ? this.#insert(identity, value, timestampMs) : versionNotPut
  }

  #accepts(timestampMs: number): boolean {
    this.#parts.time.observe(timestampMs)
    if (timestampMs >= this.#historyFromMs) return true
    this.#parts.expired.value++
    return false
  }

  #insert(identity: StoreKeyIdentity, value: unknown, timestampMs: number): number {
    const newest = this.#parts.newest.find(identity)
    if (newest !== undefined && timeOf(newest) <= timestampMs) {
      if (timeOf(newest) < timestampMs) this.#supersede(identity, newest, timestampMs)
      return this.#putNewest(identity, value, timestampMs)
    }
    const next = this.#endingAfter(identity, timestampMs)
    if (next !== undefined) return this.#putBefore(identity, next, value, timestampMs)
    if (newest === undefined) return this.#putNewest(identity, value, timestampMs)
    return this.#keep(identity, { from: timestampMs, to: timeOf(newest) }, value)
  }

  get #historyFromMs(): number {
    return this.#parts.time.valueMs - this.historyRetentionMs
  }

  #putNewest(identity: StoreKeyIdentity, value: unknown, timestampMs: number): number {
    this.#parts.newest.put(identity, value, timestampMs)
    if (value === null) this.#keep(identity, { from: timestampMs, to: timestampMs }, null)
    return validToUndefined
  }

  #supersede(identity: StoreKeyIdentity, newest: Slot, endMs: number): void {
    this.#keep(identity, { from: timeOf(newest), to: endMs }, newest.value)
  }

  /** A version that comes late: within the interval of another, at its start, or in a gap before it. */
  #putBefore(identity: StoreKeyIdentity, next: TimedSlot, value: unknown, timestampMs: number): number {
    const { first: endMs, second: startMs } = next.identity
    if (startMs > timestampMs) return this.#keep(identity, { from: timestampMs, to: startMs }, value)
    if (startMs < timestampMs) {
      this.#keep(identity, { from: startMs, to: timestampMs }, next.value)
      this.#parts.history.put({ key: identity, first: endMs, second: startMs }, null, startMs)
    }
    return this.#keep(identity, { from: timestampMs, to: endMs }, value)
  }

  #keep(
    identity: StoreKeyIdentity,
    valid: { readonly from: number; readonly to: number },
    value: unknown,
  ): number {
    const { history } = this.#parts
    if (!history.isExpired(valid.to)) {
      const entry = { key: identity, first: valid.to, second: valid.from }
      history.put(entry, value ?? tombstone, valid.from)
    }
    return valid.to
  }

  /** What was valid at a time, or comes next after it. */
  #endingAfter(identity: StoreKeyIdentity, timeMs: number): TimedSlot | undefined {
    return this.#parts.history.firstOf(identity, timeMs + 1)
  }
}

function timeOf(slot: Slot): number {
  return slot.timestampMs ?? 0
}

function newestRecord(slot: Slot | undefined): VersionedRecord | undefined {
  return slot && { value: slot.value, timestampMs: timeOf(slot), validToMs: undefined }
}

import type { Counter } from '../base/metrics.ts'
import type {
  KeyRange,
  ScanOptions,
  SessionEntry,
  SessionKey,
  SessionOverlap,
  SessionStore,
  StoreKeyIdentity,
} from './contracts.ts'
import { boundBytes, identityIn, keyBytes, type StoreFacts } from './store-facts.ts'
import type { TimedSlot } from './timed-key.ts'
import type { TimedOverlay } from './timed-overlay.ts'
import { scanTimed, slotsOf } from './timed-scan.ts'

export class OverlaySessionStore implements SessionStore {
  readonly kind = 'session'
  readonly name: string
  readonly persistent: boolean
  readonly caching: boolean
  readonly retentionMs: number
  readonly #overlay: TimedOverlay
  readonly #expired: Counter

  /** @param expired - counts what came too late to be kept */
  constructor(
    overlay: TimedOverlay,
    facts: StoreFacts & Pick<SessionStore, 'retentionMs'>,
    expired: Counter,
  ) {
    this.name = facts.name
    this.persistent = facts.persistent
    this.caching = facts.caching
    this.retentionMs = facts.retentionMs
    this.#overlay = overlay
    this.#expired = expired
  }

  get streamTimeMs(): number {
    return this.#overlay.options.time.valueMs
  }

  identity(key: unknown): StoreKeyIdentity {
    return identityIn(this.name, this.#overlay.options.coding.keys, key)
  }

  keyBytes(key: unknown): Buffer {
    return keyBytes(this.name, this.#overlay.options.coding.keys, key)
  }

  put({ key, startMs, endMs }: SessionKey, value: unknown, timestampMs: number): TimedSlot | undefined {
    this.#overlay.options.time.observe(endMs)
    if (this.#overlay.isExpired(endMs)) {
      this.#expired.value++
      return undefined
    }
    return this.#overlay.put({ key: this.identity(key), first: endMs, second: startMs }, value, timestampMs)
  }

  fetchSession({ key, startMs, endMs }: SessionKey): unknown {
    return this.#overlay.find(this.identity(key), endMs, startMs)?.value
  }

  findSessions(key: unknown, overlap: SessionOverlap, options?: ScanOptions): Iterable<SessionEntry> {
    const times = { fromMs: overlap.earliestEndMs, toMs: Number.MAX_SAFE_INTEGER }
    return this.#entries(slotsOf(this.#overlay, this.identity(key), times, options), overlap)
  }

  findSessionsOfKeys(
    keys: KeyRange<unknown>,
    overlap: SessionOverlap,
    options?: ScanOptions,
  ): Iterable<SessionEntry> {
    const coding = this.#overlay.options.coding.keys
    const bounds = {
      fromMs: overlap.earliestEndMs,
      toMs: Number.MAX_SAFE_INTEGER,
      keyFrom: boundBytes(this.name, coding, keys.from),
      keyTo: boundBytes(this.name, coding, keys.to),
    }
    return this.#entries(scanTimed(this.#overlay, bounds, options), overlap)
  }

  *#entries(slots: Iterable<TimedSlot>, { latestStartMs }: SessionOverlap): Generator<SessionEntry> {
    const { keys } = this.#overlay.options.coding
    for (const { identity, value } of slots) {
      const { owner, first: endMs, second: startMs } = identity
      if (startMs <= latestStartMs) yield { key: keys.key(owner.identity), startMs, endMs, value }
    }
  }
}

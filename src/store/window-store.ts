import type { Counter } from '../base/metrics.ts'
import type {
  KeyRange,
  ScanOptions,
  StoreKeyIdentity,
  TimeRange,
  WindowEntry,
  WindowStore,
  WindowVisitor,
} from './contracts.ts'
import { identityIn, keyBytes } from './store-facts.ts'
import type { TimedSlot } from './timed-key.ts'
import type { TimedOverlay } from './timed-overlay.ts'
import { scanTimed, slotsOf } from './timed-scan.ts'
import { WindowFacade, type WindowFacts } from './window-facade.ts'

export class OverlayWindowStore extends WindowFacade implements WindowStore {
  readonly retainDuplicates = false
  readonly #overlay: TimedOverlay
  readonly #expired: Counter

  /** @param expired - counts what came too late to be kept */
  constructor(overlay: TimedOverlay, facts: WindowFacts, expired: Counter) {
    super(facts)
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

  put(key: unknown, value: unknown, startMs: number, timestampMs: number): TimedSlot | undefined {
    const { time } = this.#overlay.options
    time.observe(startMs)
    if (this.#overlay.isExpired(startMs)) {
      this.#expired.value++
      return undefined
    }
    return this.#overlay.put({ key: this.identity(key), first: startMs, second: 0 }, value, timestampMs)
  }

  fetch(key: unknown, startMs: number): unknown {
    return this.#find(key, startMs)?.value
  }

  timestampMs(key: unknown, startMs: number): number | undefined {
    return this.timestamped ? this.#find(key, startMs)?.timestampMs : undefined
  }

  visit(key: unknown, times: TimeRange, visit: WindowVisitor): void {
    this.#overlay.visit(this.identity(key), times, visit)
  }

  fetchTimes(key: unknown, times: TimeRange, options?: ScanOptions): Iterable<WindowEntry> {
    return this.#entries(slotsOf(this.#overlay, this.identity(key), times, options))
  }

  fetchKeys(keys: KeyRange<unknown>, times: TimeRange, options?: ScanOptions): Iterable<WindowEntry> {
    const bounds = this.boundsOf(this.#overlay.options.coding.keys, keys, times)
    return this.#entries(scanTimed(this.#overlay, bounds, options))
  }

  fetchAll(times: TimeRange, options?: ScanOptions): Iterable<WindowEntry> {
    return this.fetchKeys({ from: undefined, to: undefined }, times, options)
  }

  #find(key: unknown, startMs: number): TimedSlot | undefined {
    return this.#overlay.find(this.identity(key), startMs, 0)
  }

  *#entries(slots: Iterable<TimedSlot>): Generator<WindowEntry> {
    const { keys } = this.#overlay.options.coding
    for (const { identity, value, timestampMs } of slots) {
      yield {
        key: keys.key(identity.owner.identity),
        startMs: identity.first,
        value,
        timestampMs: this.timestamped ? timestampMs : undefined,
      }
    }
  }
}

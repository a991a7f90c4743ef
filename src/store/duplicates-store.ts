import type { Counter } from '../base/metrics.ts'
import { detach } from '../data/lazy.ts'
import type {
  EngineEntry,
  KeptEntry,
  KeyRange,
  ScanOptions,
  StoreKeyIdentity,
  TimeRange,
  WindowEntry,
  WindowStore,
  WindowVisitor,
} from './contracts.ts'
import type { Duplicates } from './duplicates.ts'
import { mergeScan } from './merge-scan.ts'
import { identityIn, keyBytes } from './store-facts.ts'
import { bucketBounds, isWithin } from './timed-scan.ts'
import { WindowFacade, type WindowFacts } from './window-facade.ts'

/** Kafka Streams' numbers of duplicates begin anew after 2^31 − 1. */
const sequenceMask = 0x7fff_ffff

/** A window store in which a put adds to what is there for the same key and start. */
export class DuplicatesWindowStore extends WindowFacade implements WindowStore {
  readonly retainDuplicates = true
  readonly #entries: Duplicates
  readonly #expired: Counter
  /** Nothing is passed on of what is put here: the same for all. */
  readonly #kept: KeptEntry = { value: undefined, timestampMs: undefined, waiting: undefined }

  /** @param expired - counts what came too late to be kept */
  constructor(entries: Duplicates, facts: WindowFacts, expired: Counter) {
    super(facts)
    this.#entries = entries
    this.#expired = expired
  }

  get streamTimeMs(): number {
    return this.#entries.options.time.valueMs
  }

  identity(key: unknown): StoreKeyIdentity {
    return identityIn(this.name, this.#entries.options.coding.keys, key)
  }

  keyBytes(key: unknown): Buffer {
    return keyBytes(this.name, this.#entries.options.coding.keys, key)
  }

  put(key: unknown, value: unknown, startMs: number, timestampMs: number): KeptEntry | undefined {
    if (value === null) return undefined
    const { time } = this.#entries.options
    time.observe(startMs)
    if (this.#entries.isExpired(startMs)) {
      this.#expired.value++
      return undefined
    }
    time.sequence = (time.sequence + 1) & sequenceMask
    this.#entries.put(this.identity(key), value, startMs, timestampMs)
    return this.#kept
  }

  fetch(key: unknown, startMs: number): unknown {
    return this.#first(key, startMs)?.value
  }

  timestampMs(key: unknown, startMs: number): number | undefined {
    return this.#first(key, startMs)?.timestampMs
  }

  visit(key: unknown, times: TimeRange, visit: WindowVisitor): void {
    this.#entries.visit(this.identity(key), times, visit)
  }

  fetchTimes(key: unknown, times: TimeRange, options?: ScanOptions): Iterable<WindowEntry> {
    const entries: WindowEntry[] = []
    this.visit(key, times, (value, startMs, timestampMs) => {
      entries.push({ key, startMs, value: detach(value), timestampMs })
    })
    return options?.reverse === true ? entries.toReversed() : entries
  }

  *fetchKeys(keys: KeyRange<unknown>, times: TimeRange, options?: ScanOptions): Generator<WindowEntry> {
    const { coding, engine, buckets } = this.#entries.options
    const live = { ...times, fromMs: Math.max(times.fromMs, buckets.liveFromMs) }
    const bounds = this.boundsOf(coding.keys, keys, live)
    const { from, end } = bucketBounds(coding, live)
    const dirty = [...this.#entries.dirtyEntries()].map((slot) => ({ key: slot.key, slot }))
    for (const entry of mergeScan(engine.range(from, end, options), dirty, options))
      if (isWithin(coding, bounds, entry.key)) yield this.#entryOf(entry)
  }

  fetchAll(times: TimeRange, options?: ScanOptions): Iterable<WindowEntry> {
    return this.fetchKeys({ from: undefined, to: undefined }, times, options)
  }

  #first(key: unknown, startMs: number): WindowEntry | undefined {
    const [first] = this.fetchTimes(key, { fromMs: startMs, toMs: startMs })
    return first
  }

  #entryOf({ key, value }: EngineEntry): WindowEntry {
    const { coding, values } = this.#entries.options
    return {
      key: coding.keys.key(coding.keys.fromBytes(coding.keyPart(key))),
      startMs: coding.first(key),
      value: values.read(value),
      timestampMs: values.timestampMs(value),
    }
  }
}

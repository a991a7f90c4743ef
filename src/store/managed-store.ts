import { assert } from '../base/assert.ts'
import type { Buckets } from './buckets.ts'
import type {
  ChangeLogPosition,
  ManagedStore,
  OrderedStore,
  PointStore,
  RestoreBatch,
  RestoreRecords,
  StoreEntries,
  StoreEntry,
} from './contracts.ts'
import { chained } from './store-entries.ts'
import type { StreamTime } from './stream-time.ts'

/** An overlay as its store's commits drive it. */
interface Layer {
  readonly dirtyCount: number
  seal(): number
  sealedEntries(generation: number): StoreEntries
  committed(): void
  failed(generation: number): void
  /** Forgets clean entries before a time; absent where they have none. */
  expire?(beforeMs: number): void
  close(): void
}

export interface ManagedParts {
  readonly name: string
  readonly engine: PointStore
  /** In lockstep: their generations have the same numbers. */
  readonly layers: readonly Layer[]
  /** Change-log records as engine entries. */
  readonly restored: (records: RestoreRecords) => StoreEntries
  /** How the engine has a layer's entries; absent: as they are. */
  readonly toEngine?: (entries: StoreEntries) => StoreEntries
  readonly expiry: StoreExpiry | undefined
}

/** Of stores whose entries expire. */
interface StoreExpiry {
  readonly engine: Pick<OrderedStore, 'drop'>
  readonly time: StreamTime
  readonly buckets: Buckets
}

/** A store of any kind as its task drives it: its overlays, its engine and its stream time go together. */
export class LayeredStore implements ManagedStore {
  readonly name: string
  readonly #parts: ManagedParts

  constructor(parts: ManagedParts) {
    this.name = parts.name
    this.#parts = parts
    parts.expiry?.time.load(parts.engine)
  }

  get dirtyCount(): number {
    return this.#parts.layers.reduce((sum, layer) => sum + layer.dirtyCount, 0)
  }

  get sizeBytes(): number {
    return this.#parts.engine.sizeBytes
  }

  get entryCount(): number {
    return this.#parts.engine.entryCount
  }

  seal(): number {
    const [generation] = this.#parts.layers.map((layer) => layer.seal())
    assert(generation !== undefined, `store "${this.name}" has no layer`)
    this.#parts.expiry?.time.seal(generation)
    return generation
  }

  committed(generation: number, position: ChangeLogPosition | undefined): void {
    const { layers, expiry } = this.#parts
    const entries = chained(layers.map((layer) => layer.sealedEntries(generation)))
    this.#write(entries, { position, time: expiry?.time.sealedEntry() })
    for (const layer of layers) layer.committed()
    expiry?.time.committed()
    this.#dropExpired()
  }

  failed(generation: number): void {
    for (const layer of this.#parts.layers) layer.failed(generation)
    this.#parts.expiry?.time.failed(generation)
  }

  restore(batch: RestoreBatch): void {
    assert(this.dirtyCount === 0, `store "${this.name}" is restored while it is written`)
    const entries = this.#distinct(this.#parts.restored(batch.entries))
    this.#write(entries, { position: batch.position, time: this.#parts.expiry?.time.restored() })
    this.#dropExpired()
  }

  position(): ChangeLogPosition | undefined {
    return this.#parts.engine.position()
  }

  close(): void {
    for (const layer of this.#parts.layers) layer.close()
    this.#parts.engine.close()
  }

  /** Many records are left as they are where a sample tells how many keys they have: looking for the newest of each costs more than the rest. */
  #distinct(entries: StoreEntries): StoreEntries {
    const isSampled = entries.repeating !== undefined && entries.length >= sampledFrom
    return isSampled && this.#parts.toEngine === undefined ? entries : newestOfEach(entries)
  }

  #write(
    entries: StoreEntries,
    more: {
      readonly position: ChangeLogPosition | undefined
      readonly time: StoreEntry | undefined
    },
  ): void {
    const { engine, toEngine } = this.#parts
    const placed = toEngine === undefined || entries.length === 0 ? entries : toEngine(entries)
    const all = more.time === undefined ? placed : chained([placed, [more.time]])
    if (all.length > 0 || more.position !== undefined) engine.write({ entries: all, position: more.position })
  }

  #dropExpired(): void {
    const { expiry, layers } = this.#parts
    if (expiry === undefined) return
    const end = expiry.buckets.takeExpired()
    if (end !== undefined) expiry.engine.drop(undefined, end)
    for (const layer of layers) layer.expire?.(expiry.buckets.committedLiveFromMs)
  }
}

/** So many records have enough keys in their sample to tell how many are new. */
const sampledFrom = 4096

/** Each key once, with the last value it was given: a change log has many, and engines count what is new to them. */
function newestOfEach(entries: StoreEntries): StoreEntries {
  // A global table restores record by record.
  if (entries.length < 2) return [...entries]
  const last = new Map<string, StoreEntry>()
  for (const entry of entries) last.set(entry.key.latin1Slice(), entry)
  return [...last.values()]
}

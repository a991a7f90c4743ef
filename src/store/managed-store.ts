import { assert } from '../base/assert.ts'
import type { Buckets } from './buckets.ts'
import type { CleanBudget } from './clean-budget.ts'
import type {
  ChangeLogPosition,
  ChangeLogSink,
  ManagedStore,
  OrderedStore,
  PointStore,
  RestoreBatch,
  RestoreRecords,
  StoreEntries,
  StoreEntry,
} from './contracts.ts'
import { added, less, nothingWaits, type GenerationSize, type Waiting } from './generation-size.ts'
import { chained } from './store-entries.ts'
import type { StreamTime } from './stream-time.ts'

/** An overlay as its store's commits drive it. */
interface Layer {
  readonly dirtyCount: number
  seal(): number
  committed(generation: number): GenerationSize
  /** What committed generations up to this one bring into the engine. Those without entries need not be remembered. */
  unwritten(upTo: number): StoreEntries
  /** Whether a committed generation brings nothing into the engine. Absent where that is not soon told. */
  bringsNothing?(generation: number): boolean
  /** The engine has it. */
  written(upTo: number): void
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
  /**
   * So many committed entries the engine may lack: what expires soon is never written to it. A restart replays as many of the change
   * log. Undefined: none.
   */
  readonly unwrittenMax: UnwrittenMax | undefined
}

/** How many entries of this store, and how much by what the stores of the thread may keep together. */
export interface UnwrittenMax {
  readonly count: number
  readonly budget: CleanBudget
}

/** What has no change log cannot be replayed: its engine gets each commit at once. */
export function unwrittenMaxOf(store: {
  readonly changeLog: ChangeLogSink | undefined
  readonly cleanEntriesMax: number
  readonly cleanBudget: CleanBudget
}): UnwrittenMax | undefined {
  if (store.changeLog === undefined) return undefined
  return { count: store.cleanEntriesMax, budget: store.cleanBudget }
}

/** A generation that is committed and that the engine does not have. */
interface Unwritten extends Waiting {
  readonly generation: number
  readonly position: ChangeLogPosition | undefined
  /** No entry is of a later time. */
  readonly lastMs: number
}

/** A position grows old where nothing is written, and an old one is not trusted. */
const unwrittenMaxMs = 60_000

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
  #unwritten: Unwritten[] = []
  #left = nothingWaits
  /** The committed stream time that the engine has not been told of: forgotten once it has, so that a write that fails takes it along again. */
  #time: StoreEntry | undefined = undefined

  constructor(parts: ManagedParts) {
    this.name = parts.name
    this.#parts = parts
    parts.expiry?.time.load(parts.engine)
    parts.unwrittenMax?.budget.opened()
  }

  get dirtyCount(): number {
    return this.#parts.layers.reduce((sum, layer) => sum + layer.dirtyCount, 0)
  }

  get sizeBytes(): number {
    return this.#parts.engine.sizeBytes
  }

  get entryCount(): number {
    return this.#parts.engine.entryCount + this.#left.count
  }

  seal(): number {
    const [generation] = this.#parts.layers.map((layer) => layer.seal())
    assert(generation !== undefined, `store "${this.name}" has no layer`)
    this.#parts.expiry?.time.seal(generation)
    return generation
  }

  committed(generation: number, position: ChangeLogPosition | undefined): void {
    const { layers, expiry } = this.#parts
    const size = this.#sizeOf(
      layers.map((layer) => layer.committed(generation)),
      position,
    )
    this.#time = expiry?.time.sealedEntry() ?? this.#time
    expiry?.time.committed()
    const lastMs = expiry?.time.committedMs ?? Number.POSITIVE_INFINITY
    this.#append({ generation, ...size, position, lastMs })
    this.#leave(added(this.#left, size))
    // All of it where some must be: what was put again and again since the oldest is written once.
    if (this.#isOld()) this.flush()
    else this.#writeWhile(this.#isDue())
    this.#dropExpired()
  }

  confirmed(position: ChangeLogPosition): void {
    this.flush()
    this.#parts.engine.write({ entries: [], position })
  }

  failed(generation: number): void {
    for (const layer of this.#parts.layers) layer.failed(generation)
    this.#parts.expiry?.time.failed(generation)
  }

  restore(batch: RestoreBatch): void {
    assert(this.dirtyCount === 0, `store "${this.name}" is restored while it is written`)
    this.flush()
    const entries = this.#distinct(this.#parts.restored(batch.entries))
    this.#write(entries, { position: batch.position, time: this.#parts.expiry?.time.restored() })
    this.#dropExpired()
  }

  /** Writes to the engine all that is committed. */
  flush(): void {
    this.#writeWhile(() => true)
  }

  position(): ChangeLogPosition | undefined {
    return (
      this.#unwritten.findLast(({ position }) => position !== undefined)?.position ??
      this.#parts.engine.position()
    )
  }

  close(): void {
    try {
      this.flush()
    } finally {
      this.#parts.unwrittenMax?.budget.closed(this.#left)
      for (const layer of this.#parts.layers) layer.close()
      this.#parts.engine.close()
    }
  }

  /** A generation that brings nothing goes with the one before it: a store may be in many commits in which it is not written. */
  #append(next: Unwritten): void {
    const last = this.#unwritten.at(-1)
    const isMoved = next.position?.committedAtMs !== last?.position?.committedAtMs
    if (last === undefined || next.count > 0 || isMoved) this.#unwritten.push(next)
    else
      this.#unwritten[this.#unwritten.length - 1] = {
        ...last,
        generation: next.generation,
        records: last.records + next.records,
      }
  }

  /** Of a generation that is committed up to a position. */
  #sizeOf(layers: readonly GenerationSize[], position: ChangeLogPosition | undefined): Waiting {
    const count = layers.reduce((sum, layer) => sum + layer.count, 0)
    const bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0)
    const logged = (position?.offset ?? 0) - (this.position()?.offset ?? 0)
    return { count, bytes, records: Math.max(count, logged) }
  }

  /** Whether a generation must be written, by what it and younger ones leave waiting. */
  #isDue(): (oldest: Unwritten, left: Waiting) => boolean {
    const { expiry, layers, unwrittenMax } = this.#parts
    if (unwrittenMax === undefined) return () => true
    const max = unwrittenMax.budget.mayWait(this.#left)
    return ({ generation, lastMs }, left) =>
      left.count > unwrittenMax.count ||
      left.records > max.records ||
      left.bytes > max.bytes ||
      (expiry !== undefined && lastMs < expiry.buckets.committedLiveFromMs) ||
      layers.every((layer) => layer.bringsNothing?.(generation) === true)
  }

  #isOld(): boolean {
    const [oldest] = this.#unwritten
    const newest = this.#unwritten.at(-1)
    return (newest?.position?.committedAtMs ?? 0) - (oldest?.position?.committedAtMs ?? 0) > unwrittenMaxMs
  }

  /** Writes the oldest generations to the engine, all at once. */
  #writeWhile(isDue: (oldest: Unwritten, left: Waiting) => boolean): void {
    const { layers } = this.#parts
    const young = [...this.#unwritten]
    const due: Unwritten[] = []
    let left = this.#left
    for (let [oldest] = young; oldest !== undefined && isDue(oldest, left); [oldest] = young) {
      due.push(oldest)
      young.shift()
      left = less(left, oldest)
    }
    const last = due.at(-1)
    if (last === undefined) return
    this.#write(chained(layers.map((layer) => layer.unwritten(last.generation))), {
      position: due.findLast(({ position }) => position !== undefined)?.position,
      // Of now: by it entries are left out that have expired since.
      time: this.#time,
    })
    this.#time = undefined
    for (const layer of layers) layer.written(last.generation)
    this.#unwritten = young
    this.#leave(left)
  }

  #leave(left: Waiting): void {
    this.#parts.unwrittenMax?.budget.unwritten(this.#left, left)
    this.#left = left
  }

  /** Many records of many keys are left as they are: looking for the newest of each costs more than the rest. */
  #distinct(entries: StoreEntries): StoreEntries {
    return this.#parts.toEngine === undefined && hasManyKeys(entries) ? entries : newestOfEach(entries)
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
    if (end !== undefined) {
      this.#write([], { position: undefined, time: this.#time })
      this.#time = undefined
      expiry.engine.drop(undefined, end)
    }
    for (const layer of layers) layer.expire?.(expiry.buckets.committedLiveFromMs)
  }
}

/** So many records may have enough keys in their sample to tell how many are new. */
const sampledFrom = 4096

/** Whether most records are of a key of their own, by a sample. One of a few keys may have none of them. */
function hasManyKeys(entries: StoreEntries): boolean {
  const { length, repeating } = entries
  if (repeating === undefined || length < sampledFrom) return false
  const keys = new Set(repeating.sample.map((index) => entries.at(index)?.key.latin1Slice()))
  return keys.size * repeating.every * 4 > length
}

/** Each key once, with the last value it was given: a change log has many, and engines count what is new to them. */
function newestOfEach(entries: StoreEntries): StoreEntries {
  // A global table restores record by record.
  if (entries.length < 2) return [...entries]
  const last = new Map<string, StoreEntry>()
  for (const entry of entries) last.set(entry.key.latin1Slice(), entry)
  return [...last.values()]
}

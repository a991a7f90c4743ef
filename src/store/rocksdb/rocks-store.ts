import { assert } from '../../base/assert.ts'
import type {
  ChangeLogPosition,
  EngineEntry,
  OrderedStore,
  ScanOptions,
  StoreBatch,
  StoreEntries,
  StoreEntry,
  StorePlace,
} from '../contracts.ts'
import { chunkedRange, type Chunk } from '../chunked-range.ts'
import { decodeState, encodeState, EntryEstimate } from '../entry-estimate.ts'
import type { RocksDatabase } from './rocks-database.ts'

const ofItself = Buffer.from([0])
const entryKind = 1

/** One store in a database that it shares with others. */
export class RocksStore implements OrderedStore {
  readonly #database: RocksDatabase
  readonly #stateKey: Buffer
  /** Begins the keys of entries. */
  readonly #prefix: Buffer
  readonly #afterAll: Buffer
  readonly #estimate: EntryEstimate
  #keyScratch: Buffer
  #position: ChangeLogPosition | undefined
  readonly #closed: () => void
  #isOpen = true

  constructor(database: RocksDatabase, place: StorePlace, closed: () => void) {
    this.#closed = closed
    const prefix = database.prefixOf(place)
    this.#database = database
    this.#stateKey = Buffer.concat([prefix, ofItself])
    this.#prefix = Buffer.concat([prefix, Buffer.from([entryKind])])
    this.#afterAll = Buffer.concat([prefix, Buffer.from([entryKind + 1])])
    this.#keyScratch = Buffer.concat([this.#prefix, Buffer.alloc(64)])
    const state = decodeState(database.get(this.#stateKey))
    this.#position = state.position
    this.#estimate = new EntryEstimate(state, (key) => this.get(key) !== undefined)
  }

  get entryCount(): number {
    return this.#estimate.entryCount
  }

  get sizeBytes(): number {
    return this.#estimate.sizeBytes
  }

  get(key: Buffer): Buffer | undefined {
    this.#check()
    return this.#database.get(this.#whole(key))
  }

  write({ entries, position }: StoreBatch): void {
    this.#check()
    this.#estimate.note(entries)
    this.#database.write(this.#placed(entries, position ?? this.#position))
    if (position !== undefined) this.#position = position
  }

  position(): ChangeLogPosition | undefined {
    return this.#position
  }

  range(from: Buffer | undefined, to: Buffer | undefined, options?: ScanOptions): Iterable<EngineEntry> {
    return chunkedRange((chunk) => this.#read(chunk), { from, to }, options)
  }

  drop(from: Buffer | undefined, to: Buffer): void {
    this.#check()
    this.#database.clear(this.#bound(from) ?? this.#prefix, Buffer.concat([this.#prefix, to]))
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#closed()
  }

  #read({ from, to, reverse, limit }: Chunk): EngineEntry[] {
    this.#check()
    const gte = this.#bound(from) ?? this.#prefix
    const lt = this.#bound(to) ?? this.#afterAll
    if (gte.compare(lt) >= 0) return []
    const entries = this.#database.list({ gte, lt, reverse, limit })
    return entries.map(({ key, value }) => ({ key: key.subarray(this.#prefix.length), value }))
  }

  #bound(key: Buffer | undefined): Buffer | undefined {
    return key === undefined ? undefined : Buffer.concat([this.#prefix, key])
  }

  *#placed(entries: StoreEntries, position: ChangeLogPosition | undefined): Generator<StoreEntry> {
    // The binding copies a key before it comes back for the next: one buffer serves them all.
    for (const { key, value } of entries) yield { key: this.#whole(key), value }
    yield { key: this.#stateKey, value: encodeState({ position, ...this.#estimate.counted }) }
  }

  /** The key as the database has it, in a buffer that the next call overwrites. */
  #whole(key: Buffer): Buffer {
    const length = this.#prefix.length + key.length
    if (length > this.#keyScratch.length) {
      this.#keyScratch = Buffer.concat([this.#prefix, Buffer.alloc(key.length * 2)])
    }
    key.copy(this.#keyScratch, this.#prefix.length)
    return this.#keyScratch.subarray(0, length)
  }

  /** Using a database that is closed would end the process. */
  #check(): void {
    assert(this.#isOpen && this.#database.isOpen, 'a store is used after it was closed')
  }
}

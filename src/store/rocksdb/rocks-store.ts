import { assert } from '../../base/assert.ts'
import type {
  ChangeLogPosition,
  EngineEntry,
  OrderedStore,
  ScanOptions,
  StoreBatch,
  StoreEntry,
  StorePlace,
} from '../contracts.ts'
import { chunkedRange, type Chunk } from '../chunked-range.ts'
import { decodeState, encodeState, EntryEstimate } from '../entry-estimate.ts'
import type { RocksDatabase } from './rocks-database.ts'

const ofItself = Buffer.from([0])
const entryKind = 1
/** Longer keys are rare. */
const scratchBytesMax = 256

/** One store in a database that it shares with others. */
export class RocksStore implements OrderedStore {
  readonly #database: RocksDatabase
  readonly #stateKey: Buffer
  /** Begins the keys of entries. */
  readonly #prefix: Buffer
  readonly #afterAll: Buffer
  readonly #estimate: EntryEstimate
  readonly #scratches: (Buffer | undefined)[] = []
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
    const state = encodeState({ position: position ?? this.#position, ...this.#estimate.counted })
    const { length, sorted } = entries
    this.#database.write(length + 1, (index) => {
      if (index === length) return { key: this.#stateKey, value: state }
      const { key, value } = entries.at(sorted?.[index] ?? index) as StoreEntry
      // The binding copies a key before it comes back for the next: one buffer serves them all.
      return { key: this.#whole(key), value }
    })
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

  /** The key as the database has it, in a buffer that the next call overwrites. */
  #whole(key: Buffer): Buffer {
    const whole = this.#scratch(this.#prefix.length + key.length)
    // Copied a byte at a time, which costs less than a call for keys of the usual length.
    for (let from = 0, to = this.#prefix.length; from < key.length; from++, to++)
      whole[to] = key[from] as number
    return whole
  }

  /** Bytes that begin with the prefix. A view of each length is kept: making one costs more than the copy. */
  #scratch(length: number): Buffer {
    const known = this.#scratches[length]
    if (known !== undefined) return known
    const scratch = Buffer.concat([this.#prefix, Buffer.alloc(length - this.#prefix.length)])
    if (length <= scratchBytesMax) this.#scratches[length] = scratch
    return scratch
  }

  /** Using a database that is closed would end the process. */
  #check(): void {
    assert(this.#isOpen && this.#database.isOpen, 'a store is used after it was closed')
  }
}

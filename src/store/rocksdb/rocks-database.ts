/**
 * One RocksDB database for all stores of an application in a process: their write buffers, cache and log are one, however many tasks
 * there are.
 *
 * Keys. Eight bytes of the digest of a store's name begin all its keys; then comes a byte: 0 for what the store says of itself, 1 for
 * entries. Eight zero bytes begin the names of the stores that are there.
 */
import { createHash } from 'node:crypto'
import { makeFolders } from '../../base/make-folders.ts'
import type { StoreEntry, StorePlace } from '../contracts.ts'
import { otherFormat } from '../format-version.ts'
import { placeOf, storeName } from '../store-place.ts'
import {
  loadBinding,
  type RocksBatch,
  type RocksBinding,
  type RocksContext,
  type RocksOptions,
} from './rocks-binding.ts'
import { rocksFailure } from './rocks-errors.ts'

const prefixBytes = 8
const namesPrefix = Buffer.alloc(prefixBytes)
/** Of what a store's keys and values look like. */
const formatVersion = 1
/** Behind the bytes that a store's keys go on with. */
const afterKinds = Buffer.from([2])
/**
 * What is in write buffers is read from the log again at the next start: this bounds how long that takes, at about 90 ms of CPU a MiB.
 * 48 MiB took 0.65 s of CPU, these 0.3, 12 MiB 0.08, but for a sixth more CPU in the engine where windows are written and dropped.
 */
const writeBuffersMaxBytes = 24 * 1_048_576
/** A batch that has grown larger than this is left to the collector. */
const batchKeptBytes = 8 * 1_048_576
const asBuffers = { keys: true, values: true, keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

export interface RocksSettings {
  readonly folder: string
  /** Of write buffers and cache together. */
  readonly budgetBytes: number
}

/** An entry with the database's whole key. */
interface RocksEntry {
  readonly key: Buffer
  readonly value: Buffer
}

export class RocksDatabase {
  readonly #folder: string
  readonly #binding: RocksBinding
  readonly #context: RocksContext
  /** Whether this one opened the files, and closes them. */
  readonly #isOwner: boolean
  #isOpen = true
  /** Empty; keeps the memory of the last write. */
  #batch: RocksBatch | undefined = undefined

  private constructor(
    folder: string,
    opened: { readonly binding: RocksBinding; readonly context: RocksContext; readonly isOwner: boolean },
  ) {
    this.#folder = folder
    this.#binding = opened.binding
    this.#context = opened.context
    this.#isOwner = opened.isOwner
  }

  /** @throws StreamError `STORE_DRIVER_MISSING`, `STATE_LOCKED`, `STORE_CORRUPT`, `STORE_UNWRITABLE`, `STORE_FULL` */
  static async open({ folder, budgetBytes }: RocksSettings): Promise<RocksDatabase> {
    const binding = loadBinding()
    try {
      makeFolders(folder)
      const context = binding.db_init(folder)
      await new Promise<void>((resolve, reject) => {
        binding.db_open(context, rocksOptions(budgetBytes), (error) => (error ? reject(error) : resolve()))
      })
      return new RocksDatabase(folder, { binding, context, isOwner: true })
    } catch (error) {
      throw rocksFailure(error, 'open', folder)
    }
  }

  /** The database that another thread of this process has opened. It must stay open there for as long as it is used here. */
  static attach(folder: string, handle: bigint): RocksDatabase {
    const binding = loadBinding()
    const context = binding.db_init(handle)
    binding.db_open(context, {}, () => {})
    return new RocksDatabase(folder, { binding, context, isOwner: false })
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get handle(): bigint {
    return this.#binding.db_get_handle(this.#context)
  }

  /** Memory outside the JavaScript heap: write buffers, cache, and what open files need. */
  get memoryBytes(): number {
    return (
      this.#property('size-all-mem-tables') +
      this.#property('block-cache-usage') +
      this.#property('estimate-table-readers-mem')
    )
  }

  /** Of its files, and of what is not in files yet. */
  get sizeBytes(): number {
    return this.#property('live-sst-files-size') + this.#property('size-all-mem-tables')
  }

  get(key: Buffer): Buffer | undefined {
    try {
      return this.#binding.db_get_many_sync(this.#context, [key], noOptions)[0]
    } catch (error) {
      throw rocksFailure(error, 'read', this.#folder)
    }
  }

  /** Entries from `gte` on up to but without `lt`, `limit` at most; -1: all. */
  list(range: {
    readonly gte: Buffer
    readonly lt: Buffer
    readonly reverse: boolean
    readonly limit: number
  }): RocksEntry[] {
    const { rows } = this.#query(range)
    const entries: RocksEntry[] = []
    for (let at = 0; at < rows.length; at += 2) {
      entries.push({ key: rows[at] as Buffer, value: rows[at + 1] as Buffer })
    }
    return entries
  }

  /** All of it or nothing. A null value deletes. @param entryAt - its key is copied before the next one is asked for */
  write(length: number, entryAt: (index: number) => StoreEntry): void {
    const batch = (this.#batch ??= this.#binding.batch_init())
    let bytes = 0
    try {
      for (let index = 0; index < length; index++) {
        const { key, value } = entryAt(index)
        bytes += key.length
        if (value === null) this.#binding.batch_del(batch, key, noOptions)
        else {
          bytes += value.length
          this.#binding.batch_put(batch, key, value, noOptions)
        }
      }
      this.#binding.batch_write(this.#context, batch, noOptions)
    } catch (error) {
      throw rocksFailure(error, 'write', this.#folder)
    } finally {
      this.#binding.batch_clear(batch)
      if (bytes > batchKeptBytes) this.#batch = undefined
    }
  }

  clear(gte: Buffer, lt: Buffer): void {
    try {
      if (gte.compare(lt) < 0) this.#binding.db_clear(this.#context, { gte, lt })
    } catch (error) {
      throw rocksFailure(error, 'write', this.#folder)
    }
  }

  /** The bytes that begin a store's keys. Makes the store known. @throws StreamError `STATE_VERSION` */
  prefixOf(place: StorePlace): Buffer {
    const name = nameKey(place)
    const found = this.get(name)?.[0]
    if (found === undefined) this.write(1, () => ({ key: name, value: Buffer.from([formatVersion]) }))
    else if (found !== formatVersion) throw otherFormat({ path: this.#folder, found, own: formatVersion })
    return createHash('sha256').update(storeName(place)).digest().subarray(0, prefixBytes)
  }

  /** The stores that are there. */
  places(): StorePlace[] {
    const lt = Buffer.concat([namesPrefix, Buffer.from([0xff])])
    const names = this.list({ gte: namesPrefix, lt, reverse: false, limit: -1 })
    return names.map(({ key }) => placeOf(key.toString('utf8', prefixBytes)))
  }

  drop(place: StorePlace): void {
    const prefix = this.prefixOf(place)
    this.clear(prefix, Buffer.concat([prefix, afterKinds]))
    this.write(1, () => ({ key: nameKey(place), value: null }))
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    if (!this.#isOwner) return
    await new Promise<void>((resolve, reject) => {
      this.#binding.db_close(this.#context, (error) =>
        error ? reject(rocksFailure(error, 'write', this.#folder)) : resolve(),
      )
    })
  }

  #query(range: Parameters<RocksDatabase['list']>[0]): { readonly rows: Buffer[] } {
    try {
      return this.#binding.db_query(this.#context, { ...range, ...asBuffers })
    } catch (error) {
      throw rocksFailure(error, 'read', this.#folder)
    }
  }

  /** A number that RocksDB keeps; 0 where it is closed. */
  #property(name: string): number {
    return this.#isOpen ? Number(this.#binding.db_get_property(this.#context, `rocksdb.${name}`)) : 0
  }
}

/** Each option that the binding asks an object for costs it a look-up by name. */
const noOptions = undefined

function nameKey(place: StorePlace): Buffer {
  return Buffer.concat([namesPrefix, Buffer.from(storeName(place))])
}

/**
 * A third of the budget at most for what is written and not yet sorted into files, the rest for what is read. The binding makes write buffers of a
 * quarter of its number, and up to six of them while they wait to be sorted.
 *
 * Universal compaction: windows are written, live for some seconds or minutes and are dropped. Merging each buffer into levels at once cost
 * four times the CPU for what was to be dropped a moment later.
 *
 * Most of what a new window or key asks for is not there: with filters on write buffers, too, that costs half (12.7 to 7.3 µs of CPU time).
 */
function rocksOptions(budgetBytes: number): RocksOptions {
  return {
    createIfMissing: true,
    memtableMemoryBudget: Math.floor(Math.min(writeBuffersMaxBytes, budgetBytes / 3) * (4 / 6)),
    cacheSize: Math.min(2 ** 32 - 1, Math.floor((budgetBytes * 2) / 3)),
    cacheIndexAndFilterBlocks: true,
    compaction: 'universal',
    optimize: 'point-lookup',
    // Instead of that option's own, which takes less room and much longer to make and to ask.
    filterPolicy: 'bloomfilter:10:false',
    // Levels from the second on are compressed all the same. This would train a dictionary for each of their files: a third of the processor time
    // of writing a million entries.
    compression: false,
    walCompression: false,
  }
}

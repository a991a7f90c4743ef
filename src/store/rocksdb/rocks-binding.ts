/**
 * The binding of `@nxtedition/rocksdb`, below its public class: that one has no synchronous reads and writes, which the path of a record
 * and of a commit needs. Everything that is used of it is named here.
 */
import { createRequire } from 'node:module'
import { StreamError } from '../../base/errors.ts'

/** An open database, as the binding knows it. Using one after it was closed ends the process. */
export type RocksContext = object
export type RocksBatch = object

export interface RocksBinding {
  /** A path, or the handle of a database that is open elsewhere in this process. */
  db_init(locationOrHandle: string | bigint): RocksContext
  /** Calls back from the thread pool; for a handle it is open when this returns, and nothing is called. */
  db_open(context: RocksContext, options: RocksOptions, done: (error: Error | null | undefined) => void): void
  db_get_handle(context: RocksContext): bigint
  db_close(context: RocksContext, done: (error: Error | null | undefined) => void): void
  db_get_many_sync(context: RocksContext, keys: readonly Buffer[], options: undefined): (Buffer | undefined)[]
  db_query(
    context: RocksContext,
    options: RocksRange,
  ): { readonly rows: Buffer[]; readonly finished: boolean }
  /** Deletes a range at once, whatever is in it. */
  db_clear(context: RocksContext, range: { readonly gte: Buffer; readonly lt: Buffer }): void
  db_get_property(context: RocksContext, property: string): string
  batch_init(): RocksBatch
  batch_put(batch: RocksBatch, key: Buffer, value: Buffer, options: undefined): void
  batch_del(batch: RocksBatch, key: Buffer, options: undefined): void
  batch_clear(batch: RocksBatch): void
  batch_write(context: RocksContext, batch: RocksBatch, options: undefined): void
}

/** What this binding lets through of RocksDB's options. Compression is ZSTD or none; one budget divides into write buffers. */
export interface RocksOptions {
  readonly createIfMissing?: boolean
  readonly memtableMemoryBudget?: number
  /** At most 4 GiB: 32 bits. */
  readonly cacheSize?: number
  readonly cacheIndexAndFilterBlocks?: boolean
  readonly compaction?: 'level' | 'universal'
  readonly compression?: boolean
  /** A filter of keys in write buffers, and an index by hash in blocks. */
  readonly optimize?: 'point-lookup'
  /** Of files; `bloomfilter:<bits a key>:false`. */
  readonly filterPolicy?: string
  readonly blockSize?: number
  readonly walCompression?: boolean
  readonly parallelism?: number
}

interface RocksRange {
  readonly gte: Buffer
  readonly lt: Buffer
  readonly reverse: boolean
  readonly limit: number
  readonly keys: true
  readonly values: true
  readonly keyEncoding: 'buffer'
  readonly valueEncoding: 'buffer'
}

const packageName = '@nxtedition/rocksdb'

/** @throws StreamError `STORE_DRIVER_MISSING` where the package is not installed or has no binary for this machine */
export function loadBinding(): RocksBinding {
  try {
    return createRequire(import.meta.url)(`${packageName}/binding.js`) as RocksBinding
  } catch (error) {
    throw new StreamError('STORE_DRIVER_MISSING', 'could not load RocksDB', {
      detail: `The optional package ${packageName} is not installed or has no binary for ${process.platform}-${process.arch}.`,
      hint: 'Install without leaving optional packages out, or choose state.engine: sqlite, which every Node has.',
      cause: error,
    })
  }
}

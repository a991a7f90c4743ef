import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { asBuffer } from '../../base/as-buffer.ts'
import { assert } from '../../base/assert.ts'
import { makeFolders } from '../../base/make-folders.ts'
import { chunkedRange, type Chunk } from '../chunked-range.ts'
import type {
  ChangeLogPosition,
  EngineEntry,
  OrderedStore,
  ScanOptions,
  StoreBatch,
  StoreEntries,
} from '../contracts.ts'
import { decodeState, encodeState, EntryEstimate } from '../entry-estimate.ts'
import { otherFormat } from '../format-version.ts'
import { sqliteFailure } from './sqlite-errors.ts'

/** Of the tables below. */
const formatVersion = 1
/** 16 MiB of pages in the log before they go into the file. */
const checkpointPages = 4096

const schema = `
  CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS itself (id INTEGER PRIMARY KEY CHECK (id = 1), state BLOB NOT NULL);
  PRAGMA user_version = ${formatVersion}`

/** One store in a file of its own. Entries in the order of their keys: SQLite compares blobs byte by byte. */
export class SqliteStore implements OrderedStore {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #estimate: EntryEstimate
  #position: ChangeLogPosition | undefined
  readonly #closed: () => void
  #isOpen = true

  /** @throws StreamError `STATE_LOCKED`, `STATE_VERSION`, `STORE_CORRUPT`, `STORE_UNWRITABLE`, `STORE_FULL` */
  constructor(path: string, closed: () => void) {
    this.#path = path
    this.#closed = closed
    const { database, statements } = guarded('open', path, () => openDatabase(path))
    this.#database = database
    this.#statements = statements
    const state = decodeState(this.#stateBytes())
    this.#position = state.position
    this.#estimate = new EntryEstimate(state, (key) => this.get(key) !== undefined)
  }

  get entryCount(): number {
    return this.#estimate.entryCount
  }

  get sizeBytes(): number {
    return this.#estimate.sizeBytes
  }

  /** Bytes of pages that are kept in memory. */
  limitCache(bytes: number): void {
    if (this.#isOpen) this.#database.exec(`PRAGMA cache_size = -${Math.max(64, Math.floor(bytes / 1024))}`)
  }

  get(key: Buffer): Buffer | undefined {
    this.#check()
    const row = guarded('read', this.#path, () => this.#statements.get.get(key))
    return row === undefined ? undefined : asBuffer(row['value'])
  }

  write({ entries, position }: StoreBatch): void {
    this.#check()
    this.#estimate.note(entries)
    guarded('write', this.#path, () => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        this.#writeAll(entries, position ?? this.#position)
        this.#database.exec('COMMIT')
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
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
    const { changes } = guarded('write', this.#path, () => this.#statements.drop.run(from ?? empty, to))
    this.#estimate.dropped(Number(changes))
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    guarded('write', this.#path, () => this.#database.close())
    this.#closed()
  }

  #writeAll(entries: StoreEntries, position: ChangeLogPosition | undefined): void {
    const { put, del, putState } = this.#statements
    for (const { key, value } of entries) {
      if (value === null) del.run(key)
      else put.run(key, value)
    }
    putState.run(encodeState({ position, ...this.#estimate.counted }))
  }

  #read({ from, to, reverse, limit }: Chunk): EngineEntry[] {
    this.#check()
    const { up, upOpen, down, downOpen } = this.#statements
    const bounded = reverse ? down : up
    const open = reverse ? downOpen : upOpen
    const first = from ?? empty
    const rows = guarded('read', this.#path, () =>
      to === undefined ? open.all(first, limit) : bounded.all(first, to, limit),
    )
    return rows.map((row) => ({ key: asBuffer(row['key']), value: asBuffer(row['value']) }))
  }

  #stateBytes(): Uint8Array | undefined {
    const row = guarded('read', this.#path, () => this.#statements.state.get())
    return row?.['state'] as Uint8Array | undefined
  }

  #check(): void {
    assert(this.#isOpen, 'a store is used after it was closed')
  }
}

const empty = Buffer.alloc(0)

interface Opened {
  readonly database: DatabaseSync
  readonly statements: Statements
}

type Statements = Readonly<
  Record<
    'get' | 'put' | 'del' | 'drop' | 'up' | 'upOpen' | 'down' | 'downOpen' | 'state' | 'putState',
    StatementSync
  >
>

function openDatabase(path: string): Opened {
  makeFolders(dirname(path))
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    checkFormat(database, path)
    // What is in the log survives the process; the file is synced when the log goes into it, so that it is never torn.
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
       PRAGMA wal_autocheckpoint = ${checkpointPages}; ${schema}`,
    )
    return { database, statements: prepare(database) }
  } catch (error) {
    database.close()
    throw error
  }
}

/** A file without a version is new, or its first opening did not live to write it. */
function checkFormat(database: DatabaseSync, path: string): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (found !== 0 && found !== formatVersion) throw otherFormat({ path, found, own: formatVersion })
}

function prepare(database: DatabaseSync): Statements {
  const list = 'SELECT key, value FROM entries WHERE key >= ?'
  return {
    get: database.prepare('SELECT value FROM entries WHERE key = ?'),
    put: database.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?)'),
    del: database.prepare('DELETE FROM entries WHERE key = ?'),
    drop: database.prepare('DELETE FROM entries WHERE key >= ? AND key < ?'),
    up: database.prepare(`${list} AND key < ? ORDER BY key LIMIT ?`),
    upOpen: database.prepare(`${list} ORDER BY key LIMIT ?`),
    down: database.prepare(`${list} AND key < ? ORDER BY key DESC LIMIT ?`),
    downOpen: database.prepare(`${list} ORDER BY key DESC LIMIT ?`),
    state: database.prepare('SELECT state FROM itself'),
    putState: database.prepare('INSERT OR REPLACE INTO itself VALUES (1, ?)'),
  }
}

function guarded<T>(deed: 'open' | 'read' | 'write', path: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw sqliteFailure(error, deed, path)
  }
}

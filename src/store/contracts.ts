/**
 * What an engine is, and what operators and functions use. Between them stand the layers: the overlay with its generations, and
 * the change log.
 */

import type { ListItem } from './list-item.ts'

/** What an engine's content equals: the change log up to this offset. */
export interface ChangeLogPosition {
  /** Of the change log's topic; empty where there is none. */
  readonly topicId: string
  /** The next offset to read. */
  readonly offset: number
  readonly leaderEpoch: number
  readonly committedAtMs: number
  /** Of a store without change log, instead: where its task's inputs stood. */
  readonly inputs?: string
  /** How the content stands in the engine, by the definition of the store that wrote it. */
  readonly layout?: string
}

/** A `null` value deletes. */
export interface StoreEntry {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** Entries in their order, each key once: an array of them, or bytes that become entries when they are asked for. */
export interface StoreEntries extends Iterable<StoreEntry> {
  readonly length: number
  at(index: number): StoreEntry | undefined
  /** Present where a key may come more than once, and the last one counts. */
  readonly repeating?: KeySample
  /** Their places in about the order of their keys, those of one key in their own order: an engine that sorts takes them faster. */
  readonly sorted?: ArrayLike<number> | undefined
}

/** Places of entries that stand for all: whatever is written for one key of so many. */
export interface KeySample {
  readonly every: number
  readonly sample: readonly number[]
}

/** The sealed entries of one commit, or what a change log said since. */
export interface StoreBatch {
  readonly entries: StoreEntries
  /** Written with the entries, atomically. */
  readonly position: ChangeLogPosition | undefined
}

/** A change-log record as it stands in the topic: the plain value, its time in the record's timestamp. */
export interface RestoredRecord {
  readonly key: Buffer
  readonly value: Buffer | null
  readonly timestampMs: number
}

export interface RestoreRecords extends Iterable<RestoredRecord> {
  readonly length: number
}

export interface RestoreBatch {
  readonly entries: RestoreRecords
  readonly position: ChangeLogPosition | undefined
}

/** Point look-ups are enough for joins against tables. Keys and values are bytes. */
export interface PointStore {
  /** A view that is valid until the next write. */
  get(key: Buffer): Buffer | undefined
  /** Keys and values are copied before the call returns. */
  write(batch: StoreBatch): void
  position(): ChangeLogPosition | undefined
  readonly sizeBytes: number
  readonly entryCount: number
  close(): void
}

export interface ScanOptions {
  /** From the last to the first. */
  readonly reverse?: boolean
}

/** Windows, sessions, versions and users' scans need order: unsigned byte order of keys. */
export interface OrderedStore extends PointStore {
  /** From `from` (included) up to `to` (not included); undefined: open. Nothing may be written while somebody iterates. */
  range(from: Buffer | undefined, to: Buffer | undefined, options?: ScanOptions): Iterable<EngineEntry>
  /** Deletes whole ranges at once, where that is cheaper than entry by entry. Bounds as in {@link OrderedStore.range}. */
  drop(from: Buffer | undefined, to: Buffer): void
}

/** Both are views that are valid until the next write. */
export interface EngineEntry {
  readonly key: Buffer
  readonly value: Buffer
}

/** One store of one task. */
export interface StorePlace {
  /** `<sub-topology>_<partition>` */
  readonly task: string
  readonly store: string
}

/** Where a process keeps its stores' bytes. */
export interface StateEngines {
  /** Opens what is there, or an empty engine. */
  open(place: StorePlace): OrderedStore
  /** Deletes what is there; its engine is closed. */
  drop(place: StorePlace): void
}

/** One facade a kind, over the overlay. Values belong to the store: a user's function gets a copy of its own. */
export type StateStore = KeyValueStore | WindowStore | SessionStore | VersionedStore | ListStore

/** Which facade a kind of store has. */
export interface FacadeOfKind {
  readonly 'key-value': KeyValueStore
  readonly window: WindowStore
  readonly session: SessionStore
  readonly versioned: VersionedStore
  readonly list: ListStore
}

/** What a key has now. Until the generation is sealed, later writes of the key change it in place. */
export interface KeptEntry<V = unknown> {
  /** `null`: deleted. */
  readonly value: V | null
  readonly timestampMs: number | undefined
  /** What whoever passes changes on keeps until then; nothing of the store's. */
  waiting: unknown
}

/** Makes durable what an operator keeps in memory, in an order of its own. */
export interface ListStore {
  readonly kind: 'list'
  readonly name: string
  readonly persistent: boolean
  /** Keys and values in the order of keys; each is valid until the next one. Asked for before anything is added or removed. */
  all(): Iterable<EngineEntry>
  /** No other item that is there has its key. */
  add(item: ListItem): void
  remove(item: ListItem): void
}

interface StoreFacade<K> {
  readonly name: string
  /** Whether the definition asks for a store on disk. */
  readonly persistent: boolean
  /** Whether updates wait for the flush before a commit and go downstream once per key. */
  readonly caching: boolean
  /** What tells keys apart in a `Map`: the same for equal keys, whatever their form. */
  identity(key: K): StoreKeyIdentity
}

interface OrderedFacade<K> extends StoreFacade<K> {
  /** The encoded key: in the order of these bytes entries of many keys stand. */
  keyBytes(key: K): Buffer
}

export interface KeyValueStore<K = unknown, V = unknown> extends StoreFacade<K> {
  readonly kind: 'key-value'
  /** Whether values carry a timestamp. */
  readonly timestamped: boolean
  get(key: K): V | undefined
  /** {@link KeyValueStore.get} for a key that is text, given as its bytes: plain ASCII. Makes no string. */
  getText(buffer: Buffer, start: number, end: number): V | undefined
  /** The timestamp written with the value; undefined where the store keeps none or has no such key. */
  timestampMs(key: K): number | undefined
  /** `null` deletes. @returns undefined where it is too late to be kept */
  put(key: K, value: V | null, timestampMs: number): KeptEntry | undefined
  putIfAbsent(key: K, value: V, timestampMs: number): V | undefined
  /** @param timestampMs - of the record: the tombstone's in the change log */
  delete(key: K, timestampMs: number): V | undefined
  all(): Iterable<readonly [K, V]>
  /** Both ends included, in byte order of the encoded keys. */
  range(from: K, to: K): Iterable<readonly [K, V]>
  approximateEntryCount(): number
}

/**
 * Values by key and the start of a window. A window is kept while `start > streamTime - retention`, where stream time is the largest start
 * that was ever put: older ones are refused by {@link WindowStore.put} and never returned. All bounds of times are included.
 */
export interface WindowStore<K = unknown, V = unknown> extends OrderedFacade<K> {
  readonly kind: 'window'
  readonly timestamped: boolean
  readonly windowSizeMs: number
  readonly retentionMs: number
  /** Whether a put adds to what is there for the same key and start instead of replacing it. */
  readonly retainDuplicates: boolean
  /** The largest start that was put, in this process or before; −1: none. */
  readonly streamTimeMs: number
  /**
   * `null` deletes; where duplicates are kept it does nothing, as in Kafka Streams.
   *
   * @param timestampMs - of the record: kept with the value in a timestamped store, and the change log's
   * @returns undefined where the window is not kept any more, or nothing was done
   */
  put(key: K, value: V | null, startMs: number, timestampMs: number): KeptEntry | undefined
  /** The value of one window; the first one where duplicates are kept. */
  fetch(key: K, startMs: number): V | undefined
  /** The timestamp kept with {@link WindowStore.fetch}'s value; undefined where the store keeps none or has no such window. */
  timestampMs(key: K, startMs: number): number | undefined
  /** Calls `visit` for the windows of one key, by start. Makes no objects. `visit` puts nothing under this key of this store. */
  visit(key: K, times: TimeRange, visit: WindowVisitor<V>): void
  /** The windows of one key, by start. */
  fetchTimes(key: K, times: TimeRange, options?: ScanOptions): Iterable<WindowEntry<K, V>>
  /** The windows of all keys from `from` to `to`, both included in byte order; by key, then start, within each time bucket. */
  fetchKeys(keys: KeyRange<K>, times: TimeRange, options?: ScanOptions): Iterable<WindowEntry<K, V>>
  fetchAll(times: TimeRange, options?: ScanOptions): Iterable<WindowEntry<K, V>>
}

/** `timestampMs` is undefined where the store keeps none. */
export type WindowVisitor<V = unknown> = (value: V, startMs: number, timestampMs: number | undefined) => void

/** Both ends included. */
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

/** `undefined`: open. */
export interface KeyRange<K> {
  readonly from: K | undefined
  readonly to: K | undefined
}

export interface WindowEntry<K = unknown, V = unknown> {
  readonly key: K
  readonly startMs: number
  readonly value: V
  /** Undefined where the store keeps none. */
  readonly timestampMs: number | undefined
}

/**
 * Values by key and session. A session is kept while `end > streamTime - retention`, where stream time is the largest end that was ever
 * put. Its end is the time of its last record: included.
 */
export interface SessionStore<K = unknown, V = unknown> extends OrderedFacade<K> {
  readonly kind: 'session'
  readonly retentionMs: number
  /** The largest end that was put, in this process or before; −1: none. */
  readonly streamTimeMs: number
  /** `null` removes. @param timestampMs - of the change-log record @returns undefined where it is not kept any more */
  put(session: SessionKey<K>, value: V | null, timestampMs: number): KeptEntry | undefined
  fetchSession(session: SessionKey<K>): V | undefined
  /** The sessions of a key that overlap a time: `end >= earliestEndMs` and `start <= latestStartMs`; by end, then start. */
  findSessions(key: K, overlap: SessionOverlap, options?: ScanOptions): Iterable<SessionEntry<K, V>>
  /** The same for keys from `from` to `to`, both included in byte order. */
  findSessionsOfKeys(
    keys: KeyRange<K>,
    overlap: SessionOverlap,
    options?: ScanOptions,
  ): Iterable<SessionEntry<K, V>>
}

export interface SessionKey<K = unknown> {
  readonly key: K
  readonly startMs: number
  readonly endMs: number
}

export interface SessionOverlap {
  readonly earliestEndMs: number
  readonly latestStartMs: number
}

export interface SessionEntry<K = unknown, V = unknown> extends SessionKey<K> {
  readonly value: V
}

/**
 * Values by key, each valid from its timestamp to that of the next. Versions whose validity ended more than the history retention before
 * stream time, the largest timestamp ever put, are gone; the newest version of a key stays for ever.
 */
export interface VersionedStore<K = unknown, V = unknown> extends StoreFacade<K> {
  readonly kind: 'versioned'
  readonly historyRetentionMs: number
  /** The largest timestamp that was put, in this process or before; −1: none. */
  readonly streamTimeMs: number
  /** The newest version. */
  get(key: K): VersionedRecord<V> | undefined
  /** The version that was valid at `asOfMs`; none where that is before the history that is kept. */
  getAsOf(key: K, asOfMs: number): VersionedRecord<V> | undefined
  /**
   * `null` ends the validity of what was there. Records out of order find their place.
   *
   * @returns until when the version is valid: a timestamp, {@link validToUndefined} or {@link versionNotPut}
   */
  put(key: K, value: V | null, timestampMs: number): number
  /** @returns what was valid at `timestampMs` before */
  delete(key: K, timestampMs: number): VersionedRecord<V> | undefined
}

export interface VersionedRecord<V = unknown> {
  readonly value: V
  readonly timestampMs: number
  /** Undefined: it is the newest. */
  readonly validToMs: number | undefined
}

/** Kafka Streams' `PUT_RETURN_CODE_VALID_TO_UNDEFINED`: the version put is the newest. */
export const validToUndefined = -1
/** Kafka Streams' `PUT_RETURN_CODE_NOT_PUT`: the timestamp is before the history that is kept. */
export const versionNotPut = -(2 ** 63)

export type StoreKeyIdentity = string | number | bigint

/** Where a sealed generation's entries go: records of the change-log topic, in the task's transaction. */
export interface ChangeLogSink {
  /** Everything is copied before the call returns. */
  append(change: LoggedChange): void
}

/** A change-log record in a buffer. */
export interface LoggedChange {
  readonly bytes: Buffer
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  /** −1: deleted. */
  readonly valueEnd: number
  readonly timestampMs: number
}

/**
 * The life of a store as a task drives it, commit by commit. Generations are numbered upwards; writes go to the newest.
 */
export interface ManagedStore {
  readonly name: string
  /** Closes the newest generation, sends its dirty entries to the change log and opens the next one; gives its number. */
  seal(): number
  /** The transaction that holds generation `generation` has ended: exactly its sealed bytes go to the engine, with the position, now or with those of later ones. */
  committed(generation: number, position: ChangeLogPosition | undefined): void
  /** Committed entries go to the engine, and it is told this position: nothing has come into the change log between its own and this one. */
  confirmed(position: ChangeLogPosition): void
  /** Drops this generation, all later ones, and the clean entries derived from them. */
  failed(generation: number): void
  /**
   * Applies change-log records straight to the engine, before the task runs (a global table's for ever). Nothing may be dirty. A
   * timestamped store puts the record's timestamp before the value, as Kafka Streams does.
   */
  restore(batch: RestoreBatch): void
  position(): ChangeLogPosition | undefined
  readonly dirtyCount: number
  readonly sizeBytes: number
  /** About: what is committed and not in the engine yet counts once a commit. */
  readonly entryCount: number
  close(): void
}

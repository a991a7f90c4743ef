/**
 * What an engine is, and what operators and functions use. Between them stand the layers: the overlay with its generations, and
 * the change log.
 */

/** What an engine's content equals: the change log up to this offset. */
export interface ChangeLogPosition {
  readonly topicId: string
  /** The next offset to read. */
  readonly offset: number
  readonly leaderEpoch: number
  readonly committedAtMs: number
}

/** The sealed entries of one commit. A `null` value deletes. */
export interface StoreBatch {
  readonly entries: readonly { readonly key: Buffer; readonly value: Buffer | null }[]
  /** Written with the entries, atomically. */
  readonly position: ChangeLogPosition | undefined
}

/** Change-log records as they stand in the topic: plain values, their time in the record's timestamp. */
export interface RestoreBatch {
  readonly entries: readonly {
    readonly key: Buffer
    readonly value: Buffer | null
    readonly timestampMs: number
  }[]
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

/** Windows, sessions, versions and users' scans need order: unsigned byte order of keys. */
export interface OrderedStore extends PointStore {
  /** From `from` (included) up to `to` (not included); undefined: open. */
  range(
    from: Buffer | undefined,
    to: Buffer | undefined,
    options?: { readonly reverse?: boolean },
  ): Iterable<{ readonly key: Buffer; readonly value: Buffer }>
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
export interface KeyValueStore<K = unknown, V = unknown> {
  readonly name: string
  /** Whether values carry a timestamp. */
  readonly timestamped: boolean
  /** Whether the definition asks for a store on disk. */
  readonly persistent: boolean
  /** Whether updates wait for the flush before a commit and go downstream once per key. */
  readonly caching: boolean
  /** What tells keys apart in a `Map`: the same for equal keys, whatever their form. */
  identity(key: K): StoreKeyIdentity
  get(key: K): V | undefined
  /** {@link KeyValueStore.get} for a key that is text, given as its bytes: plain ASCII. Makes no string. */
  getText(buffer: Buffer, start: number, end: number): V | undefined
  /** The timestamp written with the value; undefined where the store keeps none or has no such key. */
  timestampMs(key: K): number | undefined
  /** `null` deletes. */
  put(key: K, value: V | null, timestampMs: number): void
  putIfAbsent(key: K, value: V, timestampMs: number): V | undefined
  delete(key: K): V | undefined
  all(): Iterable<readonly [K, V]>
  /** Both ends included, in byte order of the encoded keys. */
  range(from: K, to: K): Iterable<readonly [K, V]>
  approximateEntryCount(): number
}

export type StoreKeyIdentity = string | number | bigint

/** Where a sealed generation's entries go: records of the change-log topic, in the task's transaction. */
export interface ChangeLogSink {
  append(store: string, key: Buffer, value: Buffer | null, timestampMs: number): void
}

/**
 * The life of a store as a task drives it, commit by commit. Generations are numbered upwards; writes go to the newest.
 */
export interface ManagedStore {
  readonly name: string
  /** Closes the newest generation, sends its dirty entries to the change log and opens the next one; gives its number. */
  seal(): number
  /** The transaction that holds generation `generation` has ended: exactly its sealed bytes go to the engine, with the position. */
  committed(generation: number, position: ChangeLogPosition | undefined): void
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
  readonly entryCount: number
  close(): void
}

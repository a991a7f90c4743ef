import type { Logger } from '../base/logger.ts'
import type { Metrics } from '../base/metrics.ts'

/** A store as a user function needs it; those of the store layer fit. Values stay the store's own. */
export type FunctionStore = FunctionKeyValueStore | TimedFunctionStore
export type TimedFunctionStore = FunctionWindowStore | FunctionSessionStore | FunctionVersionedStore

interface NamedStore {
  readonly name: string
  readonly persistent?: boolean
}

export interface FunctionKeyValueStore extends NamedStore {
  readonly kind?: 'key-value'
  /** Whether functions see and give a timestamp with each value. */
  readonly timestamped?: boolean
  get(key: unknown): unknown
  timestampMs(key: unknown): number | undefined
  put(key: unknown, value: unknown, timestampMs: number): void
  putIfAbsent(key: unknown, value: unknown, timestampMs: number): unknown
  delete(key: unknown, timestampMs: number): unknown
  all(): Iterable<readonly [unknown, unknown]>
  range(from: unknown, to: unknown): Iterable<readonly [unknown, unknown]>
  approximateEntryCount(): number
}

interface Scan {
  readonly reverse?: boolean
}

interface Keys {
  readonly from: unknown
  readonly to: unknown
}

/** Both ends included. */
interface Times {
  readonly fromMs: number
  readonly toMs: number
}

interface StoredWindow {
  readonly key: unknown
  readonly startMs: number
  readonly value: unknown
  readonly timestampMs: number | undefined
}

export interface FunctionWindowStore extends NamedStore {
  readonly kind: 'window'
  readonly timestamped: boolean
  readonly windowSizeMs: number
  put(key: unknown, value: unknown, startMs: number, timestampMs: number): unknown
  fetch(key: unknown, startMs: number): unknown
  timestampMs(key: unknown, startMs: number): number | undefined
  fetchTimes(key: unknown, times: Times, options?: Scan): Iterable<StoredWindow>
  fetchKeys(keys: Keys, times: Times, options?: Scan): Iterable<StoredWindow>
}

interface Session {
  readonly key: unknown
  readonly startMs: number
  readonly endMs: number
}

interface Overlap {
  readonly earliestEndMs: number
  readonly latestStartMs: number
}

export interface FunctionSessionStore extends NamedStore {
  readonly kind: 'session'
  put(session: Session, value: unknown, timestampMs: number): unknown
  fetchSession(session: Session): unknown
  findSessions(
    key: unknown,
    overlap: Overlap,
    options?: Scan,
  ): Iterable<Session & { readonly value: unknown }>
  findSessionsOfKeys(
    keys: Keys,
    overlap: Overlap,
    options?: Scan,
  ): Iterable<Session & { readonly value: unknown }>
}

interface StoredVersion {
  readonly value: unknown
  readonly timestampMs: number
  readonly validToMs: number | undefined
}

export interface FunctionVersionedStore extends NamedStore {
  readonly kind: 'versioned'
  get(key: unknown): StoredVersion | undefined
  getAsOf(key: unknown, asOfMs: number): StoredVersion | undefined
  put(key: unknown, value: unknown, timestampMs: number): number
  delete(key: unknown, timestampMs: number): StoredVersion | undefined
}

/** What one task lends to the functions that are bound for it. */
export interface FunctionEnvironment {
  /** @throws StreamError when the task has no such store */
  store(name: string): FunctionStore
  readonly logger: Logger
  readonly metrics: Metrics
  /** Event time of the record in hand, which an untimed `put` writes with the value, and a `delete` into the change log; absent: 0. */
  recordTimestampMs?(): number
}

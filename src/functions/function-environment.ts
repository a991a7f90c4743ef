import type { Logger } from '../base/logger.ts'
import type { Metrics } from '../base/metrics.ts'

/** A key-value store as a user function needs it; `KeyValueStore` of the store layer fits. Values stay the store's own. */
export interface FunctionStore {
  readonly name: string
  /** Whether functions see and give a timestamp with each value. */
  readonly timestamped?: boolean
  readonly persistent?: boolean
  get(key: unknown): unknown
  timestampMs(key: unknown): number | undefined
  put(key: unknown, value: unknown, timestampMs: number): void
  putIfAbsent(key: unknown, value: unknown, timestampMs: number): unknown
  delete(key: unknown, timestampMs: number): unknown
  all(): Iterable<readonly [unknown, unknown]>
  range(from: unknown, to: unknown): Iterable<readonly [unknown, unknown]>
  approximateEntryCount(): number
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

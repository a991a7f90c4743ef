import type { ByteWriter } from '../base/byte-writer.ts'
import type { Headers } from '../base/headers.ts'
import type { Logger } from '../base/logger.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Format } from '../data/types.ts'
import type { Serde } from '../serde/serde.ts'
import type { TextForm } from '../serde/text-form.ts'
import type {
  KeyValueStore,
  ListStore,
  SessionStore,
  VersionedStore,
  WindowStore,
} from '../store/contracts.ts'
import type { FunctionRef } from '../topology/functions.ts'
import type { NodeId } from '../topology/topology.ts'
import type { TaskContext } from './processor.ts'

/** A record as it was fetched. One object a task, filled anew for each record; the bytes stay where they arrived. */
export interface RawRecord {
  topic: string
  partition: number
  offset: number
  timestampMs: number
  /** The largest time of the partition's records before this one, −1 where there was none; the source takes this record's into it. */
  partitionTimeMs: number
  buffer: Buffer
  keyStart: number
  /** −1: a null key. */
  keyEnd: number
  valueStart: number
  /** −1: a null value, a tombstone. */
  valueEnd: number
  headers: Headers | undefined
}

/** The way into a sub-topology for one topic: decodes, then runs the record through all operators, depth first. */
export interface RecordSource {
  /** @throws StreamError what went wrong, with `VALUE_MALFORMED` for what could not be decoded */
  accept(raw: RawRecord): void
  /** Whether a schema that the record needs is on its way: it is to be given again when that has come. Undefined: never. */
  readonly awaits: ((raw: RawRecord) => boolean) | undefined
}

/** The way out: bytes are copied before the call returns. A null writer is a null key or value. */
export interface Collector {
  send(record: OutgoingRecord): void
}

/** One object a sink, filled anew for each record. */
export interface OutgoingRecord {
  topic: string
  /** −1: by the default partitioner. */
  partition: number
  timestampMs: number
  key: ByteWriter | null
  value: ByteWriter | null
  headers: Headers | undefined
}

/**
 * A bound user function, as `functions` makes it. It works on copies of its arguments and keeps nothing of its results: values
 * that belong to a store can be given to it, and its results can be stored.
 */
export interface Callable {
  /** `args` is the caller's and is filled anew for the next call. */
  call(args: readonly unknown[]): unknown
}

/** Milliseconds since the Unix epoch, written in place; −1: never yet. */
export interface EventTime {
  ms: number
}

/** Between the names that definitions and functions know and those of the cluster. */
export interface TopicNames {
  /** The real name of an internal topic: with the application id before it. */
  internal(name: string): string
  /** The real name of a topic that a function names. */
  real(name: string): string
  /** What functions call a topic, by its real name. */
  known(topic: string): string
}

/** Where topics are called in the cluster what definitions call them. */
export function plainTopicNames(applicationId: string): TopicNames {
  return { internal: (name) => `${applicationId}-${name}`, real: (name) => name, known: (topic) => topic }
}

/** What operators are built with: everything that belongs to one task. */
export interface ProcessEnvironment {
  readonly context: TaskContext
  readonly collector: Collector
  readonly logger: Logger
  readonly metrics: Metrics
  /** A store of this task. */
  store(name: string): KeyValueStore
  windowStore(name: string): WindowStore
  sessionStore(name: string): SessionStore
  versionedStore(name: string): VersionedStore
  listStore(name: string): ListStore
  /** A time that an operator keeps and that goes into the task's commits. The same one for the same name; −1 at first. */
  eventTime(name: string): EventTime
  /** The store of a global table, shared by the thread's tasks, read only. */
  globalStore(node: NodeId): KeyValueStore
  bind(ref: FunctionRef): Callable
  /** @param topic - schemas are registered under it; of what only the operator itself reads, any name that is its own in the cluster */
  serde(format: Format, topic: string, side: 'key' | 'value'): Serde
  /** How values of a format are text, where they are. */
  text(format: Format): TextForm | undefined
  readonly topics: TopicNames
  /** Where `print` operators write: a line to standard output, or to a file. Absent: lines go to the logger. */
  readonly print?: (line: string, file: string | undefined) => void
  /** How many partitions a topic has that a sink writes to, for user partitioners; undefined where nobody has asked the cluster yet. */
  partitionCount(topic: string): number | undefined
  /**
   * Acts once the topic's partitions are known: before the next commit, after what was sent to the topic before, and before what is sent
   * to it later. What the action uses of a record must be its own; what it throws is a failure of the record that is processed now.
   */
  whenKnown(topic: string, action: () => void): void
}

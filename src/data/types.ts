/**
 * The type language of definitions and queries: KSML's type strings, and SQL's column types.
 *
 * In JavaScript: `boolean`; whole numbers are numbers where safe and `bigint` beyond 2^53; `bytes` is `Uint8Array`;
 * `timestamp` is microseconds since the Unix epoch and `date` days, as numbers; a `struct` is a plain object, a `map` too;
 * `list` and `tuple` are arrays; a SQL NULL and a tombstone are `null`.
 */
export type DataType =
  /** `logical`: what a schema says that numbers or text stand for; schemas that are made of the type say it, too. */
  | { readonly kind: PrimitiveKind; readonly logical?: Logical }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'struct'; readonly name?: string; readonly fields?: readonly Field[] }
  | { readonly kind: 'list'; readonly of: DataType }
  | { readonly kind: 'map'; readonly of: DataType }
  | { readonly kind: 'tuple'; readonly of: readonly DataType[] }
  | { readonly kind: 'union'; readonly of: readonly DataType[] }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  /** `sizeMs`: how long all the windows are, where they are; sessions differ. */
  | { readonly kind: 'windowed'; readonly of: DataType; readonly sizeMs?: number }

export type PrimitiveKind =
  | 'any'
  | 'null'
  | 'boolean'
  | 'byte'
  | 'short'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'bytes'
  | 'string'
  | 'timestamp'
  | 'date'
  | 'time'
  | 'interval'
  | 'uuid'

/** What plain values of a schema stand for, by Avro's names. */
export type Logical =
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: PlainLogical }

export type PlainLogical =
  | 'uuid'
  | 'date'
  | 'time-millis'
  | 'time-micros'
  | 'timestamp-millis'
  | 'timestamp-micros'
  | 'timestamp-nanos'
  | 'local-timestamp-millis'
  | 'local-timestamp-micros'
  | 'local-timestamp-nanos'
  | 'duration'
  | 'big-decimal'

export interface Field {
  readonly name: string
  readonly type: DataType
  readonly required: boolean
}

/** How one side of a topic or store is written: `json`, `avro:SensorData`, `long`. */
export interface Format {
  /** `binary` for primitives and text, `json`, `avro`, … or a name from the configuration. */
  readonly notation: string
  readonly type: DataType
  /** The name of a schema in the notation's own terms, where one was given. */
  readonly schema?: string
  /** That schema, where the definition has it; absent: the registry has. */
  readonly source?: SchemaSource
  /** The topic that such values come from: its newest schema is theirs where they go and none is registered. As definitions call it. */
  readonly topic?: string
}

/** A schema as it is written. */
export interface SchemaSource {
  readonly text: string
  /** What it refers to, also through others; what is referred to comes first. `name` is what the referring schema calls it. */
  readonly references?: readonly ReferredSource[]
  /** The names of those that it refers to itself; absent: all of them. */
  readonly imports?: readonly string[]
}

export interface ReferredSource {
  readonly name: string
  readonly text: string
  /** The names of those that it refers to itself; absent: none. */
  readonly imports?: readonly string[]
}

/** A column of a row: of a topic read by a query, or of a query's result. */
export interface Column {
  readonly name: string
  readonly type: DataType
  /** Whether the type was found in some of the records: others may hold what does not fit it, and nobody has said what they are then. */
  readonly guessed?: true
}

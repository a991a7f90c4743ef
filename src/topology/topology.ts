/**
 * The waist of the system: what a front end makes and the runtime runs. Plain frozen data; it survives JSON and
 * structured clone, so a worker thread, a test and a picture all get the same thing.
 *
 * A node names its inputs by id. Nodes stand in an order in which each comes after its inputs. Ids are derived from
 * names in the file, never from counters over the whole, so that state outlives an edit of the definition.
 */
import type { Column, Format } from '../data/types.ts'
import type { SelectedLayout } from '../data/selected-row.ts'
import type { Expr } from '../expr/expr.ts'
import type { Carried, ForeignKeyNode } from './foreign-key-nodes.ts'
import type { DeduplicateNode } from './deduplicate-node.ts'
import type { FunctionRef, FunctionScope } from './functions.ts'
import type { GlobalJoinNode, StreamTableJoinNode } from './stream-table-nodes.ts'
import type { SelfJoinNode, StreamJoinNode } from './stream-join-nodes.ts'
import type { PunctuateNode } from './punctuate-node.ts'
import type { SuppressNode } from './suppress-node.ts'
import type { CombinationNode, LookUp, ReleaseNode, TtlJoinNode } from './ttl-join-nodes.ts'
import type { Windows } from './windows.ts'

export type NodeId = string

/** `by_duration:PT1H` and the like keep their text. */
export type OffsetReset = 'earliest' | 'latest' | 'none' | `by_duration:${string}`

interface NodeBase {
  readonly id: NodeId
}

interface InputNode extends NodeBase {
  readonly input: NodeId
}

/** Reads topics as a stream. With `columns`, values arrive as rows of these columns. */
export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  readonly topics: readonly string[]
  /** A regular expression: all topics are read whose whole name fits. */
  readonly pattern?: string
  readonly key: Format
  readonly value: Format
  readonly columns?: readonly Column[]
  readonly reset?: OffsetReset
  readonly timestamp?: FunctionRef
}

/** Reads a topic as a table, kept in `store`, which may be a versioned one. Emits changes. */
export interface TableSourceNode extends NodeBase {
  readonly kind: 'table-source'
  readonly topic: string
  readonly key: Format
  readonly value: Format
  readonly columns?: readonly Column[]
  readonly store: string
  readonly versioned?: boolean
  readonly reset?: OffsetReset
  readonly timestamp?: FunctionRef
}

/**
 * Reads a whole topic into a copy of its own in every stream thread, to its end before the first record is processed.
 * Keyed by the record key, or with `index` by the values of these expressions (the newest record of each key wins).
 */
export interface GlobalTableNode extends NodeBase {
  readonly kind: 'global-table'
  readonly topic: string
  readonly key: Format
  readonly value: Format
  readonly columns?: readonly Column[]
  /** Over the row alone, scope 0. */
  readonly index?: readonly Expr[]
  readonly store: string
}

/** Whether a table operator's changes say what a row was, because something downstream asks. Set when the topology is finished. */
type SendsOld = boolean

export interface FilterNode extends InputNode {
  readonly kind: 'filter'
  readonly predicate: FunctionRef
  /** `true` for filterNot. */
  readonly negate: boolean
  /** Whether the input is a table: rejected rows become tombstones. */
  readonly table: boolean
  /** Whether that table is versioned: a tombstone is told even where no row was seen, since it ends a version. */
  readonly ofVersions?: boolean
  readonly store?: string
  readonly sendsOld?: SendsOld
}

/** One record in, one or many out, by one user function; `result` says what the function gives. */
export interface TransformNode extends InputNode {
  readonly kind: 'transform'
  readonly result: 'key' | 'value' | 'key-value' | 'key-values' | 'values' | 'metadata'
  readonly mapper: FunctionRef
  readonly table: boolean
  readonly store?: string
  readonly sendsOld?: SendsOld
}

/** Turns keys and values into other types; a side that is absent passes as it is. */
export interface ConvertNode extends InputNode {
  readonly kind: 'convert'
  readonly key?: Conversion
  readonly value?: Conversion
}

export interface Conversion {
  readonly from: Format
  readonly to: Format
}

/** Calls a function for each record and passes the record on unchanged; `forEach` at the end of a pipeline has no children. */
export interface PeekNode extends InputNode {
  readonly kind: 'peek'
  readonly action: FunctionRef
}

/** Prints each record to standard output or to a file. */
export interface PrintNode extends InputNode {
  readonly kind: 'print'
  readonly label: string
  readonly file?: string
  readonly mapper?: FunctionRef
}

/** Sends each record to the first branch whose predicate holds; branch i is read by a {@link BranchNode} of index i. */
export interface SplitNode extends InputNode {
  readonly kind: 'split'
  /** `null`: always true. */
  readonly predicates: readonly (FunctionRef | null)[]
}

export interface BranchNode extends InputNode {
  readonly kind: 'branch'
  readonly index: number
}

export interface MergeNode extends NodeBase {
  readonly kind: 'merge'
  readonly inputs: readonly NodeId[]
}

/** Through an internal topic, partitioned by key. Ends one sub-topology and begins the next. */
export interface RepartitionNode extends InputNode {
  readonly kind: 'repartition'
  /** Without the application id: `<name>-repartition`. */
  readonly topic: string
  readonly key: Format
  readonly value: Format
  /** Absent: as many as the largest of its source topics. */
  readonly partitions?: number
  readonly partitioner?: FunctionRef
  /** Absent: plain values. */
  readonly carries?: Carried
  /** Written by the author: it stays where it is. */
  readonly pinned?: boolean
  /** Records without a key are left out: nothing behind it has a use for them. Set when the topology is finished. */
  readonly dropsNullKeys?: boolean
}

/** A further stream that is folded into the same aggregates, by an aggregator of its own. */
export interface Cogrouped {
  readonly input: NodeId
  readonly aggregator: FunctionRef
}

/** Folds a stream by key. Emits changes of the aggregate. */
export interface AggregateNode extends InputNode {
  readonly kind: 'aggregate'
  readonly fold: Fold
  /** Absent: the input alone. */
  readonly others?: readonly Cogrouped[]
  readonly store: string
}

export type Fold =
  | { readonly kind: 'count' }
  | { readonly kind: 'reduce'; readonly reducer: FunctionRef }
  | TopFold
  | {
      readonly kind: 'aggregate'
      readonly initializer: FunctionRef
      readonly aggregator: FunctionRef
      /** Makes one aggregate of two, for sessions that meet. */
      readonly merger?: FunctionRef
    }

/** The best values of a group by what a function makes of each, as a list. */
export interface TopFold {
  readonly kind: 'top'
  readonly count: number
  readonly by: FunctionRef
  readonly descending: boolean
}

/** Folds a stream by key and window. Emits changes whose keys are windowed. */
export interface WindowAggregateNode extends InputNode {
  readonly kind: 'window-aggregate'
  readonly windows: Windows
  readonly fold: Fold
  /** As an {@link AggregateNode}'s. */
  readonly others?: readonly Cogrouped[]
  /** A window store, or for sessions a session store. */
  readonly store: string
  /** `update`: each change; `close`: once, when a window takes nothing any more. */
  readonly emit: 'update' | 'close'
}

/** Gives each row of a table to a group: `mapper` makes its key and value there. Emits changes, for a {@link TableAggregateNode}. */
export interface TableGroupNode extends InputNode {
  readonly kind: 'table-group'
  readonly mapper: FunctionRef
  /** Of the group's key. */
  readonly key: Format
}

/** Folds the rows of a grouped table: what a row was is subtracted, what it is is added. Emits changes of the aggregate. */
export interface TableAggregateNode extends InputNode {
  readonly kind: 'table-aggregate'
  readonly fold: TableFold
  readonly store: string
}

export type TableFold =
  | { readonly kind: 'count' }
  | { readonly kind: 'reduce'; readonly adder: FunctionRef; readonly subtractor: FunctionRef }
  | {
      readonly kind: 'aggregate'
      readonly initializer: FunctionRef
      readonly adder: FunctionRef
      readonly subtractor: FunctionRef
    }

/** Joins two tables of the same task on equal keys. Emits changes of the result, kept in `store` if there is one. */
export interface TableJoinNode extends NodeBase {
  readonly kind: 'table-join'
  readonly left: NodeId
  readonly right: NodeId
  readonly type: 'inner' | 'left' | 'outer'
  readonly joiner: FunctionRef
  readonly store?: string
  readonly sendsOld?: SendsOld
}

export interface ToStreamNode extends InputNode {
  readonly kind: 'to-stream'
  readonly mapper?: FunctionRef
}

export interface ToTableNode extends InputNode {
  readonly kind: 'to-table'
  readonly store?: string
  readonly versioned?: boolean
  /** The store is there only if something reads it. Settled, and gone, when the topology is finished. */
  readonly onDemand?: boolean
}

/**
 * SQL's join with a dimension as a look-up: the key expressions are evaluated over the rows joined so far, the found row becomes the
 * next scope. A NULL in the key matches nothing. `residual` is the rest of the ON condition.
 */
export interface LookupJoinNode extends InputNode, LookUp {
  readonly kind: 'lookup-join'
}

/** SQL's WHERE and SELECT: keeps rows for which `where` is TRUE and gives each the output columns. */
export interface SelectNode extends InputNode {
  readonly kind: 'select'
  readonly where?: Expr
  readonly layout: SelectedLayout
  readonly cells: readonly Expr[]
  /** The output column that becomes the record key; absent: no key. */
  readonly keyColumn?: number
}

export interface SinkNode extends InputNode {
  readonly kind: 'sink'
  readonly topic: TopicTarget
  readonly key: Format
  readonly value: Format
  readonly partitioner?: FunctionRef
}

export type TopicTarget =
  | { readonly kind: 'topic'; readonly name: string }
  | { readonly kind: 'extractor'; readonly extractor: FunctionRef }

export type Node =
  | SourceNode
  | TableSourceNode
  | GlobalTableNode
  | FilterNode
  | TransformNode
  | ConvertNode
  | PeekNode
  | PrintNode
  | SplitNode
  | BranchNode
  | MergeNode
  | RepartitionNode
  | AggregateNode
  | WindowAggregateNode
  | TableGroupNode
  | TableAggregateNode
  | TableJoinNode
  | ForeignKeyNode
  | StreamJoinNode
  | SelfJoinNode
  | DeduplicateNode
  | PunctuateNode
  | SuppressNode
  | ToStreamNode
  | ToTableNode
  | StreamTableJoinNode
  | GlobalJoinNode
  | LookupJoinNode
  | CombinationNode
  | TtlJoinNode
  | ReleaseNode
  | SelectNode
  | SinkNode

/** A store that operators or functions use. Its change log, where there is one, is `<application id>-<name>-changelog`. */
export type StoreSpec =
  | KeyValueStoreSpec
  | WindowStoreSpec
  | SessionStoreSpec
  | VersionedStoreSpec
  | ListStoreSpec

interface StoreSpecBase {
  readonly name: string
  readonly key: Format
  readonly value: Format
  /** Rows of these columns, where a query keeps them. */
  readonly columns?: readonly Column[]
  readonly persistent: boolean
  readonly caching: boolean
  /** What its bytes are made of, where their format does not say it: what was written of other parts is not read. */
  readonly parts?: string
  /** `own`: a change-log topic; `source`: the table's own topic serves as one; `none`: lost on restart. */
  readonly logging: 'own' | 'source' | 'none'
}

export interface KeyValueStoreSpec extends StoreSpecBase {
  readonly kind: 'key-value'
  /** Values carry their record's timestamp (what operators materialise). */
  readonly timestamped: boolean
  /** An entry is kept while its timestamp is above stream time less this. Needs timestamps. Absent: for ever. */
  readonly timeToLiveMs?: number
}

/** By key and start of a window, kept while the start is above stream time less the retention. */
export interface WindowStoreSpec extends StoreSpecBase {
  readonly kind: 'window'
  readonly timestamped: boolean
  readonly windowSizeMs: number
  readonly retentionMs: number
  /** Puts add to what is there for the same key and start: what stream-stream joins need. */
  readonly retainDuplicates: boolean
}

/** By key and session, kept while the end is above stream time less the retention. */
export interface SessionStoreSpec extends StoreSpecBase {
  readonly kind: 'session'
  readonly retentionMs: number
}

/** Each value with the time from which it was valid; superseded ones stay for the history retention. */
export interface VersionedStoreSpec extends StoreSpecBase {
  readonly kind: 'versioned'
  readonly historyRetentionMs: number
  /** How long a stretch of history is dropped at once; absent: as long as Kafka Streams'. */
  readonly segmentIntervalMs?: number
}

/** What an operator keeps by itself, each entry until it goes: keys and values are bytes of its own. */
export type ListStoreSpec = StoreSpecBase & { readonly kind: 'list' }

/** Nodes that run together: one task a partition. */
export interface SubTopology {
  readonly index: number
  readonly nodes: readonly NodeId[]
  /** Topics that a task of it reads, internal ones included (without the application id). */
  readonly sources: readonly string[]
  /** Of `sources`, those that Weft makes itself. */
  readonly repartitionSources: readonly string[]
  readonly stores: readonly string[]
}

export interface Topology {
  /** The name in the file; the default application id. */
  readonly name: string
  readonly nodes: readonly Node[]
  readonly stores: readonly StoreSpec[]
  readonly subTopologies: readonly SubTopology[]
  readonly functions: FunctionScope
}

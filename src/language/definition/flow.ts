import type { SourceSpan } from '../../base/errors.ts'
import type { Format } from '../../data/types.ts'
import type { FunctionRef } from '../../topology/functions.ts'
import type { NodeId } from '../../topology/topology.ts'
import type { Windows } from '../../topology/windows.ts'

interface Typed {
  readonly node: NodeId
  readonly key: Format
  readonly value: Format
}

/** Records, each for itself. */
export interface StreamFlow extends Typed {
  readonly kind: 'stream'
  /** Whether the key may have changed since the records were partitioned by it. */
  readonly rekeyed: boolean
}

/** Changes of rows. */
export interface TableFlow extends Typed {
  readonly kind: 'table'
  /** Of its keys; absent where they are not windowed. */
  readonly windows?: Windows
  /** How long it knows what its rows were; absent: it does not. */
  readonly historyMs?: number | undefined
}

/** A table that is whole in every thread. */
export interface GlobalTableFlow extends Typed {
  readonly kind: 'globalTable'
}

/** Records grouped by key, to be folded. */
export interface GroupedFlow extends Typed {
  readonly kind: 'grouped'
  /** The internal topic that the records must go through before a fold; absent where they lie right. */
  readonly repartition: string | undefined
  /** Absent: not windowed. */
  readonly windowing?: Windowing
  /** Absent: not cogrouped. Folds the records into a value that `aggregate` begins. */
  readonly cogroup?: Cogroup
}

export interface Windowing {
  readonly windows: Windows
  readonly emit: 'update' | 'close'
}

/** How the records of one group are folded. */
export interface Cogroup {
  readonly aggregator: FunctionRef
  readonly value: Format
  readonly span: SourceSpan
  /** Further groups that are folded into the same values. */
  readonly others?: readonly CogroupedFlow[]
}

export interface CogroupedFlow extends Omit<Cogroup, 'others'> {
  readonly name: string
  readonly group: GroupedFlow
}

/** Rows of a table grouped by a new key, to be added up; they always go through an internal topic. */
export interface GroupedTableFlow extends Typed {
  readonly kind: 'groupedTable'
  readonly repartition: string
}

/** What is between two operations of a pipeline. */
export type Flow = StreamFlow | TableFlow | GlobalTableFlow | GroupedFlow | GroupedTableFlow

/** What the reader of a message calls it. */
export const flowNames: Readonly<Record<Flow['kind'], string>> = {
  stream: 'a stream',
  table: 'a table',
  globalTable: 'a global table',
  grouped: 'a grouped stream',
  groupedTable: 'a grouped table',
}

/** A flow that has a name in the file; without a flow where it is broken, which has been reported. */
export interface NamedFlow {
  readonly flow: Flow | undefined
  readonly span: SourceSpan
}

/** Stands for a type that could not be found, which has been reported: it fits everywhere. */
export const unknownFormat: Format = { notation: 'binary', type: { kind: 'any' } }

/** What goes on after a step that failed, so that the steps behind it can be checked too. */
export function flowAfterFailure(kind: Flow['kind']): Flow {
  const base = { node: '', key: unknownFormat, value: unknownFormat }
  switch (kind) {
    case 'stream':
      return { kind, ...base, rekeyed: false }
    case 'table':
      return { kind, ...base }
    case 'globalTable':
      return { kind, ...base }
    case 'grouped':
      return { kind, ...base, repartition: undefined }
    case 'groupedTable':
      return { kind, ...base, repartition: '' }
  }
}

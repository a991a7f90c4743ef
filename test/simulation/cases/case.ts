/** What every case of the simulation has: a topology, input, and a few naive lines that say what must come out of it. */
import type { Random } from '../../../src/base/random.ts'
import type { DataType, Format } from '../../../src/data/types.ts'
import type { TestRecord } from '../../../src/testing/cluster.ts'
import { finishTopology } from '../../../src/topology/build-topology.ts'
import type { FunctionKind, FunctionRef } from '../../../src/topology/functions.ts'
import type {
  KeyValueStoreSpec,
  ListStoreSpec,
  Node,
  SinkNode,
  SourceNode,
  StoreSpec,
  ToStreamNode,
  Topology,
  TransformNode,
  WindowStoreSpec,
} from '../../../src/topology/topology.ts'
import type { Evidence } from '../audit/evidence.ts'
import type { Variant } from '../variant.ts'

/** Where records go that a function fails on; there in every case. */
export const deadLetters = 'app-dead-letters'

export interface InputRecord extends Omit<TestRecord, 'timestampMs'> {
  readonly topic: string
  /** So much later than the time that the simulation gives it. */
  readonly aheadMs?: number
}

/** How event time goes: faster than the clock where time has to expire within a run. */
export interface EventTime {
  /** So many milliseconds of event time pass in one of the clock; records lie 5 s times this around it. */
  readonly pace: number
  /** Now and then a record is ahead by this much at most. */
  readonly aheadMs: number
}

/** A minute in six seconds: buckets of windows go while a run lasts. */
export const fast: EventTime = { pace: 10, aheadMs: 100_000 }

/** What input is drawn with. `next` numbers what it is called for: 1, 2, 3, … */
export interface Draw {
  readonly random: Random
  readonly next: (name: string) => number
}

export interface SimulationCase {
  readonly name: string
  /** Topics that must be there, with their partitions. */
  readonly topics: Readonly<Record<string, number>>
  /** Absent: event time is the clock's. */
  readonly time?: EventTime
  topology(variant: Variant): Topology | Promise<Topology>
  /** One record; the simulation gives it a time. */
  draw(draw: Draw): InputRecord
  /** Records that must be there before anything else. */
  first?(draw: Draw): InputRecord[]
  /** Records for every key, sent when all trouble is over: whatever state was lost shows in them. */
  last(draw: Draw): InputRecord[]
  /** Recomputes from committed input what must have come out, and says what is wrong. Shares no code with the engine. */
  audit(evidence: Evidence): string[]
}

export const text: Format = { notation: 'binary', type: { kind: 'string' } }
export const bytes: Format = { notation: 'binary', type: { kind: 'bytes' } }
export const long: Format = { notation: 'binary', type: { kind: 'long' } }

const parametersOf: Partial<Record<FunctionKind, readonly string[]>> = {
  reducer: ['value1', 'value2'],
  valueJoiner: ['key', 'value1', 'value2'],
  foreignKeyExtractor: ['value'],
  initializer: [],
  aggregator: ['key', 'value', 'aggregate'],
}

/** A function of one JavaScript expression. */
export function js(
  name: string,
  kind: FunctionKind,
  expression: string,
  more: Partial<FunctionRef> = {},
): FunctionRef {
  const resultType: DataType = { kind: kind === 'predicate' ? 'boolean' : 'string' }
  const span = { file: 'simulation.yaml', line: 1, column: 1, length: expression.length }
  return {
    name,
    kind,
    parameters: (parametersOf[kind] ?? ['key', 'value']).map((parameter) => ({ name: parameter })),
    resultType,
    stores: [],
    body: { language: 'javascript', expression: { text: expression, span } },
    ...more,
  }
}

/** What a function gives that makes a key and a value. */
export const pairOfText: DataType = { kind: 'tuple', of: [{ kind: 'string' }, { kind: 'string' }] }

/** Keys and values of text. */
export function source(topic: string): SourceNode {
  return { kind: 'source', id: topic, topics: [topic], key: text, value: text }
}

/** A sink of text. */
export function sink(input: string, topic: string, value: Format = text): SinkNode {
  return {
    kind: 'sink',
    id: `${input} to ${topic}`,
    input,
    topic: { kind: 'topic', name: topic },
    key: text,
    value,
  }
}

/** A windowed table's changes as text: by the key alone, so that they stay in their partition, with `start-end=` before the value. */
export function unwindowed(input: string): [ToStreamNode, TransformNode] {
  const expression = '[key.key, key.start + "-" + key.end + "=" + value]'
  const mapper = js('unwindow', 'keyValueTransformer', expression, { resultType: pairOfText })
  return [
    changesOf(input),
    {
      kind: 'transform',
      id: `${input} unwindowed`,
      input: `${input} changes`,
      result: 'key-value',
      mapper,
      table: false,
    },
  ]
}

/** A stream's values by an expression of `key` and `value`; of a table, its rows. */
export function mapped(id: string, input: string, expression: string, table = false): TransformNode {
  const mapper = js(id, 'valueTransformer', expression)
  return { kind: 'transform', id, input, result: 'value', mapper, table }
}

/** A table's changes as a stream. */
export function changesOf(input: string): ToStreamNode {
  return { kind: 'to-stream', id: `${input} changes`, input }
}

export function keyValueStore(name: string, settings: Partial<KeyValueStoreSpec> = {}): KeyValueStoreSpec {
  return {
    name,
    kind: 'key-value',
    key: text,
    value: text,
    timestamped: true,
    persistent: true,
    caching: false,
    logging: 'own',
    ...settings,
  }
}

export function listStore(name: string): ListStoreSpec {
  return { name, kind: 'list', key: bytes, value: bytes, persistent: true, caching: false, logging: 'own' }
}

export function windowStore(
  name: string,
  settings: Pick<WindowStoreSpec, 'windowSizeMs' | 'retentionMs'> & Partial<WindowStoreSpec>,
): WindowStoreSpec {
  return {
    name,
    kind: 'window',
    key: text,
    value: text,
    timestamped: true,
    retainDuplicates: false,
    persistent: true,
    caching: false,
    logging: 'own',
    ...settings,
  }
}

export function topologyOf(nodes: readonly Node[], stores: readonly StoreSpec[]): Topology {
  return finishTopology({
    name: 'simulation',
    nodes,
    stores,
    functions: { namespace: 'simulation', functions: [] },
  })
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)] as T
}

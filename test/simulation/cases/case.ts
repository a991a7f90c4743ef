/** What every case of the simulation has: a topology, input, and a few naive lines that say what must come out of it. */
import type { Random } from '../../../src/base/random.ts'
import type { DataType, Format } from '../../../src/data/types.ts'
import type { TestRecord } from '../../../src/testing/cluster.ts'
import { finishTopology } from '../../../src/topology/build-topology.ts'
import type { FunctionKind, FunctionRef } from '../../../src/topology/functions.ts'
import type {
  KeyValueStoreSpec,
  Node,
  SinkNode,
  StoreSpec,
  Topology,
} from '../../../src/topology/topology.ts'
import type { Evidence } from '../audit/evidence.ts'
import type { Variant } from '../variant.ts'

/** Where records go that a function fails on; there in every case. */
export const deadLetters = 'app-dead-letters'

export interface InputRecord extends TestRecord {
  readonly topic: string
}

/** What input is drawn with. `next` numbers what it is called for: 1, 2, 3, … */
export interface Draw {
  readonly random: Random
  readonly next: (name: string) => number
}

export interface SimulationCase {
  readonly name: string
  /** Topics that must be there, with their partitions. */
  readonly topics: Readonly<Record<string, number>>
  topology(variant: Variant): Topology
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
export const long: Format = { notation: 'binary', type: { kind: 'long' } }

const parametersOf: Partial<Record<FunctionKind, readonly string[]>> = {
  reducer: ['value1', 'value2'],
  valueJoiner: ['key', 'value1', 'value2'],
}

/** A function of one JavaScript expression. */
export function js(name: string, kind: FunctionKind, expression: string): FunctionRef {
  const resultType: DataType = { kind: kind === 'predicate' ? 'boolean' : 'string' }
  const span = { file: 'simulation.yaml', line: 1, column: 1, length: expression.length }
  return {
    name,
    kind,
    parameters: (parametersOf[kind] ?? ['key', 'value']).map((parameter) => ({ name: parameter })),
    resultType,
    stores: [],
    body: { language: 'javascript', expression: { text: expression, span } },
  }
}

/** A sink of text. */
export function sink(input: string, topic: string, value: Format = text): SinkNode {
  return { kind: 'sink', id: `to-${topic}`, input, topic: { kind: 'topic', name: topic }, key: text, value }
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

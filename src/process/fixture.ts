/**
 * A task in a few lines, for tests and benchmarks: real stores in memory, real formats, and user functions as plain JavaScript ones,
 * named in the order in which they are made.
 */
import type { ByteWriter } from '../base/byte-writer.ts'
import type { Headers } from '../base/headers.ts'
import { silentLogger, type LogFields } from '../base/logger.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { MetricRegistry } from '../base/metrics.ts'
import { Lazy } from '../data/lazy.ts'
import type { Format } from '../data/types.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import { plainTextForm } from '../serde/text-form.ts'
import type { KeyValueStore, OrderedStore, StateStore } from '../store/contracts.ts'
import { openStore, type OpenedStore } from '../store/open-store.ts'
import { storeOfKind } from '../store/store-of-kind.ts'
import type { FunctionKind, FunctionRef } from '../topology/functions.ts'
import { settleTables } from '../topology/table-demand.ts'
import type { GlobalTableNode, KeyValueStoreSpec, Node, StoreSpec } from '../topology/topology.ts'
import { buildProcessors, type Processors } from './build.ts'
import {
  plainTopicNames,
  type OutgoingRecord,
  type ProcessEnvironment,
  type RawRecord,
} from './environment.ts'
import { EventTimes } from './event-times.ts'
import { openGlobalTable, type GlobalTable } from './global-table.ts'

export const text: Format = { notation: 'binary', type: { kind: 'string' } }
export const long: Format = { notation: 'binary', type: { kind: 'long' } }
export const json: Format = { notation: 'json', type: { kind: 'any' } }

export interface SentRecord {
  readonly topic: string
  readonly partition: number
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly headers: Headers | undefined
}

export interface PushedRecord {
  readonly timestampMs?: number
  /** Default: the next one. */
  readonly offset?: number
  readonly headers?: Headers
}

type UserCode = (...args: never[]) => unknown

/** Functions that topologies of this test may name. */
export class TestFunctions {
  readonly code = new Map<string, UserCode>()

  add(kind: FunctionKind, code: UserCode): FunctionRef {
    const name = `f${this.code.size}`
    this.code.set(name, code)
    return { name, kind, parameters: [], stores: [], body: { language: 'javascript' } }
  }
}

export function storeSpec(name: string, shape: Partial<KeyValueStoreSpec> = {}): KeyValueStoreSpec {
  return {
    name,
    kind: 'key-value',
    key: text,
    value: json,
    timestamped: true,
    persistent: false,
    caching: false,
    logging: 'none',
    ...shape,
  }
}

interface TestTaskOptions {
  readonly nodes: readonly Node[]
  readonly stores?: readonly StoreSpec[]
  readonly functions?: TestFunctions
  readonly partitionCount?: number
  /** What its stores stand on; absent: an engine of its own for each. */
  readonly engine?: OrderedStore
  /** Where records go; default: into {@link TestTask.sent}, as text. */
  readonly send?: (record: OutgoingRecord) => void
}

export class TestTask {
  readonly metrics = new MetricRegistry()
  readonly sent: SentRecord[] = []
  readonly printed: string[] = []
  /** What was logged as a warning: its fields. */
  readonly warnings: LogFields[] = []
  readonly context = { topic: '', partition: -1, offset: -1, streamTimeMs: -1, clock: new ManualClock() }
  readonly #stores = new Map<string, OpenedStore>()
  readonly #globals = new Map<string, GlobalTable>()
  readonly #partitionTimesMs = new Map<string, number>()
  readonly #functions: TestFunctions
  readonly #logger = {
    ...silentLogger,
    warn: (_: string, fields: LogFields = {}) => void this.warnings.push(fields),
  }
  readonly times = new EventTimes()
  readonly processors: Processors
  #offset = 0

  constructor(options: TestTaskOptions) {
    this.#functions = options.functions ?? new TestFunctions()
    const { nodes, stores: specs } = settleTables({ nodes: options.nodes, stores: options.stores ?? [] })
    for (const spec of specs) this.#openStore(spec, options.engine)
    for (const node of nodes) {
      const spec = node.kind === 'global-table' ? specs.find(({ name }) => name === node.store) : undefined
      if (node.kind === 'global-table' && spec?.kind === 'key-value') this.#openGlobal(node, spec)
    }
    this.processors = buildProcessors(nodes, this.#environment(options))
  }

  /** Processes one record, its key and value given as the bytes' text. */
  push(topic: string, key: string | null, value: string | null, more: PushedRecord = {}): void {
    const raw = this.#raw(topic, key, value, more)
    this.processors.sources.get(topic)?.accept(raw)
    this.#partitionTimesMs.set(topic, raw.partitionTimeMs)
  }

  /** Applies one record of a global table. */
  load(node: string, key: string | null, value: string | null): void {
    const table = this.#globals.get(node)
    table?.apply(this.#raw(table.topic, key, value, {}))
  }

  /** Flushes the operators and commits the stores. */
  commit(): void {
    this.processors.flush()
    for (const { managed } of this.#stores.values()) managed.committed(managed.seal(), undefined)
  }

  store(name: string): KeyValueStore {
    return storeOfKind(this.#store(name), 'key-value')
  }

  global(node: string): KeyValueStore {
    return this.#globals.get(node)?.store as KeyValueStore
  }

  /** What was sent since the last call, as `topic: key=value @timestamp`. */
  takeSent(): string[] {
    return this.sent
      .splice(0)
      .map(({ topic, key, value, timestampMs }) => `${topic}: ${key}=${value} @${timestampMs}`)
  }

  count(metric: string, node: string): number {
    return this.metrics
      .samples()
      .filter(({ facts, labels }) => facts.name === metric && labels['node'] === node)
      .reduce((sum, sample) => sum + sample.value, 0)
  }

  #environment({ send, partitionCount }: TestTaskOptions): ProcessEnvironment {
    return {
      context: this.context,
      collector: { send: send ?? ((record) => this.#keep(record)) },
      logger: this.#logger,
      metrics: this.metrics,
      store: (name) => this.store(name),
      windowStore: (name) => storeOfKind(this.#store(name), 'window'),
      sessionStore: (name) => storeOfKind(this.#store(name), 'session'),
      versionedStore: (name) => storeOfKind(this.#store(name), 'versioned'),
      listStore: (name) => storeOfKind(this.#store(name), 'list'),
      eventTime: (name) => this.times.of(name),
      globalStore: (node) => this.global(node),
      bind: ({ name }) => {
        const code = this.#functions.code.get(name) as (...args: readonly unknown[]) => unknown
        return { call: (args) => code(...args.map(ownCopy)) }
      },
      serde: (format, _topic, side) => serdeFor(format, side),
      text: plainTextForm,
      topics: plainTopicNames('app'),
      print: (line, file) => this.printed.push(file === undefined ? line : `${file}: ${line}`),
      partitionCount: () => partitionCount ?? 1,
      whenKnown: (_, action) => action(),
    }
  }

  #store(name: string): StateStore {
    return this.#stores.get(name)?.store as StateStore
  }

  #openStore(spec: StoreSpec, engine: OrderedStore | undefined): void {
    const { metrics } = this
    const [keySerde, valueSerde] = [serdeFor(spec.key, 'key'), serdeFor(spec.value)]
    const own = { spec, keySerde, valueSerde, changeLog: undefined, metrics }
    this.#stores.set(spec.name, openStore(engine === undefined ? own : { ...own, engine }))
  }

  #openGlobal(node: GlobalTableNode, spec: KeyValueStoreSpec): void {
    const { metrics } = this
    const { clock } = this.context
    const serde = (format: Format, _topic: string, side: 'key' | 'value') => serdeFor(format, side)
    const table = openGlobalTable(node, { spec, metrics, logger: this.#logger, clock, serde })
    this.#globals.set(node.id, table)
  }

  #raw(topic: string, key: string | null, value: string | null, more: PushedRecord): RawRecord {
    const keyBytes = Buffer.from(key ?? '')
    const valueBytes = Buffer.from(value ?? '')
    // Something before and behind, so that whoever ignores the bounds is found out.
    const buffer = Buffer.concat([Buffer.from('#'), keyBytes, valueBytes, Buffer.from('#')])
    const valueStart = 1 + keyBytes.length
    return {
      topic,
      partition: 0,
      offset: more.offset ?? this.#offset++,
      timestampMs: more.timestampMs ?? 0,
      partitionTimeMs: this.#partitionTimesMs.get(topic) ?? -1,
      buffer,
      keyStart: 1,
      keyEnd: key === null ? -1 : valueStart,
      valueStart,
      valueEnd: value === null ? -1 : valueStart + valueBytes.length,
      headers: more.headers,
    }
  }

  #keep({ topic, partition, timestampMs, key, value, headers }: OutgoingRecord): void {
    this.sent.push({ topic, partition, timestampMs, key: asText(key), value: asText(value), headers })
  }
}

/** Functions get copies, as those that are bound for a real task do. */
function ownCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Lazy) return value.materialize()
  if (Array.isArray(value)) return value.map(ownCopy)
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, ownCopy(field)]))
}

function asText(writer: ByteWriter | null): string | null {
  return writer === null ? null : writer.view().toString()
}

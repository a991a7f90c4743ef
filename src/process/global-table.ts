import { ByteWriter } from '../base/byte-writer.ts'
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Row } from '../data/row.ts'
import type { Format } from '../data/types.ts'
import { compileExpr, type Evaluate } from '../expr/compile.ts'
import type { Expr } from '../expr/expr.ts'
import type { Serde } from '../serde/serde.ts'
import type { CleanBudget } from '../store/clean-budget.ts'
import type { KeyValueStore, ManagedStore, OrderedStore, RestoreBatch } from '../store/contracts.ts'
import { indexKeying } from '../store/index-keying.ts'
import { memoryEngine, openStore } from '../store/open-store.ts'
import type { GlobalTableNode, NodeId, KeyValueStoreSpec } from '../topology/topology.ts'
import type { RawRecord } from './environment.ts'
import { IndexClaims } from './index-claims.ts'
import { columnMisfits } from './operators/column-misfits.ts'
import { Decoder } from './operators/decoder.ts'
import { expressionFailure } from './operators/expression-failure.ts'
import { keyAsColumn } from './key-column.ts'
import { drops, type Drops } from './operators/node-counters.ts'

/** A thread's copy of a global table. */
export interface GlobalTable {
  readonly node: NodeId
  readonly topic: string
  /** What `globalStore` of a task's environment gives for this node. With an index, keys are column values: one, or an array. */
  readonly store: KeyValueStore
  readonly managed: ManagedStore
  /**
   * Applies one record of the table's topic: the newest record of a key wins, a tombstone removes.
   *
   * @throws StreamError `VALUE_MALFORMED`; the table is then as it was
   */
  apply(raw: RawRecord): void
  /** Whether a schema that the record needs is on its way. */
  awaits(raw: RawRecord): boolean
  close(): void
}

export interface GlobalTableEnvironment {
  /** The store that the node names. */
  readonly spec: KeyValueStoreSpec
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: Clock
  /** Rows kept decoded; what is beyond is decoded at each look-up. */
  readonly cleanEntriesMax?: number
  readonly cleanBudget?: CleanBudget
  serde(format: Format, topic: string, side: 'key' | 'value'): Serde
}

/** Opens an empty table, to be filled from the beginning of its topic. Nothing of it is logged: the topic is the log. */
export function openGlobalTable(node: GlobalTableNode, env: GlobalTableEnvironment): GlobalTable {
  const keySerde = env.serde(node.key, node.topic, 'key')
  const valueSerde = env.serde(node.value, node.topic, 'value')
  // Rows of an index go back and forth between the engine and its claims as they are: as their records' values.
  assert(node.index === undefined || !env.spec.timestamped, `rows of "${node.id}" are kept without time`)
  const engine = memoryEngine()
  const { managed, store } = openStore({
    spec: { ...env.spec, ...(node.columns === undefined ? {} : { columns: node.columns }), logging: 'none' },
    keySerde,
    valueSerde,
    engine,
    changeLog: undefined,
    metrics: env.metrics,
    keyedBy: node.index === undefined ? 'record-key' : 'index',
    ...(env.cleanEntriesMax === undefined ? {} : { cleanEntriesMax: env.cleanEntriesMax }),
    ...(env.cleanBudget === undefined ? {} : { cleanBudget: env.cleanBudget }),
  })
  const decoder = new Decoder({
    node: node.id,
    key: keySerde,
    value: valueSerde,
    columns: node.columns,
    onMisfit: columnMisfits(node, env),
  })
  const { clock } = env
  const ownKey = keySerde.canonicalKey ?? ((key: Buffer) => key)
  const table = new LoadedTable({ node, decoder, ownKey, engine, managed, env, clock })
  return {
    node: node.id,
    topic: node.topic,
    store,
    managed,
    apply: (raw) => table.apply(raw),
    awaits: (raw) => decoder.mayWait && decoder.awaits(raw),
    close: () => managed.close(),
  }
}

interface LoadedTableOptions {
  readonly node: GlobalTableNode
  readonly decoder: Decoder
  /** A record key as the store's look-ups write it. */
  readonly ownKey: (key: Buffer) => Buffer
  readonly engine: OrderedStore
  readonly managed: ManagedStore
  readonly env: Pick<GlobalTableEnvironment, 'metrics' | 'logger'>
  readonly clock: Clock
}

class LoadedTable {
  readonly #node: GlobalTableNode
  readonly #managed: ManagedStore
  readonly #decoder: Decoder
  readonly #ownKey: (key: Buffer) => Buffer
  readonly #index: readonly Evaluate[]
  readonly #rows: Row[] = []
  readonly #claims: IndexClaims | undefined
  readonly #nullKeys: Drops
  readonly #clock: Clock
  readonly #indexKey = new ByteWriter()
  /** One batch of one record, filled anew for each. */
  readonly #entry = { key: nothing, value: nothing as Buffer | null, timestampMs: 0 }
  readonly #batch: RestoreBatch = { entries: [this.#entry], position: undefined }

  constructor({ node, decoder, ownKey, engine, managed, env, clock }: LoadedTableOptions) {
    this.#node = node
    this.#managed = managed
    this.#decoder = decoder
    this.#ownKey = ownKey
    this.#clock = clock
    this.#index = (node.index ?? []).map((part) => compileExpr(part, clock))
    this.#nullKeys = drops(env, node.id, node.index === undefined ? 'null-key' : 'null-join-key')
    if (node.index === undefined) return
    const rows = {
      get: (value: Buffer) => engine.get(value),
      set: (value: Buffer, row: Buffer | null) => this.#set(value, row, 0),
    }
    const claims = new IndexClaims(rows, readingAs(node.index))
    this.#claims = claims
    env.metrics.gauge(
      'weft_global_index_bytes',
      'Memory that remembers which value of the index the row of a record key has',
      () => claims.sizeBytes,
      { table: node.id },
    )
  }

  apply(raw: RawRecord): void {
    // Decoding checks the bytes here, where the record that holds them can still be named.
    const value = this.#decoder.value(raw)
    const key = recordKey(raw)
    if (this.#claims !== undefined) this.#applyIndexed(this.#claims, raw, key, value)
    else if (key === null) this.#nullKeys.count()
    else this.#set(this.#ownKey(key), value === null ? null : bytesOf(raw), raw.timestampMs)
  }

  #applyIndexed(claims: IndexClaims, raw: RawRecord, key: Buffer | null, value: unknown): void {
    const index = value === null ? undefined : this.#indexOf(value as Row)
    // A record without a key stands for the key that reads as its value.
    if (index !== undefined) claims.put(key ?? index.subarray(1), index, bytesOf(raw))
    else if (key !== null) claims.remove(key)
    if (index === undefined && (key === null || value !== null)) this.#nullKeys.count()
  }

  /** Undefined where a part is NULL: such a row is never found. */
  #indexOf(row: Row): Buffer | undefined {
    const parts = this.#indexParts(row)
    return parts.includes(null)
      ? undefined
      : encodeIndex(parts.length === 1 ? parts[0] : parts, this.#indexKey)
  }

  #indexParts(row: Row): readonly unknown[] {
    this.#rows[0] = row
    try {
      return this.#index.map((part) => part(this.#rows))
    } catch (error) {
      const { id, index = [] } = this.#node
      throw expressionFailure(error, {
        exprs: index,
        rows: this.#rows,
        clock: this.#clock,
        by: `It was computed by look-up table "${id}".`,
      })
    }
  }

  #set(key: Buffer, value: Buffer | null, timestampMs: number): void {
    this.#entry.key = key
    this.#entry.value = value
    this.#entry.timestampMs = timestampMs
    this.#managed.restore(this.#batch)
  }
}

/** The value of the index that a record key reads as, letter by letter; never with several parts or what is computed. */
function readingAs([part, ...more]: readonly Expr[]): (key: Buffer) => Buffer | undefined {
  if (part?.kind !== 'column' || more.length > 0) return () => undefined
  const writer = new ByteWriter()
  return (key) => {
    const value = encodeIndex(keyAsColumn(key.utf8Slice(), part.type), writer)
    return value.compare(key, 0, key.length, 1) === 0 ? value : undefined
  }
}

function encodeIndex(value: unknown, writer: ByteWriter): Buffer {
  writer.reset()
  indexKeying.write(indexKeying.identity(value), writer)
  return writer.view()
}

function recordKey(raw: RawRecord): Buffer | null {
  return raw.keyEnd < 0 ? null : raw.buffer.subarray(raw.keyStart, raw.keyEnd)
}

function bytesOf(raw: RawRecord): Buffer {
  return raw.buffer.subarray(raw.valueStart, raw.valueEnd)
}

const nothing: Buffer = Buffer.alloc(0)

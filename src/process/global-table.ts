import { ByteWriter } from '../base/byte-writer.ts'
import { assert } from '../base/assert.ts'
import type { Counter, Metrics } from '../base/metrics.ts'
import { materialize } from '../data/lazy.ts'
import type { Row } from '../data/row.ts'
import type { Column, Format } from '../data/types.ts'
import type { Serde } from '../serde/serde.ts'
import type { KeyValueStore, ManagedStore, RestoreBatch } from '../store/contracts.ts'
import { indexKeying } from '../store/index-keying.ts'
import { openStore } from '../store/open-store.ts'
import type { GlobalTableNode, NodeId, KeyValueStoreSpec } from '../topology/topology.ts'
import type { RawRecord } from './environment.ts'
import { Decoder } from './operators/decoder.ts'
import { keyAsColumn } from './key-column.ts'
import { dropCounter } from './operators/node-counters.ts'

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
  /** Rows kept decoded; what is beyond is decoded at each look-up. */
  readonly cleanEntriesMax?: number
  serde(format: Format, topic: string, side: 'key' | 'value'): Serde
}

/** Opens an empty table, to be filled from the beginning of its topic. Nothing of it is logged: the topic is the log. */
export function openGlobalTable(node: GlobalTableNode, env: GlobalTableEnvironment): GlobalTable {
  const keySerde = env.serde(node.key, node.topic, 'key')
  const valueSerde = env.serde(node.value, node.topic, 'value')
  const { managed, store } = openStore({
    spec: { ...env.spec, ...(node.columns === undefined ? {} : { columns: node.columns }), logging: 'none' },
    keySerde,
    valueSerde,
    changeLog: undefined,
    metrics: env.metrics,
    keyedBy: node.index === undefined ? 'record-key' : 'index',
    ...(env.cleanEntriesMax === undefined ? {} : { cleanEntriesMax: env.cleanEntriesMax }),
  })
  const decoder = new Decoder({ node: node.id, key: keySerde, value: valueSerde, columns: node.columns })
  const table = new LoadedTable({ node, decoder, managed, metrics: env.metrics })
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
  readonly managed: ManagedStore
  readonly metrics: Metrics
}

class LoadedTable {
  readonly #managed: ManagedStore
  readonly #decoder: Decoder
  readonly #index: readonly Column[] | undefined
  readonly #positions: readonly number[]
  readonly #nullKeys: Counter
  readonly #lostTombstones: Counter
  readonly #indexKey = new ByteWriter()
  /** One batch of one record, filled anew for each. */
  readonly #entry = { key: nothing, value: nothing as Buffer | null, timestampMs: 0 }
  readonly #batch: RestoreBatch = { entries: [this.#entry], position: undefined }

  constructor({ node, decoder, managed, metrics }: LoadedTableOptions) {
    this.#managed = managed
    this.#decoder = decoder
    this.#positions = node.index ?? []
    this.#index = node.index?.map((position) => columnAt(node, position))
    this.#nullKeys = dropCounter(metrics, node.id, 'null-key')
    this.#lostTombstones = dropCounter(metrics, node.id, 'no-single-index')
  }

  apply(raw: RawRecord): void {
    // Decoding checks the bytes here, where the record that holds them can still be named.
    const value = this.#decoder.value(raw)
    const key = this.#index === undefined ? recordKey(raw) : this.#keyByIndex(raw, value, this.#index)
    if (key === undefined) return
    if (key === null) {
      this.#nullKeys.value++
      return
    }
    this.#entry.key = key
    this.#entry.value = value === null ? null : raw.buffer.subarray(raw.valueStart, raw.valueEnd)
    this.#entry.timestampMs = raw.timestampMs
    this.#managed.restore(this.#batch)
  }

  /** Null where a part is NULL; undefined where a tombstone cannot be told which row it means. */
  #keyByIndex(raw: RawRecord, value: unknown, index: readonly Column[]): Buffer | null | undefined {
    if (value === null) return this.#keyOfTombstone(raw, index)
    const row = value as Row
    const parts = this.#positions.map((position) => row.get(position))
    if (parts.includes(null)) return null
    return this.#encodeKey(parts.length === 1 ? parts[0] : parts)
  }

  #keyOfTombstone(raw: RawRecord, [column, ...more]: readonly Column[]): Buffer | null | undefined {
    if (column === undefined || more.length > 0) {
      this.#lostTombstones.value++
      return undefined
    }
    const key = materialize(this.#decoder.key(raw))
    return key === null ? null : this.#encodeKey(keyAsColumn(key, column.type))
  }

  #encodeKey(key: unknown): Buffer {
    this.#indexKey.reset()
    indexKeying.write(indexKeying.identity(key), this.#indexKey)
    return this.#indexKey.view()
  }
}

function columnAt(node: GlobalTableNode, position: number): Column {
  const column = node.columns?.[position]
  assert(column !== undefined, `global table "${node.id}" has no column ${position} for its index`)
  return column
}

function recordKey(raw: RawRecord): Buffer | null {
  return raw.keyEnd < 0 ? null : raw.buffer.subarray(raw.keyStart, raw.keyEnd)
}

const nothing: Buffer = Buffer.alloc(0)

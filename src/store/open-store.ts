import type { Metrics } from '../base/metrics.ts'
import type { Column, Format } from '../data/types.ts'
import type { Serde } from '../serde/serde.ts'
import type { ChangeLogSink, KeyValueStore, ManagedStore, PointStore } from './contracts.ts'
import { indexKeying } from './index-keying.ts'
import { OverlayKeyValueStore } from './key-value-store.ts'
import { serdeKeying } from './keying.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { Overlay } from './overlay.ts'
import { valueCoding } from './value-coding.ts'

/** What a store is: the part of a topology's store description that matters here. */
export interface StoreDescription {
  readonly name: string
  readonly key: Format
  /** Values are read back as rows of these columns. */
  readonly columns?: readonly Column[]
  /** Values carry their record's timestamp. */
  readonly timestamped: boolean
  /** What the definition asks for; the engine is chosen by whoever opens the store. */
  readonly persistent: boolean
  /** The change log gets each key once a commit instead of every write. */
  readonly caching: boolean
  readonly logging: 'own' | 'source' | 'none'
}

export interface OpenStoreOptions {
  readonly spec: StoreDescription
  readonly keySerde: Serde
  readonly valueSerde: Serde
  /** Absent: in memory. */
  readonly engine?: PointStore
  /** Used where `spec.logging` is `own`. */
  readonly changeLog: ChangeLogSink | undefined
  /** Clean hot entries kept decoded; default {@link cleanEntriesMaxDefault}. */
  readonly cleanEntriesMax?: number
  readonly metrics: Metrics
  /** `index`: keys are column values (one, or an array of several) instead of record keys; `keySerde` is not used. */
  readonly keyedBy?: 'record-key' | 'index'
}

export interface OpenedStore {
  readonly managed: ManagedStore
  readonly store: KeyValueStore
}

export const cleanEntriesMaxDefault = 200_000

/** Opens a key-value store over an engine: the two views of it, for the task that drives it and for operators and functions. */
export function openStore(options: OpenStoreOptions): OpenedStore {
  const { spec, metrics } = options
  const engine = options.engine ?? new MemoryStore()
  const overlay = new Overlay({
    name: spec.name,
    engine,
    coding: {
      keys: options.keyedBy === 'index' ? indexKeying : serdeKeying(options.keySerde, spec.key),
      values: valueCoding({
        serde: options.valueSerde,
        timestamped: spec.timestamped,
        columns: spec.columns,
      }),
    },
    changeLog: spec.logging === 'own' ? options.changeLog : undefined,
    logAt: spec.caching ? 'seal' : 'write',
    cleanEntriesMax: options.cleanEntriesMax ?? cleanEntriesMaxDefault,
    engineReads: metrics.counter('weft_store_engine_reads_total', 'Reads that the overlay could not answer', {
      store: spec.name,
    }),
  })
  const labels = { store: spec.name }
  metrics.gauge('weft_store_entries', 'Committed entries', () => engine.entryCount, labels)
  metrics.gauge(
    'weft_store_size_bytes',
    'Memory or disk that the engine uses',
    () => engine.sizeBytes,
    labels,
  )
  metrics.gauge('weft_store_dirty_entries', 'Entries not yet committed', () => overlay.dirtyCount, labels)
  return { managed: manage(spec.name, overlay), store: new OverlayKeyValueStore(overlay, spec) }
}

function manage(name: string, overlay: Overlay): ManagedStore {
  const { engine } = overlay
  return {
    name,
    seal: () => overlay.seal(),
    committed: (generation, position) => overlay.committed(generation, position),
    failed: (generation) => overlay.failed(generation),
    restore: (batch) => overlay.restore(batch),
    position: () => engine.position(),
    get dirtyCount() {
      return overlay.dirtyCount
    },
    get sizeBytes() {
      return engine.sizeBytes
    },
    get entryCount() {
      return engine.entryCount
    },
    close: () => overlay.close(),
  }
}

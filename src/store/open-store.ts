import { StreamError } from '../base/errors.ts'
import type { Counter, Metrics } from '../base/metrics.ts'
import type { Serde } from '../serde/serde.ts'
import { BucketedKeys } from './bucketed-keys.ts'
import { bucketBytes, Buckets, defaultBucketMs, newestPrefix, timeToLiveBucketMs } from './buckets.ts'
import { CleanBudget } from './clean-budget.ts'
import type {
  ChangeLogSink,
  FacadeOfKind,
  ManagedStore,
  OrderedStore,
  RestoreRecords,
  StoreEntries,
} from './contracts.ts'
import { DuplicatesWindowStore } from './duplicates-store.ts'
import { Duplicates } from './duplicates.ts'
import { FilteredStore } from './filtered-store.ts'
import { indexKeying } from './index-keying.ts'
import { OverlayKeyValueStore } from './key-value-store.ts'
import { prefixedKeying, serdeKeying, type Keying } from './keying.ts'
import { JournaledListStore, ListJournal } from './list-store.ts'
import { LayeredStore, unwrittenMaxOf } from './managed-store.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { Overlay } from './overlay.ts'
import { OverlaySessionStore } from './session-store.ts'
import { plainKeys, SlotWriter } from './slot-writer.ts'
import { chained } from './store-entries.ts'
import type {
  KeyValueDescription,
  ListDescription,
  SessionDescription,
  StoreDescription,
  VersionedDescription,
  WindowDescription,
} from './store-description.ts'
import { StreamTime } from './stream-time.ts'
import { sessionLayout, TimedCoding, windowLayout, type TimedLayout } from './timed-coding.ts'
import { TimedOverlay } from './timed-overlay.ts'
import { valueCoding, versionCoding, type ValueCoding } from './value-coding.ts'
import { OverlayVersionedStore } from './versioned-store.ts'
import { OverlayWindowStore } from './window-store.ts'

export interface OpenStoreOptions<Description extends StoreDescription = StoreDescription> {
  readonly spec: Description
  readonly keySerde: Serde
  readonly valueSerde: Serde
  /** Absent: in memory. */
  readonly engine?: OrderedStore
  /** Used where `spec.logging` is `own`. */
  readonly changeLog: ChangeLogSink | undefined
  /** As {@link SlotWriterOptions.checksWrites}; absent: no. */
  readonly checksWrites?: boolean
  /** Clean hot entries kept decoded; default {@link cleanEntriesMaxDefault}. */
  readonly cleanEntriesMax?: number
  /** What those of all stores of the thread may take; absent: as much as there is. */
  readonly cleanBudget?: CleanBudget
  readonly metrics: Metrics
  /** `index`: keys are column values (one, or an array of several) instead of record keys; `keySerde` is not used. */
  readonly keyedBy?: 'record-key' | 'index'
}

export interface OpenedStore<Kind extends keyof FacadeOfKind = keyof FacadeOfKind> {
  readonly managed: ManagedStore
  readonly store: FacadeOfKind[Kind]
}

export const cleanEntriesMaxDefault = 200_000

/** Opens a store over an engine: the two views of it, for the task that drives it and for operators and functions. */
export function openStore<Description extends StoreDescription>(
  options: OpenStoreOptions<Description>,
): OpenedStore<Description['kind']>
export function openStore(options: OpenStoreOptions): OpenedStore {
  const { spec, metrics } = options
  const base = baseOf(options)
  const opened = openKind(spec, base)
  const { managed } = opened
  const labels = { store: spec.name }
  metrics.gauge('weft_store_entries', 'Committed entries', () => managed.entryCount, labels)
  metrics.gauge(
    'weft_store_size_bytes',
    'Memory or disk that the engine uses',
    () => managed.sizeBytes,
    labels,
  )
  metrics.gauge('weft_store_dirty_entries', 'Entries not yet committed', () => managed.dirtyCount, labels)
  return opened
}

/** An engine for what is rebuilt at each start. */
export function memoryEngine(): OrderedStore {
  return new MemoryStore()
}

/** What stores of all kinds are made of. */
interface Base {
  readonly name: string
  readonly engine: OrderedStore
  readonly keys: Keying
  readonly values: (timestamped: boolean) => ValueCoding
  /** Records of the change log with keys as the store writes them. */
  readonly restorable: (records: RestoreRecords) => RestoreRecords
  readonly changeLog: ChangeLogSink | undefined
  readonly logAt: 'write' | 'seal'
  readonly checksWrites: boolean
  readonly cleanEntriesMax: number
  readonly cleanBudget: CleanBudget
  readonly engineReads: Counter
  readonly expired: Counter
}

function baseOf(options: OpenStoreOptions): Base {
  const { spec, metrics } = options
  const labels = { store: spec.name }
  const cleanBudget = options.cleanBudget ?? new CleanBudget()
  return {
    name: spec.name,
    engine: engineOf(options, cleanBudget),
    keys: options.keyedBy === 'index' ? indexKeying : serdeKeying(options.keySerde, spec.key),
    values: (timestamped) =>
      valueCoding({
        serde: options.valueSerde,
        timestamped,
        columns: spec.columns,
        writtenBy: spec.logging === 'source' ? undefined : spec.name,
      }),
    restorable: spec.logging === 'source' ? ownKeys(options.keySerde) : (records) => records,
    changeLog: spec.logging === 'own' ? options.changeLog : undefined,
    logAt: spec.caching ? 'seal' : 'write',
    checksWrites: options.checksWrites === true,
    cleanEntriesMax: options.cleanEntriesMax ?? cleanEntriesMaxDefault,
    cleanBudget,
    engineReads: metrics.counter(
      'weft_store_engine_reads_total',
      'Reads that the overlay could not answer',
      labels,
    ),
    expired: metrics.counter(
      'weft_store_expired_total',
      'Writes whose time the store did not keep any more',
      labels,
    ),
  }
}

/** Lists and duplicates are read by ranges alone: for these a filter would be work for nothing. */
function engineOf({ spec, engine }: OpenStoreOptions, budget: CleanBudget): OrderedStore {
  if (engine === undefined) return new MemoryStore({ bucketBytes: isBucketed(spec) ? bucketBytes : 0 })
  const isScanned = spec.kind === 'list' || (spec.kind === 'window' && spec.retainDuplicates)
  return isScanned || engine instanceof MemoryStore
    ? engine
    : new FilteredStore(engine, { isBucketed: isBucketed(spec), budget })
}

/** A table's own topic was written by others. */
function ownKeys({ canonicalKey }: Serde): Base['restorable'] {
  if (canonicalKey === undefined) return (records) => records
  return (records) => Array.from(records, (record) => ({ ...record, key: canonicalKey(record.key) }))
}

/** Whether what the engine has is kept by time buckets. */
function isBucketed(spec: StoreDescription): boolean {
  return spec.kind === 'key-value' ? spec.timeToLiveMs !== undefined : spec.kind !== 'list'
}

function openKind(spec: StoreDescription, base: Base): OpenedStore {
  switch (spec.kind) {
    case 'key-value':
      return spec.timeToLiveMs === undefined
        ? openKeyValue(spec, base)
        : openExpiring(spec, spec.timeToLiveMs, base)
    case 'window':
      return openWindow(spec, base)
    case 'session':
      return openSession(spec, base)
    case 'versioned':
      return openVersioned(spec, base)
    case 'list':
      return openList(spec, base)
  }
}

function openKeyValue(spec: KeyValueDescription, base: Base): OpenedStore {
  const { name, engine } = base
  const overlay = new Overlay({ ...base, coding: { keys: base.keys, values: base.values(spec.timestamped) } })
  const restored = (records: RestoreRecords): StoreEntries => overlay.restored(base.restorable(records))
  return {
    managed: new LayeredStore({
      name,
      engine,
      layers: [overlay],
      restored,
      expiry: undefined,
      unwrittenMax: undefined,
    }),
    store: new OverlayKeyValueStore({ overlay, engine, expiry: undefined }, spec),
  }
}

function openExpiring(spec: KeyValueDescription, timeToLiveMs: number, base: Base): OpenedStore {
  if (!spec.timestamped) {
    throw new StreamError('CONFIG_INVALID', `store "${spec.name}" has a time-to-live and no timestamps`, {
      hint: 'Make the store timestamped.',
    })
  }
  const { name, engine, expired } = base
  const time = new StreamTime()
  const intervalMs = timeToLiveBucketMs(timeToLiveMs)
  const buckets = new Buckets({ intervalMs, retentionMs: timeToLiveMs, time })
  const keys = new BucketedKeys(engine, buckets, time)
  const overlay = new Overlay({
    ...base,
    engine: keys,
    coding: { keys: base.keys, values: base.values(true) },
  })
  const restored = (records: RestoreRecords): StoreEntries => {
    for (const { timestampMs } of records) time.observe(timestampMs)
    // What has expired meanwhile hides what the key had before all the same.
    return overlay.restored(
      Array.from(records, (record) =>
        record.timestampMs < buckets.liveFromMs ? { ...record, value: null } : record,
      ),
    )
  }
  return {
    managed: new LayeredStore({
      name,
      engine,
      layers: [overlay],
      restored,
      toEngine: (entries) => keys.toEngine(entries),
      expiry: { engine, time, buckets },
      unwrittenMax: undefined,
    }),
    store: new OverlayKeyValueStore({ overlay, engine: keys, expiry: { time, buckets, expired } }, spec),
  }
}

function openWindow(spec: WindowDescription, base: Base): OpenedStore {
  const values = base.values(spec.timestamped)
  const parts = timedParts(base, { layout: windowLayout, values, retentionMs: spec.retentionMs })
  if (spec.retainDuplicates) {
    // Every duplicate is an entry of its own: there is nothing that caching could leave out.
    const entries = new Duplicates({ ...base, ...parts })
    return {
      managed: manageTimed(base, entries),
      store: new DuplicatesWindowStore(entries, spec, base.expired),
    }
  }
  const overlay = new TimedOverlay({ ...base, ...parts })
  return { managed: manageTimed(base, overlay), store: new OverlayWindowStore(overlay, spec, base.expired) }
}

function openSession(spec: SessionDescription, base: Base): OpenedStore {
  const parts = timedParts(base, {
    layout: sessionLayout,
    values: base.values(false),
    retentionMs: spec.retentionMs,
  })
  const overlay = new TimedOverlay({ ...base, ...parts })
  return { managed: manageTimed(base, overlay), store: new OverlaySessionStore(overlay, spec, base.expired) }
}

interface TimedShape {
  readonly layout: TimedLayout
  readonly values: ValueCoding
  readonly retentionMs: number
  readonly intervalMs?: number | undefined
}

function timedParts(base: Base, { layout, values, retentionMs, intervalMs }: TimedShape) {
  const time = new StreamTime()
  const buckets = new Buckets({ intervalMs: intervalMs ?? defaultBucketMs(retentionMs), retentionMs, time })
  return { time, buckets, values, coding: new TimedCoding(layout, base.keys, buckets) }
}

function manageTimed(base: Base, overlay: TimedOverlay | Duplicates): ManagedStore {
  const { name, engine } = base
  const { time, buckets } = overlay.options
  return new LayeredStore({
    name,
    engine,
    layers: [overlay],
    restored: (records) => overlay.restored(records),
    expiry: { engine, time, buckets },
    unwrittenMax: unwrittenMaxOf(base),
  })
}

function openList(spec: ListDescription, base: Base): OpenedStore {
  const { name, engine, changeLog, cleanBudget } = base
  const journal = new ListJournal(changeLog, cleanBudget)
  const managed = new LayeredStore({
    name,
    engine,
    layers: [journal],
    restored: (records) => journal.restored(records),
    expiry: undefined,
    unwrittenMax: unwrittenMaxOf(base),
  })
  return { managed, store: new JournaledListStore({ journal, engine, flush: () => managed.flush() }, spec) }
}

function openVersioned(spec: VersionedDescription, base: Base): OpenedStore {
  const { keys, expired } = base
  const plain = base.values(false)
  const parts = timedParts(base, {
    layout: sessionLayout,
    values: versionCoding(plain),
    retentionMs: spec.historyRetentionMs,
    intervalMs: spec.segmentIntervalMs,
  })
  // What stands in the two overlays is the engine's business only: the change log has what was put.
  const unlogged = { ...base, changeLog: undefined }
  const history = new TimedOverlay({ ...unlogged, ...parts })
  const newest = new Overlay({
    ...unlogged,
    coding: { keys: prefixedKeying(newestPrefix, keys), values: base.values(true) },
  })
  const log = new SlotWriter({
    ...base,
    keys: plainKeys(keys),
    values: plain,
    logAt: 'write',
  })
  const store = new OverlayVersionedStore(
    {
      newest,
      history,
      time: parts.time,
      expired,
      log: (identity, value, timestampMs) => log.write(identity, value, timestampMs),
    },
    spec,
  )
  return { managed: manageVersioned(base, store, { newest, history }), store }
}

function manageVersioned(
  { name, engine, keys, values, restorable }: Base,
  store: OverlayVersionedStore,
  { newest, history }: { readonly newest: Overlay; readonly history: TimedOverlay },
): ManagedStore {
  const layers = [newest, history]
  const { time, buckets } = history.options
  const coding = values(false)
  return new LayeredStore({
    name,
    engine,
    layers,
    // Versions that came out of order must find their place: they are put as they were put once.
    restored: (records) => {
      for (const { key, value, timestampMs } of restorable(records)) {
        store.apply(keys.fromBytes(key), value === null ? null : coding.read(value), timestampMs)
      }
      const [generation] = layers.map((layer) => layer.seal())
      for (const layer of layers) layer.committed(generation as number)
      const entries = chained(layers.map((layer) => layer.unwritten(generation as number)))
      for (const layer of layers) layer.written(generation as number)
      return entries
    },
    expiry: { engine, time, buckets },
    unwrittenMax: undefined,
  })
}

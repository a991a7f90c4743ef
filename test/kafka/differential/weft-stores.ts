import { materialize } from '../../../src/data/lazy.ts'
import type {
  KeyValueStore,
  ListStore,
  StateStore,
  VersionedRecord,
  VersionedStore,
  WindowStore,
} from '../../../src/store/contracts.ts'
import type { TestDriver } from '../../../src/testing/test-driver.ts'
import type { Topology } from '../../../src/topology/topology.ts'
import type { Outcome, PlannedRecord } from './plan.ts'

type Entry = readonly [place: string, content: string]

const always = { fromMs: 0, toMs: 2 ** 50 }
const allKeys = { from: undefined, to: undefined }

/** What all stores hold, in the words of `OracleStores.java`. */
export function storesOf(
  driver: TestDriver,
  { stores, nodes }: Topology,
  records: readonly PlannedRecord[],
): Outcome['stores'] {
  const suppressed = new Set(nodes.flatMap((node) => (node.kind === 'suppress' ? [node.store] : [])))
  return Object.fromEntries(
    stores.map(({ name }) => {
      const store = driver.store(name)
      const isBuffer = store.kind === 'key-value' && !store.timestamped
      const entries = isBuffer ? buffered(store, suppressed.has(name)) : entriesOf(store, records)
      return [name, Object.fromEntries(entries)]
    }),
  )
}

function entriesOf(store: StateStore, records: readonly PlannedRecord[]): readonly Entry[] {
  switch (store.kind) {
    case 'key-value':
      return [...store.all()].map(([key, value]) => [
        text(key),
        `${text(value)} @${store.timestampMs(key) ?? ''}`,
      ])
    case 'window':
      return store.retainDuplicates ? joined(store) : windows(store)
    case 'session': {
      const overlap = { earliestEndMs: 0, latestStartMs: always.toMs }
      const sessions = [...store.findSessionsOfKeys(allKeys, overlap)]
      return sessions.map(({ key, startMs, endMs, value }) => [
        `${text(key)}@${startMs}-${endMs}`,
        text(value),
      ])
    }
    case 'versioned':
      return versions(store, records)
    case 'list':
      return unmatched(store)
  }
}

function windows(store: WindowStore): readonly Entry[] {
  return [...store.fetchAll(always)].map(({ key, startMs, value, timestampMs }) => [
    `${text(key)}@${startMs}`,
    `${text(value)} @${timestampMs ?? ''}`,
  ])
}

/** The records of one side of a stream join, those of one key and time one behind the other. */
function joined(store: WindowStore): readonly Entry[] {
  const all = [...store.fetchAll(always)]
  return together(all.map(({ key, startMs, value }) => [`${text(key)}@${startMs}`, text(value)]))
}

/** What was valid at the time of each record that was sent. */
function versions(store: VersionedStore, records: readonly PlannedRecord[]): readonly Entry[] {
  const times = new Set(records.map(({ timestampMs }) => timestampMs))
  const keys = new Set(records.flatMap(({ key }) => key ?? []))
  return [...keys].flatMap((key) => [
    ...version(key, store.get(key)),
    ...[...times].flatMap((timeMs) => version(`${key}@${timeMs}`, store.getAsOf(key, timeMs))),
  ])
}

function version(place: string, found: VersionedRecord | undefined): readonly Entry[] {
  if (found === undefined) return []
  return [[place, `${text(found.value)} @${found.timestampMs}`]]
}

const sides = ['right', 'left']

/** The records of a stream join that have no partner yet, by the bytes of their keys: time, side, perhaps a number, key. */
function unmatched(store: ListStore): readonly Entry[] {
  const records = [...store.all()].map(({ key, value }): Entry => {
    const side = key.readInt8(8)
    const place = `${sides[side % 2]} ${key.toString('utf8', side < 2 ? 9 : 12)}@${key.readBigInt64BE(0)}`
    return [place, value.toString()]
  })
  return together(records)
}

/** As much as Kafka Streams' buffers show: how much is in them, and of those that suppress the first time. */
function buffered(store: KeyValueStore, isSuppressed: boolean): readonly Entry[] {
  const values = [...store.all()].map(([, value]) => Buffer.from(value as Uint8Array))
  if (values.length === 0) return []
  if (!isSuppressed) return [['records', `${values.length}`]]
  const times = values.map((value) => Number(value.readBigInt64BE(0)))
  return [['records', `${values.length} from ${Math.min(...times)}`]]
}

function together(entries: readonly Entry[]): readonly Entry[] {
  const contents = new Map<string, string>()
  for (const [place, content] of entries) {
    const before = contents.get(place)
    contents.set(place, before === undefined ? content : `${before}|${content}`)
  }
  return [...contents]
}

function text(value: unknown): string {
  return String(materialize(value))
}

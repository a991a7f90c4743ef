import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { MetricRegistry } from '../base/metrics.ts'
import type { Format } from '../data/types.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import type { RestoredRecord, RestoreRecords, StoreBatch } from './contracts.ts'
import { keptChange, placesOf } from './fixtures.ts'
import { LoggedRecords } from './logged-records.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { openStore } from './open-store.ts'
import type { StoreDescription } from './store-description.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const common = { name: 's', key: text, persistent: false, caching: false, logging: 'own' } as const
const windows = { ...common, kind: 'window', windowSizeMs: 60_000, retentionMs: 120_000 } as const
const specs = {
  windows: { ...windows, timestamped: true, retainDuplicates: false },
  duplicates: { ...windows, timestamped: false, retainDuplicates: true },
  sessions: { ...common, kind: 'session', retentionMs: 120_000 },
} as const satisfies Record<string, StoreDescription>

function open(spec: StoreDescription, engine: MemoryStore, log: RestoredRecord[] = []) {
  const changeLog = {
    append: (change: Parameters<typeof keptChange>[0]) => void log.push(keptChange(change)),
  }
  return openStore({
    spec,
    keySerde: serdeFor(text),
    valueSerde: serdeFor(text),
    engine,
    changeLog,
    metrics: new MetricRegistry(),
  })
}

/** As an engine that sorts takes them. */
class Sorting extends MemoryStore {
  override write({ entries, position }: StoreBatch): void {
    const all = [...entries]
    expect(all).toEqual(all.map((_, index) => entries.at(index)))
    const places = entries.sorted ?? all.keys()
    const sorted = Array.from(places, (place) => all[place] as (typeof all)[number])
    expect(sorted).toHaveLength(all.length)
    super.write({ entries: sorted, position })
  }
}

const change = fc.record({
  key: fc.constantFrom('a', 'b', 'longer', 'longest key'),
  // Two minutes of them live.
  timeMs: fc.nat(400_000),
  value: fc.option(fc.string({ maxLength: 5 }), { freq: 4 }),
})

property.prop({
  changes: fc.array(change, { minLength: 1, maxLength: 60 }),
  kind: fc.constantFrom(...(Object.keys(specs) as (keyof typeof specs)[])),
  copies: fc.constantFrom(1, 200),
})('a replay as it is fetched gives the engine what one record by record gives it', (given) => {
  const spec = specs[given.kind]
  const log: RestoredRecord[] = []
  const { store } = open(spec, new MemoryStore(), log)
  for (const { key, timeMs, value } of given.changes) {
    if (store.kind === 'window') store.put(key, value, timeMs, timeMs + 1)
    else if (store.kind === 'session') store.put({ key, startMs: timeMs, endMs: timeMs }, value, timeMs)
  }
  // So many that a sample says whether they are of a few keys.
  const records = Array.from({ length: given.copies }, () => log).flat()
  const logged = new LoggedRecords()
  logged.add(placesOf(records), 0, records.length)
  const replayed = (entries: RestoreRecords): unknown => {
    const engine = new Sorting()
    const { managed } = open(spec, engine)
    managed.restore({ entries, position: undefined })
    return Array.from(engine.range(undefined, undefined), (entry) => [
      entry.key.toString('hex'),
      entry.value.toString('hex'),
    ])
  }
  expect(replayed(logged)).toEqual(replayed(records))
})

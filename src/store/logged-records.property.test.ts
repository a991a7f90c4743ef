import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { MetricRegistry } from '../base/metrics.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import type { RestoredRecord } from './contracts.ts'
import { EntryEstimate } from './entry-estimate.ts'
import { placesOf } from './fixtures.ts'
import { openStore } from './open-store.ts'
import { ProcessEngines } from './state-engines.ts'
import { LoggedRecords } from './logged-records.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((some) => Buffer.from(some))
const record = fc.record({
  key: fc.option(bytes(4), { freq: 8 }),
  value: fc.option(bytes(20), { freq: 8 }),
  timestampMs: fc.oneof(fc.constantFrom(-1, 0, 4_294_967_295), fc.nat(2 ** 48)),
})

const batches = fc.array(fc.array(record, { minLength: 1, maxLength: 8 }), { maxLength: 4 })

property.prop([batches, fc.boolean()])(
  'records of change logs become what an engine has, timestamps before values, however short their keys',
  (some, timestamped) => {
    const records = new LoggedRecords()
    for (const batch of some) {
      const places = placesOf(batch)
      records.add(places, 0, batch.length)
      // What was fetched may be overwritten as soon as it was taken.
      places.buffer.fill(0xee)
    }
    const expected = some.flat().flatMap(({ key, ...rest }) => (key === null ? [] : [{ key, ...rest }]))
    expect([...records]).toEqual(expected)
    const entries = records.entries(timestamped)
    const stored = expected.map((one) => ({ key: one.key, value: storedValue(one, timestamped) }))
    expect([...entries]).toEqual(stored)
    // In any order, and again.
    expect(stored.map((_, index) => entries.at(stored.length - 1 - index))).toEqual(stored.toReversed())
    // As an engine takes them that sorts: the last of each key is the last.
    const newest = (all: typeof stored) =>
      new Map(all.map(({ key, value }) => [key.toString('latin1'), value]))
    const sorted = Array.from(entries.sorted ?? [], (place) => stored[place] as (typeof stored)[number])
    expect(sorted).toHaveLength(stored.length)
    expect(newest(sorted)).toEqual(newest(stored))
    records.reset()
    expect([...records]).toEqual([])
  },
)

test('only the rows that are asked for are taken', () => {
  const records = new LoggedRecords()
  const all = ['a', 'bb', 'cc', 'd'].map((key) => ({
    key: Buffer.from(key),
    value: Buffer.from(`of ${key}`),
    timestampMs: 7,
  }))
  records.add(placesOf(all), 1, 3)
  records.add(placesOf(all), 2, 2)
  expect([...records]).toEqual(all.slice(1, 3))
})

test('keys are counted about once, however often a change log has them', () => {
  const records = new LoggedRecords()
  const updates = Array.from({ length: 60_000 }, (_, index) => ({
    key: Buffer.from(`user-${index % 20_000}`),
    value: Buffer.from('v'),
    timestampMs: index,
  }))
  records.add(placesOf(updates), 0, updates.length)
  const estimate = new EntryEstimate({ entryCount: 0, entryBytes: 0 }, () => false)
  estimate.note(records.entries(true))
  expect(Math.abs(estimate.entryCount - 20_000)).toBeLessThan(4000)
})

test.each(['rocksdb', 'sqlite'] as const)(
  'a replay of many records of a few keys counts each key once: %s',
  async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-replay-'))
    const engines = await ProcessEngines.open({ kind, folder, budgetBytes: 1_048_576 })
    const engine = engines.forThread(0).open({ task: '0_0', store: 's' })
    const format = { notation: 'binary', type: { kind: 'string' } } as const
    const { managed } = openStore({
      spec: { name: 's', kind: 'key-value', key: format, ...plainStore },
      keySerde: serdeFor(format),
      valueSerde: serdeFor(format),
      engine,
      changeLog: { append: () => {} },
      metrics: new MetricRegistry(),
    })
    for (let batch = 0; batch < 3; batch++) {
      const updates = Array.from({ length: 5000 }, (_, index) => ({
        key: Buffer.from(`user-${index % 3}`),
        value: Buffer.from('v'),
        timestampMs: index,
      }))
      const entries = new LoggedRecords()
      entries.add(placesOf(updates), 0, updates.length)
      managed.restore({ entries, position: undefined })
    }
    expect([managed.entryCount, managed.sizeBytes]).toEqual([3, 3 * 15])
    managed.close()
    await engines.close()
    rmSync(folder, { recursive: true })
  },
)

const plainStore = { timestamped: true, caching: false, persistent: true, logging: 'own' } as const

function storedValue({ value, timestampMs }: RestoredRecord, timestamped: boolean): Buffer | null {
  if (value === null || !timestamped) return value
  const prefix = Buffer.alloc(8)
  prefix.writeBigInt64BE(BigInt(timestampMs))
  return Buffer.concat([prefix, value])
}

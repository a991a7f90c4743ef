import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { MetricRegistry } from '../base/metrics.ts'
import type { Format } from '../data/types.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import type { ListStore, RestoredRecord } from './contracts.ts'
import { keptChange, TextItem } from './fixtures.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { openStore } from './open-store.ts'

const bytes: Format = { notation: 'binary', type: { kind: 'bytes' } }
const spec = {
  name: 'l',
  kind: 'list',
  key: bytes,
  value: bytes,
  persistent: true,
  caching: false,
  logging: 'own',
} as const

const ops = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constant('add'), fc.constantFrom('a', 'b', 'c'), fc.nat(9)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('remove'), fc.constantFrom('a', 'b', 'c'), fc.nat(9)) },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom('seal', 'commit', 'fail'), fc.constant(''), fc.nat(9)) },
  ),
  { maxLength: 120, size: 'max' },
)

type Items = Map<string, TextItem>

const pairs = (items: Items): string[] =>
  [...items.values()].map(({ key, value }) => `${key}=${value}`).sort()
const listed = (store: ListStore): string[] =>
  [...store.all()].map(({ key, value }) => `${key.toString()}=${value.toString()}`)

/** As an operator does when it starts. */
function loaded(store: ListStore): Items {
  const items = [...store.all()].map(({ key, value }) => new TextItem(key.toString(), value.toString()))
  for (const item of items) item.isWritten = true
  return new Map(items.map((item) => [item.key, item]))
}

property.prop({ ops, unwrittenMax: fc.constantFrom(0, 3, 1000) }, { numRuns: 150 })(
  'a list is there again after failures and kills, as its commits left it',
  ({ ops, unwrittenMax }) => {
    const engine = new MemoryStore()
    const log: RestoredRecord[] = []
    const committedLog: RestoredRecord[] = []
    const open = () => {
      const changeLog = {
        append: (change: Parameters<typeof keptChange>[0]) => void log.push(keptChange(change)),
      }
      const [keySerde, valueSerde] = [serdeFor(bytes), serdeFor(bytes)]
      const metrics = new MetricRegistry()
      return openStore({
        spec,
        keySerde,
        valueSerde,
        engine,
        changeLog,
        metrics,
        cleanEntriesMax: unwrittenMax,
      })
    }
    const { managed, store } = open()
    let items: Items = new Map()
    let committed: string[] = []
    const sealed: { number: number; pairs: string[]; log: RestoredRecord[] }[] = []
    for (const [what, key, number] of ops) {
      const known = items.get(key)
      if (what === 'add' || what === 'remove') {
        if (known !== undefined) store.remove(known)
        items.delete(key)
        const item = new TextItem(key, String(number))
        if (what === 'add') store.add(item)
        if (what === 'add') items.set(key, item)
      } else if (what === 'seal')
        sealed.push({ number: managed.seal(), pairs: pairs(items), log: log.splice(0) })
      else if (what === 'commit') {
        const oldest = sealed.shift()
        if (oldest === undefined) continue
        committedLog.push(...oldest.log)
        const offset = committedLog.length
        managed.committed(oldest.number, { topicId: 't', offset, leaderEpoch: 0, committedAtMs: 0 })
        committed = oldest.pairs
      } else {
        managed.failed(0)
        sealed.length = 0
        log.length = 0
        items = loaded(store)
        expect(pairs(items)).toEqual(committed)
      }
    }
    const killed = open()
    const entries = committedLog.slice(killed.managed.position()?.offset ?? 0)
    killed.managed.restore({ entries, position: undefined })
    expect(listed(killed.store).sort()).toEqual(committed)
    managed.failed(0)
    expect(listed(store).sort()).toEqual(committed)
  },
)

test('what has come and gone is not written, and a restart need not read it', () => {
  const engine = new MemoryStore()
  let logged = 0
  const { managed, store } = openStore({
    spec,
    keySerde: serdeFor(bytes),
    valueSerde: serdeFor(bytes),
    engine,
    changeLog: { append: () => void logged++ },
    metrics: new MetricRegistry(),
  })
  const live: TextItem[] = []
  for (let round = 0; round < 100; round++) {
    for (let number = 0; number < 10; number++) {
      const item = new TextItem(`${round} ${number}`, 'v')
      store.add(item)
      live.push(item)
    }
    if (round >= 5) for (const item of live.splice(0, 10)) store.remove(item)
    const generation = managed.seal()
    managed.committed(generation, { topicId: 't', offset: logged, leaderEpoch: 0, committedAtMs: 0 })
    expect(engine.entryCount).toBe(0)
  }
  expect(logged - (engine.position()?.offset ?? 0)).toBeLessThanOrEqual(6 * 20)
})

test('what comes and goes between two commits is not logged', () => {
  const log: unknown[] = []
  const { managed, store } = openStore({
    spec,
    keySerde: serdeFor(bytes),
    valueSerde: serdeFor(bytes),
    changeLog: { append: (change) => void log.push(keptChange(change)) },
    metrics: new MetricRegistry(),
  })
  const [first, second] = [new TextItem('a', '1'), new TextItem('b', '2')]
  store.add(first)
  store.add(second)
  store.remove(first)
  managed.committed(managed.seal(), undefined)
  expect(log).toEqual([{ key: Buffer.from('b'), value: Buffer.from('2'), timestampMs: 7 }])
  store.remove(second)
  managed.committed(managed.seal(), undefined)
  expect(log.slice(1)).toEqual([{ key: Buffer.from('b'), value: null, timestampMs: 7 }])
})

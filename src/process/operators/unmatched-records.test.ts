import { expect, test } from 'vitest'
import { assert } from '../../base/assert.ts'
import type { Format } from '../../data/types.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import { serdeFor } from '../../serde/plain-serde.ts'
import { keptChange } from '../../store/fixtures.ts'
import { MemoryStore } from '../../store/memory/memory-store.ts'
import { openStore } from '../../store/open-store.ts'
import type { ListStore } from '../../store/contracts.ts'
import { UnmatchedRecords } from './unmatched-records.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const store: ListStore = {
  kind: 'list',
  name: 'unmatched',
  persistent: false,
  all: () => [],
  add: () => {},
  remove: () => {},
}

function waiting(list: ListStore = store): UnmatchedRecords {
  const values = { left: serdeFor(text), right: serdeFor(text) }
  return new UnmatchedRecords({ store: list, keys: serdeFor(text), values, identity: String })
}

/** One life of a list store; closed, its entries stay in the engine. */
function openList(engine: MemoryStore) {
  const logged: ReturnType<typeof keptChange>[] = []
  engine.close = () => {}
  const opened = openStore({
    spec: { name: 'unmatched', kind: 'list', key: text, persistent: true, caching: false, logging: 'own' },
    keySerde: serdeFor(text),
    valueSerde: serdeFor(text),
    changeLog: { append: (change) => void logged.push(keptChange(change)) },
    metrics: new MetricRegistry(),
    engine,
  })
  assert(opened.store.kind === 'list', 'it is what it was opened as')
  const commit = () => opened.managed.committed(opened.managed.seal(), undefined)
  return { ...opened, records: waiting(opened.store), logged, commit }
}

const valuesOf = (records: UnmatchedRecords): string[] => {
  const first = records.first('left')
  return first === undefined ? [] : ([...records.values(first)] as string[])
}

test('many records of one key, side and time cost no more than others, and none is written with another', () => {
  const engine = new MemoryStore()
  const life = openList(engine)
  const value = (index: number): string => `${index} `.padEnd(1000, '.')
  const values = Array.from({ length: 10_000 }, (_, index) => value(index))
  for (const [index, each] of values.entries()) {
    life.records.add('left', 'k', each, 7)
    life.records.add('right', 'k', 'other', 7)
    if (index % 1000 === 999) life.commit()
  }
  // As the window store of a side has a record: key, time, number; and the value.
  const largest = Math.max(...life.logged.map(({ key, value }) => key.length + (value?.length ?? 0)))
  expect(largest).toBe(1 + 8 + 4 + 1000)
  expect(life.logged).toHaveLength(20_000)
  life.managed.close()
  const next = openList(engine)
  expect(valuesOf(next.records)).toEqual(values)
  next.records.add('left', 'k', 'last', 7)
  expect(valuesOf(next.records)).toEqual([...values, 'last'])
  next.records.remove('left', 'k', 7)
  next.records.add('left', 'k', 'new', 7)
  next.commit()
  next.managed.close()
  expect(valuesOf(openList(engine).records)).toEqual(['new'])
  expect(engine.entryCount).toBe(10_001)
})

test('one record that waits long keeps no others in memory', () => {
  const records = waiting()
  const rare = (index: number): boolean => index % 500 === 0
  const valueOf = (index: number): string => `${index} `.padEnd(200, '.')
  const buffers = new Set<Buffer>()
  for (let index = 0; index < 50_000; index++) {
    const side = index % 1000 === 0 ? 'left' : 'right'
    records.add(side, `k${index}`, valueOf(index), index)
    if (!rare(index)) records.remove(side, `k${index}`, index)
  }
  const left: string[] = []
  for (const side of ['left', 'right'] as const) {
    for (let entry = records.first(side); entry !== undefined; entry = records.first(side)) {
      buffers.add(entry.bytes)
      left.push(...([...records.values(entry)] as string[]))
      records.drop(entry)
    }
  }
  expect(left.map((value) => Number.parseInt(value, 10)).sort((one, other) => one - other)).toEqual(
    Array.from({ length: 100 }, (_, index) => index * 500),
  )
  expect(left.every((value) => value.length === 200)).toBe(true)
  // Ten million bytes were added, twenty thousand are left.
  const keptBytes = [...buffers].reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  expect(keptBytes).toBeLessThan(2_000_000)
})

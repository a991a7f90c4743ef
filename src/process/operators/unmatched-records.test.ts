import { expect, test } from 'vitest'
import type { Format } from '../../data/types.ts'
import { serdeFor } from '../../serde/plain-serde.ts'
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

function waiting(): UnmatchedRecords {
  const values = { left: serdeFor(text), right: serdeFor(text) }
  return new UnmatchedRecords({ store, keys: serdeFor(text), values, identity: String })
}

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

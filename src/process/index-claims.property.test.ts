import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import type { Column } from '../data/types.ts'
import type { GlobalTableNode } from '../topology/topology.ts'
import { json, storeSpec, TestTask, text } from './fixture.ts'

// A global table that is found by its columns against a naive model: the newest row of each record key, and of those with one value the newest.

const columns: readonly Column[] = [
  { name: 'code', type: { kind: 'string' } },
  { name: 'part', type: { kind: 'long' } },
]

function table(index: readonly number[]) {
  const cities: GlobalTableNode = {
    kind: 'global-table',
    id: 'cities',
    topic: 'cities',
    key: text,
    value: json,
    columns,
    index: index.flatMap((at) => {
      const column = columns[at]
      return column === undefined ? [] : [{ kind: 'column', scope: 0, index: at, ...column } as const]
    }),
    store: 'cities',
  }
  return new TestTask({ nodes: [cities], stores: [storeSpec('cities', { timestamped: false })] })
}

interface Row {
  readonly code: string | null
  readonly part: number
  readonly made: number
}

/** The newest rows, and which of them each value has. */
class Model {
  readonly #rows = new Map<string, Row>()

  apply(key: string, row: Row | null): void {
    this.#rows.delete(key)
    if (row !== null) this.#rows.set(key, row)
  }

  find(fits: (row: Row) => boolean): Row | undefined {
    return [...this.#rows.values()].findLast(fits)
  }
}

const codes = ['a', 'b', 'c']
const change = fc.record({
  key: fc.constantFrom(...codes, 'x', 'y', 'z'),
  row: fc.option(fc.record({ code: fc.constantFrom(...codes, null), part: fc.integer({ min: 0, max: 1 }) }), {
    freq: 4,
  }),
})

function rowOf(found: unknown): string | undefined {
  return found === undefined ? undefined : (found as { get(index: number): unknown }).get(1)?.toString()
}

property.prop([fc.array(change, { maxLength: 40 })])(
  'by one column: each value has the newest row of the keys whose row has it',
  (changes) => {
    const task = table([0])
    const model = new Model()
    changes.forEach(({ key, row }, made) => {
      // The second column says which record the row is of.
      const value = row && { code: row.code, part: made }
      task.load('cities', key, value === null ? null : JSON.stringify(value))
      model.apply(key, row === null ? null : { ...row, made })
      for (const code of codes)
        expect(rowOf(task.global('cities').get(code))).toBe(
          model.find((one) => one.code === code)?.made.toString(),
        )
    })
  },
)

property.prop([fc.array(change, { maxLength: 40 })])(
  'by two columns: a tombstone removes the row of its key',
  (changes) => {
    const task = table([0, 1])
    const model = new Model()
    changes.forEach(({ key, row }, made) => {
      task.load('cities', key, row === null ? null : JSON.stringify(row))
      model.apply(key, row === null ? null : { ...row, made })
      for (const code of codes)
        for (const part of [0, 1])
          expect(task.global('cities').get([code, part]) !== undefined).toBe(
            model.find((one) => one.code === code && one.part === part) !== undefined,
          )
    })
  },
)

const remembered = (task: TestTask): number =>
  task.metrics.samples().find(({ facts }) => facts.name === 'weft_global_index_bytes')?.value ?? -1

test('a topic that is keyed by the joined column has nothing remembered; any other has, and it is counted', () => {
  const rows = Array.from({ length: 2000 }, (_, n) => `city ${n}`)
  const [own, other] = [table([0]), table([0])]
  for (const code of rows) {
    own.load('cities', code, JSON.stringify({ code, part: 0 }))
    other.load('cities', `id of ${code}`, JSON.stringify({ code, part: 0 }))
  }
  const none = remembered(table([0]))
  expect(remembered(own)).toBe(none)
  expect(remembered(other) - none).toBeGreaterThan(2000 * 40)
  for (const code of rows) other.load('cities', `id of ${code}`, null)
  expect([...other.global('cities').all()]).toEqual([])
})

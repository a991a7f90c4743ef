import { expect, test } from 'vitest'
import { MetricRegistry } from '../base/metrics.ts'
import type { Format } from '../data/types.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import { CleanBudget } from './clean-budget.ts'
import type { ManagedStore } from './contracts.ts'
import { TextItem } from './fixtures.ts'
import { openStore } from './open-store.ts'
import type { StoreDescription } from './store-description.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const large = 'x'.repeat(100_000)
const common = { name: 's', key: text, value: text, persistent: false } as const
const hourMs = 3_600_000

/** A store of this kind, with what puts an entry of so many bytes under a key. */
function opened(spec: StoreDescription, budget: CleanBudget) {
  const { managed, store } = openStore({
    spec,
    keySerde: serdeFor(text),
    valueSerde: serdeFor(text),
    changeLog: { append: () => {} },
    cleanBudget: budget,
    metrics: new MetricRegistry(),
  })
  const put = (key: string, value: string): void => {
    if (store.kind === 'key-value' || store.kind === 'versioned') store.put(key, value, 1)
    else if (store.kind === 'window') store.put(key, value, 1, 1)
    else if (store.kind === 'session') store.put({ key, startMs: 1, endMs: 1 }, value, 1)
    else store.add(new TextItem(key, value))
  }
  return { managed, put }
}

const stores: readonly (readonly [string, StoreDescription, { readonly replaces: boolean }])[] = [
  ...(['own', 'source', 'none'] as const).flatMap((logging) =>
    [false, true].map(
      (caching) =>
        [
          `entries, logged by ${logging}, ${caching ? 'cached' : 'not cached'}`,
          { ...common, kind: 'key-value', timestamped: true, caching, logging },
          { replaces: true },
        ] as const,
    ),
  ),
  ...[false, true].map(
    (retainDuplicates) =>
      [
        retainDuplicates ? 'duplicates' : 'windows',
        {
          ...common,
          kind: 'window',
          timestamped: true,
          caching: false,
          logging: 'own',
          windowSizeMs: 10,
          retentionMs: hourMs,
          retainDuplicates,
        },
        { replaces: !retainDuplicates },
      ] as const,
  ),
  [
    'sessions',
    { ...common, kind: 'session', caching: false, logging: 'own', retentionMs: hourMs },
    { replaces: true },
  ],
  [
    'versions',
    { ...common, kind: 'versioned', caching: false, logging: 'own', historyRetentionMs: hourMs },
    { replaces: true },
  ],
  ...(['own', 'none'] as const).map(
    (logging) =>
      [
        `lists, logged by ${logging}`,
        { ...common, kind: 'list', caching: false, logging },
        { replaces: false },
      ] as const,
  ),
]

test.each(stores)('%s count until they are committed, or lost', (_, spec, { replaces }) => {
  const budget = new CleanBudget()
  const { managed, put } = opened(spec, budget)
  const entries = (): number => budget.uncommittedBytes / large.length
  const commit = (generation: number): void => managed.committed(generation, undefined)
  for (const key of ['a', 'b', 'c']) put(key, large)
  expect(entries()).toBeCloseTo(3, 1)
  put('a', large)
  expect(entries()).toBeCloseTo(replaces ? 3 : 4, 1)
  const first = managed.seal()
  expect(entries()).toBeCloseTo(replaces ? 3 : 4, 1)
  put('a', large)
  expect(entries()).toBeCloseTo(replaces ? 4 : 5, 1)
  commit(first)
  expect(entries()).toBeCloseTo(1, 1)
  managed.failed(0)
  expect(budget.uncommittedBytes).toBe(0)
  lost(managed, put)
  expect(budget.uncommittedBytes).toBe(0)
  put('a', large)
  managed.seal()
  put('b', large)
  managed.close()
  expect(budget.uncommittedBytes).toBe(0)
})

/** Two generations, of which the older one fails. */
function lost(managed: ManagedStore, put: (key: string, value: string) => void): void {
  put('a', large)
  const generation = managed.seal()
  put('a', large)
  put('d', large)
  managed.seal()
  managed.failed(generation)
}

test('what comes into a list and goes before a commit does not count', () => {
  const budget = new CleanBudget()
  const { store } = openStore({
    spec: { ...common, kind: 'list', caching: false, logging: 'own' },
    keySerde: serdeFor(text),
    valueSerde: serdeFor(text),
    changeLog: { append: () => {} },
    cleanBudget: budget,
    metrics: new MetricRegistry(),
  })
  const item = new TextItem('a', large)
  store.add(item)
  expect(budget.uncommittedBytes).toBe(large.length)
  store.remove(item)
  expect(budget.uncommittedBytes).toBe(0)
})

test('a commit is wanted at half of the budget, and not for less than 8 MiB', () => {
  const mebibyte = 1_048_576
  const small = new CleanBudget(mebibyte)
  small.uncommitted(8 * mebibyte)
  expect(small.wantsCommit).toBe(false)
  small.uncommitted(1)
  expect(small.wantsCommit).toBe(true)
  small.uncommitted(-2)
  expect(small.wantsCommit).toBe(false)
  const usual = new CleanBudget(128 * mebibyte)
  usual.uncommitted(64 * mebibyte)
  expect(usual.wantsCommit).toBe(false)
  usual.uncommitted(1)
  expect(usual.wantsCommit).toBe(true)
})

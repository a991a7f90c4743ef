import { expect, test } from 'vitest'
import type { Format } from '../data/types.ts'
import type { StoreDescription } from './store-description.ts'
import { layoutOf, layoutTrouble } from './store-layout.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const common = {
  name: 's',
  key: text,
  value: text,
  persistent: true,
  caching: false,
  logging: 'own',
} as const
const hourMs = 3_600_000
const window: StoreDescription = {
  ...common,
  kind: 'window',
  timestamped: true,
  windowSizeMs: hourMs,
  retentionMs: 2 * hourMs,
  retainDuplicates: false,
}
const keyValue: StoreDescription = { ...common, kind: 'key-value', timestamped: true }

test('what does not change where entries stand does not change the layout', () => {
  expect(layoutOf({ ...window, windowSizeMs: 1, caching: true, logging: 'none' })).toBe(layoutOf(window))
})

test.each<readonly [string, StoreDescription, StoreDescription]>([
  ['retention of windows', window, { ...window, retentionMs: 5 * hourMs }],
  ['timestamps of windows', window, { ...window, timestamped: false }],
  ['timestamps', keyValue, { ...keyValue, timestamped: false }],
  ['a time-to-live', keyValue, { ...keyValue, timeToLiveMs: hourMs }],
  ['another time-to-live', { ...keyValue, timeToLiveMs: hourMs }, { ...keyValue, timeToLiveMs: 2 * hourMs }],
  [
    'retention of sessions',
    { ...common, kind: 'session', retentionMs: hourMs },
    { ...common, kind: 'session', retentionMs: 2 * hourMs },
  ],
  [
    'retention of versions',
    { ...common, kind: 'versioned', historyRetentionMs: hourMs },
    { ...common, kind: 'versioned', historyRetentionMs: 2 * hourMs },
  ],
  ['the kind', keyValue, { ...common, kind: 'list' }],
])('%s changes the layout', (_, one, other) => {
  expect(layoutOf(one)).not.toBe(layoutOf(other))
})

test('says whether it was a definition or a version that wrote otherwise', () => {
  const own = layoutOf(keyValue)
  expect(layoutTrouble(own, own)).toBeUndefined()
  expect(layoutTrouble(layoutOf(window), own)).toContain('another definition')
  for (const found of [own.replace(/^1 /, '2 '), undefined])
    expect(layoutTrouble(found, own)).toBe('another version of Weft wrote it')
})

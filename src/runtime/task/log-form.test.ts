import { expect, test } from 'vitest'
import type { DataType, Format } from '../../data/types.ts'
import type { StoreSpec } from '../../topology/topology.ts'
import { logFormOf } from './log-form.ts'

const binary = (kind: 'string' | 'long'): Format => ({ notation: 'binary', type: { kind } })
const written = (notation: string, type: DataType): Format => ({ notation, type })

function store(facts: object = {}): StoreSpec {
  const base = { name: 's', key: binary('string'), value: binary('long'), kind: 'key-value' }
  return {
    ...base,
    timestamped: true,
    persistent: true,
    caching: false,
    logging: 'own',
    ...facts,
  } as StoreSpec
}

const window = { kind: 'window', windowSizeMs: 1, retentionMs: 10 }

test.each<[string, object, object?]>([
  ['another kind', { kind: 'session', retentionMs: 10 }],
  ['windows', window],
  ['windows with duplicates instead of windows', { ...window, retainDuplicates: true }, window],
  ['other keys', { key: binary('long') }],
  ['other values', { value: binary('string') }],
  ['another notation', { value: written('json', { kind: 'any' }) }],
  ['other parts', { parts: 'a, b' }],
])('%s are another change log', (_, changed, former = {}) => {
  expect(logFormOf(store(changed))).not.toEqual(logFormOf(store(former)))
})

const avro = (kind: 'any' | 'long'): Format => written('avro', { kind })

test.each<[string, object, object?]>([
  ['a time-to-live', { timeToLiveMs: 10 }],
  ['no timestamps', { timestamped: false }],
  ['caching, in memory', { caching: true, persistent: false }],
  ['versions', { kind: 'versioned', historyRetentionMs: 10 }],
  ['another retention', { ...window, retentionMs: 20 }, window],
  ['a schema that has grown', { value: avro('long') }, { value: avro('any') }],
])('%s are read from the same one', (_, changed, former = {}) => {
  expect(logFormOf(store(changed))).toEqual(logFormOf(store(former)))
})

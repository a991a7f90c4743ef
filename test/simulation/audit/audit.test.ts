import { expect, test } from 'vitest'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import { countCase } from '../cases/count.ts'
import { audit } from './audit.ts'
import type { Evidence, StoreEvidence } from './evidence.ts'

function record(
  topic: { readonly partition: number; readonly offset: number },
  value: Buffer | string,
  key?: string,
) {
  return {
    ...topic,
    timestampMs: 1000 + topic.offset,
    key: key ?? null,
    keyBytes: key === undefined ? null : Buffer.from(key),
    value: Buffer.from(value),
    headers: undefined,
  } satisfies ReadRecord
}

function long(number: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(number))
  return bytes
}

const at = (offset: number, partition = 0) => ({ partition, offset })
const metadata = Buffer.concat([Buffer.from([1]), long(1001)]).toString('base64')
const store: StoreEvidence = {
  where: 'p1',
  changeLog: { topic: 'app-counts-changelog', partition: 0 },
  kind: 'key-value',
  retentionMs: Infinity,
  timestamped: true,
  entries: new Map([['ash', Buffer.concat([long(1001), long(2)])]]),
  streamTimeMs: -1,
  position: 2,
  lags: false,
  whole: true,
  takenMs: 0,
}

/** Two records of one word, and everything that must have come out of them. */
const topics: Readonly<Record<string, readonly ReadRecord[]>> = {
  words: [record(at(0), 'ash:0-1'), record(at(1), 'ash:0-2')],
  journal: [record(at(0), 'ash:0-1', 'ash'), record(at(1), 'ash:0-2', 'ash')],
  counts: [record(at(0), long(1), 'ash'), record(at(1), long(2), 'ash')],
  'app-counts-changelog': [record(at(0), long(1), 'ash'), record(at(1), long(2), 'ash')],
}

function evidence(
  changed: Readonly<Record<string, readonly ReadRecord[]>> = {},
  facts: Partial<Evidence> = {},
): Evidence {
  return {
    read: (topic) => ({ ...topics, ...changed })[topic] ?? [],
    strict: true,
    noZombies: true,
    compacted: false,
    deletionsFromMs: -Infinity,
    variant: { caching: false, optimised: false },
    stores: [store],
    committed: [{ topic: 'words', partition: 0, offset: 2, metadata }],
    openPartitions: [],
    ...facts,
  }
}

const [first, second] = topics['journal'] as [ReadRecord, ReadRecord]
const [one, two] = topics['counts'] as [ReadRecord, ReadRecord]

test('finds nothing wrong where nothing is', () => {
  expect(audit(countCase, evidence())).toEqual([])
})

test.each([
  ['a record that is missing', evidence({ journal: [first] }), 'missing ash:0-2'],
  ['a record that is double', evidence({ journal: [first, second, second] }), 'double ash:0-2'],
  [
    'a record that nobody sent',
    evidence({ journal: [first, second, record(at(2), 'ash:0-3')] }),
    'strange ash:0-3',
  ],
  ['records out of order', evidence({ journal: [second, first] }), 'out of order'],
  ['a count that is left out', evidence({ counts: [two] }), 'counted 2, and is there 2 times'],
  ['a count that comes twice', evidence({ counts: [one, one, two] }), 'counted 1 1 2'],
  ['a store that differs from its change log', evidence({ 'app-counts-changelog': [one] }), 'but ........'],
  ['a store that is behind', evidence({}, { stores: [{ ...store, position: 1 }] }), 'behind its change log'],
  [
    'a store that is ahead of its time',
    evidence({ 'app-counts-changelog': [] }, { stores: [{ ...store, kind: 'window', streamTimeMs: 5000 }] }),
    'is told of 5000',
  ],
  [
    'stream time that went back',
    evidence({
      words: [record({ ...at(0) }, 'ash:0-1'), { ...record(at(1), 'ash:0-2'), timestampMs: 9000 }],
    }),
    'stream time of words-0 went back: 1001 was committed after 9000',
  ],
  [
    'records that were never processed',
    evidence({}, { committed: [{ topic: 'words', partition: 0, offset: 1, metadata }] }),
    '1 records of words-0 were never processed',
  ],
  [
    'a transaction that is open',
    evidence({}, { openPartitions: ['words-0'] }),
    'a transaction is open on words-0',
  ],
])('finds %s', (_, tampered, said) => {
  expect(audit(countCase, tampered).join('\n')).toContain(said)
})

test('at least once, a double is no fault, and a loss is', () => {
  const lenient = { strict: false }
  expect(audit(countCase, evidence({ journal: [first, second, first, second] }, lenient))).toEqual([])
  expect(audit(countCase, evidence({ journal: [first] }, lenient)).join()).toContain('missing')
})

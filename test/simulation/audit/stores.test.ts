import { expect, test } from 'vitest'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { Evidence, StoreEvidence } from './evidence.ts'
import { auditStore, newestKey } from './stores.ts'

function int64(number: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(number))
  return bytes
}

function record(
  offset: number,
  timestampMs: number,
  [key, value]: readonly [Buffer, string | null],
): ReadRecord {
  const bytes = value === null ? null : Buffer.from(value)
  return {
    partition: 0,
    offset,
    timestampMs,
    key: key.toString(),
    keyBytes: key,
    value: bytes,
    headers: undefined,
  }
}

function evidence(log: readonly ReadRecord[]): Evidence {
  const variant = { caching: false, optimised: false }
  return {
    read: () => log,
    strict: true,
    noZombies: true,
    compacted: false,
    deletionsFromMs: -Infinity,
    variant,
    stores: [],
    committed: [],
    openPartitions: [],
  }
}

function store(facts: Partial<StoreEvidence>): StoreEvidence {
  const changeLog = { topic: 'log', partition: 0 }
  return {
    where: 'p1',
    changeLog,
    kind: 'window',
    retentionMs: 50,
    timestamped: false,
    entries: new Map(),
    streamTimeMs: -1,
    position: 9,
    lags: true,
    whole: true,
    takenMs: 0,
    ...facts,
  }
}

const windowKey = (startMs: number): Buffer =>
  Buffer.concat([Buffer.from('k'), int64(startMs), Buffer.alloc(4)])
const windows = [record(0, 10, [windowKey(10), 'old']), record(1, 100, [windowKey(100), 'new'])]
const newWindow = [windowKey(100).toString('latin1'), Buffer.from('new')] as const

test('an expired window may be gone, or be there as it was', () => {
  expect(auditStore(store({ entries: new Map([newWindow]) }), evidence(windows))).toEqual([])
  const both = new Map([newWindow, [windowKey(10).toString('latin1'), Buffer.from('old')]])
  expect(auditStore(store({ entries: both }), evidence(windows))).toEqual([])
})

test('a live window must be there, and no window may be another', () => {
  expect(auditStore(store({}), evidence(windows)).join()).toContain('is absent, but new')
  const other = new Map([newWindow, [windowKey(10).toString('latin1'), Buffer.from('odd')]])
  expect(auditStore(store({ entries: other }), evidence(windows)).join()).toContain('is odd, but old')
})

test('a window that was written again after it had expired may be as it was before, and no other', () => {
  const again = record(2, 100, [windowKey(10), 'again'])
  const found = (value: string, compacted: boolean): string => {
    const entries = new Map([newWindow, [windowKey(10).toString('latin1'), Buffer.from(value)]])
    return auditStore(store({ entries }), { ...evidence([...windows, again]), compacted }).join()
  }
  expect([found('old', false), found('again', false), found('odd', true)]).toEqual(['', '', ''])
  expect(found('odd', false)).toContain('is odd, but again')
})

test('a window that was put again behind the position may be as it was at any time before, and no other', () => {
  const log = [record(0, 10, [windowKey(10), 'a']), record(1, 10, [windowKey(10), 'b'])]
  const again = record(7, 10, [windowKey(10), 'c'])
  const found = (value: string | undefined, entries: readonly ReadRecord[]): string => {
    const there = value === undefined ? [] : [[windowKey(10).toString('latin1'), Buffer.from(value)] as const]
    return auditStore(store({ entries: new Map(there), position: 5, whole: false }), evidence(entries)).join()
  }
  for (const value of ['a', 'b', undefined]) expect(found(value, [...log, again])).toBe('')
  expect(found('odd', [...log, again])).toContain('is odd, but b')
  expect(found('a', log)).toContain('is a, but b')
  expect(found(undefined, log)).toContain('is absent, but b')
})

/** As it stood at position 5. */
const early = store({
  kind: 'key-value',
  retentionMs: Infinity,
  lags: false,
  position: 5,
  whole: false,
  entries: new Map([
    ['a', Buffer.from('a1')],
    ['b', Buffer.from('b1')],
  ]),
})

test('what an engine that lags was never given is gone by what stands behind its position; others have it', () => {
  const log = [record(2, 10, [Buffer.from('a'), 'a1']), record(6, 20, [Buffer.from('a'), null])]
  const without = { ...early, entries: new Map<string, Buffer>() }
  expect(auditStore({ ...without, lags: true }, evidence(log))).toEqual([])
  expect(auditStore({ ...without, lags: true }, evidence(log.slice(0, 1))).join()).toContain(
    '"a" is absent, but a1',
  )
  expect(auditStore(without, evidence(log)).join()).toContain('"a" is absent, but a1')
})

test('what a compacted change log has only in a newer state may have been anything; all else must be as it is', () => {
  const text = (key: string): Buffer => Buffer.from(key)
  const log = [record(4, 10, [text('a'), 'a1']), record(6, 20, [text('b'), 'b2'])]
  const compacted = { ...evidence(log), compacted: true }
  expect(auditStore(early, compacted)).toEqual([])
  expect(auditStore(early, evidence(log)).join()).toContain('"b" is b1, but absent')
  const odd = new Map([...early.entries, ['a', Buffer.from('odd')] as const])
  expect(auditStore({ ...early, entries: odd }, compacted).join()).toContain('"a" is odd, but a1')
})

test('what stood long before deletions are forgotten may have been deleted and forgotten with them', () => {
  const log = [record(2, 10, [Buffer.from('a'), 'a1'])]
  const compacted = { ...evidence(log), compacted: true }
  expect(auditStore(early, { ...compacted, deletionsFromMs: 1 })).toEqual([])
  expect(auditStore(early, { ...compacted, deletionsFromMs: 0 }).join()).toContain('"b" is b1, but absent')
})

test('what expires by the time of its value may be gone, and must be there until then', () => {
  const log = [record(0, 10, [Buffer.from('a'), 'a1']), record(1, 100, [Buffer.from('b'), 'b1'])]
  const expiring = store({ kind: 'expiring', entries: new Map([['b', Buffer.from('b1')]]) })
  expect(auditStore(expiring, evidence(log))).toEqual([])
  expect(auditStore({ ...expiring, retentionMs: 95 }, evidence(log)).join()).toContain(
    '"a" is absent, but a1',
  )
})

const versions = [
  record(0, 10, [Buffer.from('k'), 'a']),
  record(1, 30, [Buffer.from('k'), 'c']),
  record(2, 20, [Buffer.from('k'), 'b']),
]
const historyKey = (endMs: number, startMs: number): string =>
  Buffer.concat([Buffer.from('k'), int64(endMs), int64(startMs)]).toString('latin1')
const kept = new Map([
  [newestKey('k'), Buffer.concat([int64(30), Buffer.from('c')])],
  [historyKey(30, 20), Buffer.from('\u0001b')],
  [historyKey(20, 10), Buffer.from('\u0001a')],
])

test('versions stand from their own time to that of the next, whenever they came', () => {
  expect(auditStore(store({ kind: 'versioned', entries: kept }), evidence(versions))).toEqual([])
  const lost = new Map([...kept].filter(([key]) => key !== historyKey(30, 20)))
  expect(auditStore(store({ kind: 'versioned', entries: lost }), evidence(versions)).join()).toContain(
    'is absent',
  )
})

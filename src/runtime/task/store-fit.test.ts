import { describe, expect, test } from 'vitest'
import { isLost, unfitReason, type ChangeLogFacts } from './store-fit.ts'

const nowMs = 1_700_000_000_000
const position = { topicId: 'id', offset: 50, leaderEpoch: 3, committedAtMs: nowMs - 1000 }
const log: ChangeLogFacts = { topicId: 'id', start: 0, end: 80, epochEnd: 80, tombstonesMs: 86_400_000 }

describe('a store on disk is continued by its change log', () => {
  test('when nothing speaks against it', () => {
    expect(unfitReason(position, log, nowMs)).toBeUndefined()
    expect(
      unfitReason(position, { ...log, epochEnd: undefined, tombstonesMs: undefined }, nowMs),
    ).toBeUndefined()
    expect(unfitReason(undefined, log, nowMs)).toBeUndefined()
  })

  test('however old it is, when nothing has come since', () => {
    expect(unfitReason({ ...position, offset: 80, committedAtMs: 0 }, log, nowMs)).toBeUndefined()
  })
})

describe('a change log is lost', () => {
  test('when an empty topic has its name', () => {
    expect(isLost(position, { ...log, topicId: 'other', end: 0 })).toBe(true)
  })

  test('and not while it can be read, nor where there was nothing in it', () => {
    expect(isLost(position, { ...log, topicId: 'other' })).toBe(false)
    expect(isLost(position, log)).toBe(false)
    expect(isLost({ ...position, offset: 0 }, { ...log, topicId: 'other', end: 0 })).toBe(false)
    expect(isLost(undefined, { ...log, end: 0 })).toBe(false)
  })
})

describe('a store on disk is rebuilt', () => {
  test.each([
    ['its topic was made anew', { topicId: 'other' }, {}, /another topic of the same name/],
    ['the log ends before its position', { end: 49 }, {}, /behind the end of the change log at 49/],
    ['the log begins behind its position', { start: 51 }, {}, /before the start of the change log at 51/],
    [
      'its records were lost by a new leader',
      { epochEnd: 40 },
      {},
      /their epoch ends at 40, the position is 50/,
    ],
    ['the leader does not know its epoch', { epochEnd: -1 }, {}, /their epoch ends at -1/],
    [
      'tombstones may be gone',
      { tombstonesMs: 60_000 },
      { committedAtMs: nowMs - 30_001 },
      /deletions may be missing/,
    ],
  ])('when %s', (_why, logs, own, reason) => {
    expect(unfitReason({ ...position, ...own }, { ...log, ...logs }, nowMs)).toMatch(reason)
  })
})

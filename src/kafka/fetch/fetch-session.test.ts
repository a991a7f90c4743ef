import { describe, expect, test } from 'vitest'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { Metadata } from '../cluster/metadata.ts'
import { fetcherDefaults } from '../fixtures/clients.ts'
import { FetchPosition } from './fetch-position.ts'
import { FetchSession } from './fetch-session.ts'

const topicId = 'a'.repeat(32)
const metadata = new Metadata()
const granted = { errorCode: 0, sessionId: 7 }

function position(partition: number, offset = 0): FetchPosition {
  const made = new FetchPosition({ topic: 't', partition }, offset)
  made.topicId = topicId
  return made
}

/** What a request says: session, epoch, `partition@offset` that are named, partitions that are forgotten. */
function said(session: FetchSession, positions: readonly FetchPosition[], version = 13) {
  const request = session.request(positions, fetcherDefaults, metadata, version)
  return {
    session: [request.sessionId, request.sessionEpoch],
    named: (request.topics ?? []).flatMap(({ partitions = [] }) =>
      partitions.map(({ partition, fetchOffset }) => `${partition}@${fetchOffset}`),
    ),
    forgotten: (request.forgottenTopicsData ?? []).flatMap(({ partitions = [] }) => partitions),
  }
}

describe('a fetch session', () => {
  test('begins with all partitions, and then names what moved, came and went', () => {
    const session = new FetchSession()
    const [first, second] = [position(0), position(1, 5)]
    expect(said(session, [first, second])).toEqual({ session: [0, 0], named: ['0@0', '1@5'], forgotten: [] })
    session.answered(granted)
    expect(said(session, [first, second])).toEqual({ session: [7, 1], named: [], forgotten: [] })
    session.answered(granted)
    first.offset = 9
    expect(said(session, [first])).toEqual({ session: [7, 2], named: ['0@9'], forgotten: [1] })
    session.answered(granted)
    expect(said(session, [first, second])).toEqual({ session: [7, 3], named: ['1@5'], forgotten: [] })
  })

  test('is not missed where the broker grants none', () => {
    const session = new FetchSession()
    for (let i = 0; i < 3; i++) {
      expect(said(session, [position(0)])).toEqual({ session: [0, 0], named: ['0@0'], forgotten: [] })
      expect(session.answered({ errorCode: 0, sessionId: 0 })).toBe(true)
    }
  })

  test.each([
    'FETCH_SESSION_ID_NOT_FOUND',
    'INVALID_FETCH_SESSION_EPOCH',
    'FETCH_SESSION_TOPIC_ID_ERROR',
  ] as const)('that the broker ends with %s begins anew at once', (error) => {
    const session = new FetchSession()
    said(session, [position(0)])
    session.answered(granted)
    said(session, [position(0)])
    expect(session.answered({ errorCode: kafkaErrorCode(error), sessionId: 0 })).toBe(false)
    expect(said(session, [position(0)])).toMatchObject({ session: [7, 0], named: ['0@0'] })
    // A full request that is refused so is trouble like any other: not asked again at once.
    expect(session.answered({ errorCode: kafkaErrorCode(error), sessionId: 0 })).toBe(true)
  })

  test('whose answer was lost begins anew, and ends what the broker may keep', () => {
    const session = new FetchSession()
    said(session, [position(0)])
    session.answered(granted)
    said(session, [position(0)])
    session.reset()
    expect(said(session, [position(0)])).toEqual({ session: [7, 0], named: ['0@0'], forgotten: [] })
    session.answered({ errorCode: 0, sessionId: 8 })
    expect(said(session, [position(0)])).toEqual({ session: [8, 1], named: [], forgotten: [] })
  })

  test('forgets a topic that was deleted and made anew, and names its successor', () => {
    const session = new FetchSession()
    said(session, [position(0)])
    session.answered(granted)
    const anew = position(0)
    anew.topicId = 'b'.repeat(32)
    const request = session.request([anew], fetcherDefaults, metadata, 13)
    expect(request.forgottenTopicsData).toMatchObject([{ topicId, partitions: [0] }])
    expect(request.topics).toMatchObject([{ topicId: 'b'.repeat(32) }])
  })

  test('names topics as the version does', () => {
    const topicsOf = (version: number) =>
      new FetchSession().request([position(0)], fetcherDefaults, metadata, version).topics
    expect(topicsOf(12)).toMatchObject([{ topic: 't' }])
    expect(topicsOf(13)).toMatchObject([{ topicId }])
  })
})

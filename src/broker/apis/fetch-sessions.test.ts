import { describe, expect, test } from 'vitest'
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import type { BrokerConfig } from '../broker-config.ts'
import { batchOf, openTestBroker, TestClient, type TestBroker } from '../fixtures/test-broker.ts'

type Request = DeepPartial<RequestOf<typeof apis.fetch>>

/** A consumer that names its topics in one of both ways. */
class Reader {
  readonly #setup: TestBroker
  readonly #ids: ReadonlyMap<string, string> | undefined
  sessionId = 0
  epoch = 0

  constructor(setup: TestBroker, ids?: ReadonlyMap<string, string>) {
    this.#setup = setup
    this.#ids = ids
  }

  /** @returns what was told of each partition, and how the request as a whole went */
  async fetch(wanted: readonly [topic: string, partition: number, offset: number][], change: Request = {}) {
    const topics = wanted.map(([topic, partition, fetchOffset]) => ({
      ...this.#name(topic),
      partitions: [{ partition, fetchOffset, partitionMaxBytes: 1_000_000 }],
    }))
    const request = { maxWaitMs: 0, sessionId: this.sessionId, sessionEpoch: this.epoch, topics, ...change }
    const answer = await this.#setup.client.send(apis.fetch, request, this.#ids === undefined ? 12 : 13)
    if (answer.errorCode === 0) {
      this.sessionId = answer.sessionId
      this.epoch++
    }
    const told = answer.responses.flatMap(({ topic, topicId, partitions }) =>
      partitions.map(({ partitionIndex, errorCode, highWatermark, records }) => {
        const name = [...(this.#ids ?? [])].find(([, id]) => id === topicId)?.[0] ?? topic
        const outcome = errorCode === 0 ? `to ${highWatermark}` : kafkaErrorName(errorCode)
        return `${name}-${partitionIndex} ${outcome}${(records?.length ?? 0) > 0 ? ' with records' : ''}`
      }),
    )
    return answer.errorCode === 0 ? told : kafkaErrorName(answer.errorCode)
  }

  forget(topic: string, partition: number): Request {
    return { forgottenTopicsData: [{ ...this.#name(topic), partitions: [partition] }] }
  }

  #name(topic: string) {
    return this.#ids === undefined ? { topic } : { topicId: this.#ids.get(topic) ?? '' }
  }
}

async function open(config: Partial<BrokerConfig> = {}) {
  const setup = openTestBroker(config)
  const ids = new Map<string, string>()
  for (const topic of ['a', 'b']) ids.set(topic, await setup.client.createTopic(topic, 2))
  const write = async (topic: string, partition = 0): Promise<void> => {
    await setup.client.produce(topic, batchOf(['x']), { partition })
  }
  return { setup, ids, write }
}

describe.each(['by name', 'by id'])('a session of partitions %s', (naming) => {
  const begin = async () => {
    const { setup, ids, write } = await open()
    const reader = new Reader(setup, naming === 'by id' ? ids : undefined)
    const first = await reader.fetch([
      ['a', 0, 0],
      ['b', 1, 0],
    ])
    return { setup, reader, write, first }
  }

  test('begins with all of them and goes on with what is new', async () => {
    const { reader, write, first } = await begin()
    expect(first).toEqual(['a-0 to 0', 'b-1 to 0'])
    expect(reader.sessionId).toBeGreaterThan(0)
    expect(await reader.fetch([])).toEqual([])
    await write('b', 1)
    expect(await reader.fetch([])).toEqual(['b-1 to 1 with records'])
    expect(await reader.fetch([])).toEqual(['b-1 to 1 with records'])
    expect(await reader.fetch([['b', 1, 1]])).toEqual([])
  })

  test('takes partitions in and forgets them', async () => {
    const { reader, write } = await begin()
    await write('a', 1)
    expect(await reader.fetch([['a', 1, 0]])).toEqual(['a-1 to 1 with records'])
    expect(await reader.fetch([], reader.forget('a', 1))).toEqual([])
    await write('b', 1)
    expect(await reader.fetch([])).toEqual(['b-1 to 1 with records'])
  })

  test('serves who had no records before who had', async () => {
    const { reader, write } = await begin()
    await write('a')
    await write('b', 1)
    const small = { maxBytes: 1 }
    expect(await reader.fetch([], small)).toEqual(['a-0 to 1 with records', 'b-1 to 1'])
    expect(await reader.fetch([], small)).toEqual(['b-1 to 1 with records'])
    expect(await reader.fetch([], small)).toEqual(['a-0 to 1 with records'])
  })

  test('says again after an error what had been told', async () => {
    const { setup, reader, write } = await begin()
    await write('a')
    expect(await reader.fetch([['a', 0, 1]])).toEqual(['a-0 to 1'])
    expect(await reader.fetch([['a', 0, 7]])).toEqual(['a-0 OFFSET_OUT_OF_RANGE'])
    expect(await reader.fetch([['a', 0, 1]])).toEqual(['a-0 to 1'])
    await setup.client.send(apis.deleteTopics, { topics: [{ name: 'a' }] })
    const gone = naming === 'by id' ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
    for (let i = 0; i < 2; i++) expect(await reader.fetch([])).toEqual([`a-0 ${gone}`])
  })

  test('waits for news of all its partitions', async () => {
    const { setup, reader } = await begin()
    // One connection is served in order: who writes has another.
    const waiting = reader.fetch([], { maxWaitMs: 500, minBytes: 1 })
    await setup.clock.advance(100)
    const writer = openWriter(setup)
    await writer('b')
    await setup.clock.advance(500)
    expect(await waiting).toEqual(['b-1 to 1 with records'])
  })

  test('ends when it has no partition left', async () => {
    const { reader } = await begin()
    const both = {
      forgottenTopicsData: ['a', 'b'].flatMap(
        (topic) => reader.forget(topic, topic === 'a' ? 0 : 1).forgottenTopicsData ?? [],
      ),
    }
    expect(await reader.fetch([], both)).toEqual([])
    expect(reader.sessionId).toBe(0)
  })
})

test('a request that does not follow the last one is refused, and the session goes on', async () => {
  const { setup } = await open()
  const reader = new Reader(setup)
  await reader.fetch([['a', 0, 0]])
  const { epoch } = reader
  expect(await reader.fetch([], { sessionEpoch: epoch + 1 })).toBe('INVALID_FETCH_SESSION_EPOCH')
  expect(await reader.fetch([], { sessionEpoch: epoch })).toEqual([])
  expect(await reader.fetch([], { sessionEpoch: epoch })).toBe('INVALID_FETCH_SESSION_EPOCH')
})

test('a session that is not there is named', async () => {
  const { setup } = await open()
  expect(await new Reader(setup).fetch([], { sessionId: 5, sessionEpoch: 1 })).toBe(
    'FETCH_SESSION_ID_NOT_FOUND',
  )
})

test('a session cannot change the way in which it names topics', async () => {
  const { setup, ids } = await open()
  const byName = new Reader(setup)
  await byName.fetch([['a', 0, 0]])
  const byId = new Reader(setup, ids)
  const { sessionId } = byName
  expect(await byId.fetch([['b', 0, 0]], { sessionId, sessionEpoch: 1 })).toBe('FETCH_SESSION_TOPIC_ID_ERROR')
})

test.each([0, -1])('epoch %i ends the session it comes with', async (sessionEpoch) => {
  const { setup } = await open()
  const reader = new Reader(setup)
  await reader.fetch([['a', 0, 0]])
  const { sessionId } = reader
  expect(await reader.fetch([['a', 0, 0]], { sessionEpoch })).toEqual(['a-0 to 0'])
  expect(reader.sessionId === 0).toBe(sessionEpoch === -1)
  expect(await reader.fetch([], { sessionId, sessionEpoch: 1 })).toBe('FETCH_SESSION_ID_NOT_FOUND')
})

describe('where all sessions are taken', () => {
  const full = async () => {
    const { setup } = await open({ fetchSessionsMax: 2, fetchSessionEvictionMs: 1000 })
    const readers = [new Reader(setup), new Reader(setup)]
    for (const reader of readers) await reader.fetch([['a', 0, 0]])
    return { setup, readers, newcomer: new Reader(setup) }
  }

  test('a newcomer fetches without one', async () => {
    const { readers, newcomer } = await full()
    expect(await newcomer.fetch([['a', 0, 0]])).toEqual(['a-0 to 0'])
    expect(newcomer.sessionId).toBe(0)
    for (const reader of readers) expect(await reader.fetch([])).toEqual([])
  })

  test('the one that is not used makes room', async () => {
    const { setup, readers, newcomer } = await full()
    await setup.clock.advance(600)
    await readers[0]?.fetch([])
    await setup.clock.advance(600)
    await newcomer.fetch([['a', 0, 0]])
    expect(newcomer.sessionId).toBeGreaterThan(0)
    expect(await readers[0]?.fetch([])).toEqual([])
    expect(await readers[1]?.fetch([])).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  test('an old one makes room for a larger one, not for one of its size', async () => {
    const { setup, readers, newcomer } = await full()
    await readers[0]?.fetch([['a', 1, 0]])
    for (let i = 0; i < 3; i++) {
      await setup.clock.advance(600)
      for (const reader of readers) await reader.fetch([])
    }
    await newcomer.fetch([['a', 0, 0]])
    expect(newcomer.sessionId).toBe(0)
    for (const reader of readers) expect(await reader.fetch([])).toEqual([])
    const both = ['a', 'b'].map((topic) => [topic, 0, 0] as [string, number, number])
    await newcomer.fetch(both, { sessionEpoch: 0 })
    expect(newcomer.sessionId).toBeGreaterThan(0)
    expect(await readers[0]?.fetch([])).toEqual([])
    expect(await readers[1]?.fetch([])).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })
})

function openWriter({ broker }: TestBroker): (topic: string) => Promise<void> {
  const client = new TestClient(broker)
  return async (topic) => {
    await client.produce(topic, batchOf(['x']), { partition: 1 })
  }
}

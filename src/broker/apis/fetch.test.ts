import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { batchesIn } from '../../protocol/record-batch-reader.ts'
import { batchOf, errorOf, openTestBroker, TestClient } from '../fixtures/test-broker.ts'

const offsetsIn = (records: Buffer): number[] => [...batchesIn(records)].map(({ baseOffset }) => baseOffset)

describe('waiting', () => {
  test('ends as soon as a record arrives', async () => {
    const { broker, clock, client } = openTestBroker()
    await client.createTopic('a')
    const reader = new TestClient(broker)
    const waiting = reader.fetch('a', 0, { maxWaitMs: 500 })
    await clock.advance(100)
    await client.produce('a', batchOf(['x']))
    expect(offsetsIn((await waiting).records)).toEqual([0])
    expect(clock.nextTimerMs()).toBeUndefined()
  })

  test('ends empty-handed when time is up', async () => {
    const { clock, client } = openTestBroker()
    await client.createTopic('a')
    const startMs = clock.nowMs()
    let endMs = -1
    const waiting = client.fetch('a', 0, { maxWaitMs: 500 }).then((answer) => {
      endMs = clock.nowMs()
      return answer
    })
    await clock.advance(600)
    expect((await waiting).records.length).toBe(0)
    expect(endMs - startMs).toBe(500)
  })

  test('goes on until there are as many bytes as were asked for', async () => {
    const { broker, clock, client } = openTestBroker()
    await client.createTopic('a')
    const batch = batchOf(['x'])
    const waiting = new TestClient(broker).fetch('a', 0, { maxWaitMs: 500, minBytes: batch.length * 2 })
    await client.produce('a', batch)
    await clock.advance(10)
    await client.produce('a', batch)
    expect(offsetsIn((await waiting).records)).toEqual([0, 1])
  })

  test('ends with an error when the topic is deleted', async () => {
    const { broker, clock, client } = openTestBroker()
    await client.createTopic('a')
    const waiting = new TestClient(broker).fetch('a', 0, { maxWaitMs: 500 })
    await clock.advance(1)
    await client.send(apis.deleteTopics, { topics: [{ name: 'a' }] })
    expect((await waiting).error).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('leaves no timer behind when the client goes', async () => {
    const { broker, clock, client } = openTestBroker()
    await client.createTopic('a')
    const reader = new TestClient(broker)
    const waiting = reader.fetch('a', 0, { maxWaitMs: 500 })
    await clock.advance(1)
    reader.connection.close()
    await expect(waiting).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    await clock.advance(1)
    expect(clock.nextTimerMs()).toBeUndefined()
  })
})

describe('limits', () => {
  const fetchTwo = (maxBytes: number, partitionMaxBytes: number) => ({
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes,
    topics: [
      {
        topic: 'a',
        partitions: [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes })),
      },
    ],
  })

  test('give the first batch even when it is larger than all of them', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a', 2)
    for (const partition of [0, 1]) await client.produce('a', batchOf(['x'.repeat(1000)]), { partition })
    const { responses } = await client.send(apis.fetch, fetchTwo(10, 10), 12)
    expect(responses[0]?.partitions.map(({ records }) => (records?.length ?? 0) > 0)).toEqual([true, false])
  })

  test('cut between batches, over the whole answer', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a', 2)
    const batch = batchOf(['x'.repeat(1000)])
    for (const partition of [0, 1, 0, 1]) await client.produce('a', batch, { partition })
    const { responses } = await client.send(apis.fetch, fetchTwo(batch.length * 3, 1_000_000), 12)
    expect(responses[0]?.partitions.map(({ records }) => (records?.length ?? 0) / batch.length)).toEqual([
      2, 1,
    ])
  })
})

describe('offsets', () => {
  test('in the middle of a batch give the whole batch', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    await client.produce('a', batchOf(['x', 'y', 'z']))
    expect(offsetsIn((await client.fetch('a', 1)).records)).toEqual([0])
  })

  test('outside of the log are out of range', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    await client.produce('a', batchOf(['x']))
    expect((await client.fetch('a', 1)).error).toBe('NONE')
    expect((await client.fetch('a', 2)).error).toBe('OFFSET_OUT_OF_RANGE')
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, offset: -1 }] }]
    await client.send(apis.deleteRecords, { topics })
    expect((await client.fetch('a', 0)).error).toBe('OFFSET_OUT_OF_RANGE')
  })

  test('are found across segments', async () => {
    const { client } = openTestBroker({ segmentBytes: 200 })
    await client.createTopic('a')
    for (let i = 0; i < 20; i++) await client.produce('a', batchOf(['x'.repeat(50)]))
    for (let i = 0; i < 20; i++) expect(offsetsIn((await client.fetch('a', i)).records)[0]).toBe(i)
  })
})

test('names where a log has left the reader, and has nothing for one from an epoch it does not know', async () => {
  const { client } = openTestBroker()
  await client.createTopic('a')
  await client.produce('a', batchOf(['x']))
  const fetchAfter = async (lastFetchedEpoch: number) => {
    const partitions = [{ partition: 0, fetchOffset: 2, lastFetchedEpoch, partitionMaxBytes: 1000 }]
    const { responses } = await client.send(apis.fetch, { topics: [{ topic: 'a', partitions }] }, 12)
    return responses[0]?.partitions[0]
  }
  expect(await fetchAfter(0)).toMatchObject({ errorCode: 0, divergingEpoch: { epoch: 0, endOffset: 1 } })
  expect(errorOf(await fetchAfter(3))).toBe('OFFSET_OUT_OF_RANGE')
})

test('refuses a leader epoch that is not its own', async () => {
  const { client } = openTestBroker()
  await client.createTopic('a')
  const partitions = [{ partition: 0, fetchOffset: 0, currentLeaderEpoch: 1, partitionMaxBytes: 1000 }]
  const { responses } = await client.send(apis.fetch, { topics: [{ topic: 'a', partitions }] }, 12)
  expect(errorOf(responses[0]?.partitions[0])).toBe('UNKNOWN_LEADER_EPOCH')
})

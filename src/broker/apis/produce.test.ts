import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { crc32c } from '../../protocol/crc32c.ts'
import { batchAt, verifyBatch } from '../../protocol/record-batch-reader.ts'
import { readBatches } from '../fixtures/read-records.ts'
import { batchOf, errorOf, openTestBroker, TestClient } from '../fixtures/test-broker.ts'

const producer = { producerId: 7, producerEpoch: 0 }

describe('a batch', () => {
  test('is refused when a byte of it has changed', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    const batch = batchOf(['x'])
    batch.writeUInt8(batch.readUInt8(batch.length - 2) ^ 1, batch.length - 2)
    expect(await client.produce('a', batch)).toMatchObject({ error: 'CORRUPT_MESSAGE', baseOffset: -1 })
    expect(await client.endOffset('a')).toBe(0)
  })

  test('is refused when it is cut, doubled or missing', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    const batch = batchOf(['x'])
    expect(await client.produce('a', batch.subarray(0, 40))).toMatchObject({ error: 'CORRUPT_MESSAGE' })
    expect(await client.produce('a', Buffer.concat([batch, batch]))).toMatchObject({
      error: 'INVALID_RECORD',
    })
    expect(await client.produce('a', Buffer.alloc(0))).toMatchObject({ error: 'INVALID_RECORD' })
  })

  test('is refused when it is larger than the topic allows', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a', 1, { 'max.message.bytes': '100' })
    expect(await client.produce('a', batchOf(['x'.repeat(100)]))).toMatchObject({
      error: 'MESSAGE_TOO_LARGE',
    })
    expect(await client.produce('a', batchOf(['x']))).toMatchObject({ error: 'NONE' })
  })

  test('is refused when its time is too far ahead', async () => {
    const { client, clock } = openTestBroker()
    await client.createTopic('a')
    const late = batchOf(['x'], {}, clock.nowMs() + 3_600_001)
    expect(await client.produce('a', late)).toMatchObject({ error: 'INVALID_TIMESTAMP' })
  })

  test('gets the time of its arrival where the topic says so, and a checksum that fits', async () => {
    const { client, clock } = openTestBroker()
    await client.createTopic('a', 1, { 'message.timestamp.type': 'LogAppendTime' })
    const answer = await client.produce('a', batchOf(['x'], {}, 5))
    expect(answer).toMatchObject({ error: 'NONE', logAppendTimeMs: clock.nowMs() })
    const { records } = await client.fetch('a', 0)
    const header = batchAt(records, 0)
    expect(header).toMatchObject({ logAppendTime: true, maxTimestampMs: clock.nowMs() })
    if (header !== undefined) verifyBatch(records, header)
  })

  test.each([
    ['gzip', 'gzip'],
    ['snappy', 'snappy'],
    ['lz4', 'lz4'],
    ['zstd', 'zstd'],
    ['uncompressed', 'none'],
    ['producer', undefined],
  ] as const)('is kept in what the topic says: %s', async (type, kept) => {
    const { client } = openTestBroker()
    await client.createTopic('a', 1, { 'compression.type': type })
    const texts = ['x'.repeat(1000), 'y']
    for (const [baseSequence, compression] of (['none', 'gzip', 'zstd'] as const).entries()) {
      const ending = { compression, ...producer, baseSequence: baseSequence * texts.length }
      expect((await client.produce('a', batchOf(texts, ending))).error).toBe('NONE')
      const offset = (await client.endOffset('a')) - texts.length
      const { records } = await client.fetch('a', offset)
      const [batch] = readBatches(records)
      if (batch === undefined) throw new Error('no batch')
      verifyBatch(records, batch.header)
      expect(batch.header).toMatchObject({ compression: kept ?? compression, producerId: 7, count: 2 })
      expect(batch.records.map(({ value }) => value)).toEqual(texts)
    }
  })

  test('whose records cannot be decompressed is refused where they must be', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a', 1, { 'compression.type': 'uncompressed' })
    const batch = batchOf(['x'.repeat(1000)], { compression: 'gzip' })
    batch.writeUInt8(0, 61)
    batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17)
    expect((await client.produce('a', batch)).error).toBe('CORRUPT_MESSAGE')
  })

  test('is refused when it is too large only as the topic keeps it', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a', 1, { 'compression.type': 'uncompressed', 'max.message.bytes': '300' })
    const batch = batchOf(['x'.repeat(1000)], { compression: 'gzip' })
    expect(batch.length).toBeLessThan(300)
    expect((await client.produce('a', batch)).error).toBe('MESSAGE_TOO_LARGE')
  })

  test('is refused when memory is full, until records are deleted', async () => {
    const { client } = openTestBroker({ memoryBytesMax: 1000, segmentBytes: 500 })
    await client.createTopic('a')
    const batch = batchOf(['x'.repeat(300)])
    expect(await client.produce('a', batch)).toMatchObject({ error: 'NONE' })
    expect(await client.produce('a', batch)).toMatchObject({ error: 'NONE' })
    expect(await client.produce('a', batch)).toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, offset: 1 }] }]
    await client.send(apis.deleteRecords, { topics, timeoutMs: 1 })
    expect(await client.produce('a', batch)).toMatchObject({
      error: 'NONE',
      baseOffset: 2,
      logStartOffset: 1,
    })
  })
})

describe('an idempotent producer', () => {
  test('has a repeated batch answered with its first offset, for the last five', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    const batches = [0, 1, 2, 3, 4, 5].map((sequence) =>
      batchOf(['x', 'y'], { ...producer, baseSequence: sequence * 2 }),
    )
    for (const batch of batches) await client.produce('a', batch)
    expect(await client.produce('a', batches[5] ?? Buffer.alloc(0))).toMatchObject({
      error: 'NONE',
      baseOffset: 10,
    })
    expect(await client.produce('a', batches[1] ?? Buffer.alloc(0))).toMatchObject({
      error: 'NONE',
      baseOffset: 2,
    })
    expect(await client.produce('a', batches[0] ?? Buffer.alloc(0))).toMatchObject({
      error: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    })
    expect(await client.endOffset('a')).toBe(12)
  })

  test('may not leave a gap', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    await client.produce('a', batchOf(['x'], { ...producer, baseSequence: 0 }))
    const gap = await client.produce('a', batchOf(['x'], { ...producer, baseSequence: 2 }))
    expect(gap.error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  test('starts at 0 in a new epoch, which fences the old one', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    const next = { producerId: 7, producerEpoch: 1 }
    await client.produce('a', batchOf(['x'], { ...producer, baseSequence: 0 }))
    const wrong = await client.produce('a', batchOf(['x'], { ...next, baseSequence: 1 }))
    const right = await client.produce('a', batchOf(['x'], { ...next, baseSequence: 0 }))
    const old = await client.produce('a', batchOf(['x'], { ...producer, baseSequence: 1 }))
    expect([wrong.error, right.error, old.error]).toEqual([
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      'NONE',
      'INVALID_PRODUCER_EPOCH',
    ])
  })

  test('goes on from the largest sequence number to 0', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    const last = 2 ** 31 - 1
    const before = await client.produce('a', batchOf(['x', 'y'], { ...producer, baseSequence: last }))
    const after = await client.produce('a', batchOf(['z'], { ...producer, baseSequence: 1 }))
    expect([before.error, after.error]).toEqual(['NONE', 'NONE'])
  })

  test('is forgotten when it has been silent for long', async () => {
    const { client, clock } = openTestBroker({ producerExpirationMs: 1000 })
    await client.createTopic('a')
    await client.produce('a', batchOf(['x'], { ...producer, baseSequence: 0 }))
    await clock.advance(2000)
    const late = await client.produce('a', batchOf(['x'], { ...producer, baseSequence: 9 }))
    expect(late.error).toBe('NONE')
  })

  test('is not told of any more when it has been silent for long, though nobody wrote since', async () => {
    const { client, clock } = openTestBroker({ producerExpirationMs: 1000 })
    await client.createTopic('a')
    await client.produce('a', batchOf(['x'], { ...producer, baseSequence: 0 }))
    const told = async (): Promise<number | undefined> => {
      const topics = [{ name: 'a', partitionIndexes: [0] }]
      const answer = await client.send(apis.describeProducers, { topics })
      return answer.topics[0]?.partitions[0]?.activeProducers.length
    }
    await clock.advance(1000)
    expect(await told()).toBe(1)
    await clock.advance(1)
    expect(await told()).toBe(0)
  })
})

describe('acknowledgements', () => {
  test('with acks 0 nothing is answered, and the record is there', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    const request = {
      acks: 0,
      topicData: [{ name: 'a', partitionData: [{ index: 0, records: batchOf(['x']) }] }],
    }
    expect(await client.connection.request(client.frame(apis.produce, request, 12))).toBeUndefined()
    expect(await client.endOffset('a')).toBe(1)
  })

  test('with acks 0 an error ends the connection', async () => {
    const { client } = openTestBroker()
    const request = {
      acks: 0,
      topicData: [{ name: 'missing', partitionData: [{ index: 0, records: batchOf(['x']) }] }],
    }
    const answer = client.connection.request(client.frame(apis.produce, request, 12))
    await expect(answer).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  })

  test('any other number than -1, 0 and 1 is refused', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    expect(await client.produce('a', batchOf(['x']), { acks: 2 })).toMatchObject({
      error: 'INVALID_REQUIRED_ACKS',
    })
  })

  test('all are too many when the topic wants two replicas in sync', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a', 1, { 'min.insync.replicas': '2' })
    expect(await client.produce('a', batchOf(['x']), { acks: -1 })).toMatchObject({
      error: 'NOT_ENOUGH_REPLICAS',
    })
    expect(await client.produce('a', batchOf(['x']), { acks: 1 })).toMatchObject({ error: 'NONE' })
  })
})

test('finds a topic by its id from version 13 on', async () => {
  const { client } = openTestBroker()
  const topicId = await client.createTopic('a')
  const send = (topicId: string) =>
    client.send(apis.produce, {
      acks: 1,
      topicData: [{ topicId, partitionData: [{ index: 0, records: batchOf(['x']) }] }],
    })
  expect(errorOf((await send(topicId)).responses[0]?.partitionResponses[0])).toBe('NONE')
  expect(errorOf((await send('f'.repeat(32))).responses[0]?.partitionResponses[0])).toBe('UNKNOWN_TOPIC_ID')
})

test('refuses versions whose format is gone, though they are advertised', async () => {
  const { broker, client } = openTestBroker()
  await client.createTopic('a')
  const { apiKeys } = await client.send(apis.apiVersions, {
    clientSoftwareName: 'x',
    clientSoftwareVersion: '1',
  })
  expect(apiKeys.find(({ apiKey }) => apiKey === 0)).toMatchObject({ minVersion: 0, maxVersion: 13 })
  const old = await new TestClient(broker).produce('a', batchOf(['x']), { version: 2 })
  expect(old.error).toBe('UNSUPPORTED_VERSION')
})

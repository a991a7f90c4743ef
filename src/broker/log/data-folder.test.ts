import { existsSync, globSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import type { Broker } from '../broker.ts'
import type { BrokerConfig } from '../broker-config.ts'
import { TempFolder } from '../fixtures/data-folder.ts'
import { readBatches } from '../fixtures/read-records.ts'
import {
  batchOf,
  errorOf,
  openTestBroker,
  type TestBroker,
  type TestClient,
} from '../fixtures/test-broker.ts'

describe('a broker that comes back to its data folder', () => {
  test('has its records, topics, settings and cluster id', async () => {
    using folder = new TempFolder()
    const first = open(folder)
    const id = await first.client.createTopic('a', 2, { 'retention.ms': '-1' })
    await first.client.produce('a', batchOf(['x', 'y']))
    await first.client.produce('a', batchOf(['z']), { partition: 1 })
    const before = await first.client.send(apis.metadata, { topics: [{ name: 'a' }] })
    await first.broker.close()

    const second = open(folder)
    const after = await second.client.send(apis.metadata, { topics: [{ name: 'a' }] })
    expect(after.clusterId).toBe(before.clusterId)
    expect(after.topics[0]?.topicId).toBe(id)
    expect([await valuesOf(second, 0), await valuesOf(second, 1)]).toEqual([['x', 'y'], ['z']])
    expect(await retentionOf(second)).toBe('-1')
    expect((await second.client.produce('a', batchOf(['w']))).baseOffset).toBe(2)
    await second.broker.close()
  })

  test('begins new leader epochs, so that clients look whether what they read is still there', async () => {
    using folder = new TempFolder()
    const epochs: number[] = []
    for (let start = 0; start < 3; start++) {
      const { broker, client } = open(folder)
      if (start === 0) await client.createTopic('a')
      const { topics } = await client.send(apis.metadata, { topics: [{ name: 'a' }] })
      epochs.push(topics[0]?.partitions[0]?.leaderEpoch ?? -1)
      await broker.close()
    }
    expect(epochs).toEqual([0, 1, 2])
  })

  test('knows which batches of a producer it has', async () => {
    using folder = new TempFolder()
    const first = open(folder)
    await first.client.createTopic('a')
    const producer = { producerId: 4, producerEpoch: 0 }
    const batch = (baseSequence: number): Buffer => batchOf(['x'], { ...producer, baseSequence })
    await first.client.produce('a', batch(0))
    await first.client.produce('a', batch(1))
    await first.broker.close()

    const { broker, client } = open(folder)
    expect(await client.produce('a', batch(1))).toMatchObject({ error: 'NONE', baseOffset: 1 })
    expect((await client.produce('a', batch(5))).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(await client.produce('a', batch(2))).toMatchObject({ error: 'NONE', baseOffset: 2 })
    await broker.close()
  })

  test('gives no producer id twice', async () => {
    using folder = new TempFolder()
    const ids: number[] = []
    for (let start = 0; start < 3; start++) {
      const { broker, client } = open(folder)
      const request = { transactionalId: null, transactionTimeoutMs: 1000 }
      for (let i = 0; i < 2; i++) ids.push((await client.send(apis.initProducerId, request)).producerId)
      await broker.close()
    }
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('keeps where DeleteRecords made a log begin', async () => {
    using folder = new TempFolder()
    const first = open(folder)
    await first.client.createTopic('a')
    await first.client.produce('a', batchOf(['x', 'y', 'z']))
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, offset: 2 }] }]
    await first.client.send(apis.deleteRecords, { topics })
    await first.broker.close()

    const { broker, client } = open(folder)
    expect(await client.fetch('a', 2)).toMatchObject({ error: 'NONE', logStartOffset: 2 })
    expect((await client.fetch('a', 1)).error).toBe('OFFSET_OUT_OF_RANGE')
    await broker.close()
  })

  test('has no trace of a deleted topic, and none in one that took its name', async () => {
    using folder = new TempFolder()
    const first = open(folder)
    await first.client.createTopic('a')
    await first.client.produce('a', batchOf(['old']))
    await first.client.send(apis.deleteTopics, { topics: [{ name: 'a' }] })
    await first.client.createTopic('a')
    await first.client.produce('a', batchOf(['new']))
    await first.broker.close()

    const second = open(folder)
    expect(await valuesOf(second, 0)).toEqual(['new'])
    await second.broker.close()
  })

  test('has the offsets of groups', async () => {
    using folder = new TempFolder()
    const first = open(folder)
    await first.client.createTopic('a')
    await commitOffset(first, 7)
    await first.broker.close()

    const second = open(folder)
    expect(await offsetOf(second)).toBe(7)
    await second.client.send(apis.deleteGroups, { groupsNames: ['g'] })
    await second.broker.close()

    const third = open(folder)
    expect(await offsetOf(third)).toBe(-1)
    await third.broker.close()
  })

  test('aborts the transaction that nobody ends, and fences its producer', async () => {
    using folder = new TempFolder()
    const first = open(folder)
    await first.client.createTopic('a')
    const claim = await beginTransaction(first)
    await first.broker.close()

    const { broker, client, clock } = open(folder)
    expect([await client.endOffset('a'), await client.endOffset('a', true)]).toEqual([1, 0])
    expect(await offsetOf({ client })).toBe('UNSTABLE_OFFSET_COMMIT')
    await clock.advance(10_001)
    expect([await client.endOffset('a'), await client.endOffset('a', true)]).toEqual([2, 2])
    expect((await client.fetch('a', 0, { committed: true })).abortedTransactions?.length).toBe(1)
    expect(await offsetOf({ client })).toBe(-1)
    expect(errorOf(await client.send(apis.endTxn, { ...claim, committed: true }))).toBe('PRODUCER_FENCED')
    await broker.close()
  })

  test('lets a producer go on with its transaction', async () => {
    using folder = new TempFolder()
    const first = open(folder)
    await first.client.createTopic('a')
    const claim = await beginTransaction(first)
    await first.broker.close()

    const { broker, client, clock } = open(folder)
    const ending = { ...claim, baseSequence: 1, transactional: true }
    expect((await client.produce('a', batchOf(['y'], ending), { transactionalId: 'tx' })).error).toBe('NONE')
    expect(errorOf(await client.send(apis.endTxn, { ...claim, committed: true }))).toBe('NONE')
    await clock.advance(1)
    expect(await client.endOffset('a', true)).toBe(3)
    expect(await offsetOf({ client })).toBe(5)
    await broker.close()
  })

  test('brings a decided transaction to its end', async () => {
    using folder = new TempFolder()
    const delayed = { transactionMarkerDelayMs: { min: 50, max: 50 } }
    const first = open(folder, delayed)
    await first.client.createTopic('a')
    const claim = await beginTransaction(first)
    await first.client.send(apis.endTxn, { ...claim, committed: true })
    await first.broker.close()

    const { broker, client, clock } = open(folder, delayed)
    expect(await client.endOffset('a', true)).toBe(0)
    await clock.advance(51)
    expect(await client.endOffset('a', true)).toBe(2)
    expect((await client.fetch('a', 0, { committed: true })).abortedTransactions).toEqual([])
    expect(await offsetOf({ client })).toBe(5)
    await broker.close()
  })
})

describe('a data folder', () => {
  test('serves one broker at a time', async () => {
    using folder = new TempFolder()
    const { broker } = open(folder)
    expect(() => open(folder)).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_LOCKED' }))
    await broker.close()
    await open(folder).broker.close()
  })

  test('of another version is refused', async () => {
    using folder = new TempFolder()
    await open(folder).broker.close()
    writeFileSync(join(folder.path, 'format'), 'weft-broker 99\n')
    expect(() => open(folder)).toThrow(
      expect.objectContaining({
        code: 'DATA_FOLDER_VERSION',
        detail: expect.stringContaining('weft-broker 99'),
      }),
    )
  })

  test('that is the home of something else is refused', () => {
    using folder = new TempFolder()
    writeFileSync(join(folder.path, 'thesis.doc'), '')
    expect(() => open(folder)).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_VERSION' }))
    expect(existsSync(join(folder.path, 'thesis.doc'))).toBe(true)
  })

  test('whose broker could not be opened is not locked', async () => {
    using folder = new TempFolder()
    const { broker, client } = open(folder)
    await client.createTopic('a', 1, { 'segment.bytes': '100' })
    for (const value of ['one', 'two']) await client.produce('a', batchOf([value]))
    await broker.close()
    const [first = ''] = globSync(join(folder.path, 'topics/a/*/0/*.log')).toSorted()
    const whole = readFileSync(first)
    truncateSync(first, whole.length - 1)
    expect(() => open(folder)).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_CORRUPT' }))
    writeFileSync(first, whole)
    await open(folder).broker.close()
  })

  test('that is no folder is refused', () => {
    using folder = new TempFolder()
    const path = join(folder.path, 'file')
    writeFileSync(path, '')
    expect(() => openTestBroker({ dataFolder: path })).toThrow(
      expect.objectContaining({ code: 'DATA_FOLDER_UNUSABLE', detail: expect.stringContaining('EEXIST') }),
    )
  })
})

function open(folder: TempFolder, config: Partial<BrokerConfig> = {}): TestBroker {
  return openTestBroker({ dataFolder: folder.path, ...config })
}

type Served = { readonly client: TestClient; readonly broker?: Broker }

async function valuesOf({ client }: Served, partition: number): Promise<(string | null)[]> {
  const { records } = await client.fetch('a', 0, { partition })
  return readBatches(records).flatMap((batch) => batch.records.map(({ value }) => value))
}

async function retentionOf({ client }: Served): Promise<string | null | undefined> {
  const resources = [{ resourceType: 2, resourceName: 'a', configurationKeys: ['retention.ms'] }]
  const { results } = await client.send(apis.describeConfigs, { resources })
  return results[0]?.configs[0]?.value
}

async function commitOffset({ client }: Served, committedOffset: number): Promise<void> {
  const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset }] }]
  const answer = await client.send(apis.offsetCommit, { groupId: 'g', topics }, 9)
  expect(errorOf(answer.topics[0]?.partitions[0])).toBe('NONE')
}

async function offsetOf({ client }: Served) {
  const groups = [{ groupId: 'g', topics: [{ name: 'a', partitionIndexes: [0] }] }]
  const answer = await client.send(apis.offsetFetch, { groups, requireStable: true }, 9)
  const partition = answer.groups[0]?.topics[0]?.partitions[0]
  return errorOf(partition) === 'NONE' ? partition?.committedOffset : errorOf(partition)
}

/** One record and one offset in an open transaction. */
async function beginTransaction({ client }: Served) {
  const init = { transactionalId: 'tx', transactionTimeoutMs: 10_000 }
  const { producerId, producerEpoch } = await client.send(apis.initProducerId, init)
  const claim = { transactionalId: 'tx', producerId, producerEpoch }
  const ending = { producerId, producerEpoch, baseSequence: 0, transactional: true }
  expect((await client.produce('a', batchOf(['x'], ending), { transactionalId: 'tx' })).error).toBe('NONE')
  const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: 5 }] }]
  const offsets = await client.send(apis.txnOffsetCommit, { ...claim, groupId: 'g', topics }, 5)
  expect(errorOf(offsets.topics[0]?.partitions[0])).toBe('NONE')
  return claim
}

import { expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { silentLogger, type LogFields, type Logger } from '../../base/logger.ts'
import { apis } from '../../protocol/apis.ts'
import { BreakingDisk } from '../fixtures/breaking-disk.ts'
import { TempFolder } from '../fixtures/data-folder.ts'
import { batchOf, errorOf, openTestBroker, type TestBroker } from '../fixtures/test-broker.ts'

/** A disk on which so many bytes fit from now on. */
class SmallDisk extends BreakingDisk {
  leftBytes = Infinity

  constructor() {
    super()
    this.gate = (bytes) => {
      if (bytes <= this.leftBytes) {
        this.leftBytes -= bytes
        return { written: bytes }
      }
      const written = this.leftBytes
      this.leftBytes = 0
      return { written, broken: () => new StreamError('DISK_FULL', 'no room left') }
    }
  }
}

function open(folder: TempFolder): TestBroker & { disk: SmallDisk } {
  const disk = new SmallDisk()
  return { ...openTestBroker({ dataFolder: folder.path, disk }), disk }
}

test('a batch that does not fit is refused whole, and what comes when there is room is taken', async () => {
  using folder = new TempFolder()
  const { broker, client, disk } = open(folder)
  await client.createTopic('a')
  await client.produce('a', batchOf(['one']))
  const next = batchOf(['two'])
  for (let leftBytes = 0; leftBytes < next.length; leftBytes += 7) {
    disk.leftBytes = leftBytes
    expect((await client.produce('a', next)).error).toBe('KAFKA_STORAGE_ERROR')
  }
  disk.leftBytes = Infinity
  expect(await client.produce('a', next)).toMatchObject({ error: 'NONE', baseOffset: 1 })
  await broker.close()
  const again = open(folder)
  expect(await again.client.endOffset('a')).toBe(2)
  await again.broker.close()
})

test('the log names what is full, for each write that found no room', async () => {
  using folder = new TempFolder()
  const said: unknown[] = []
  const error = (message: string, { code }: LogFields = {}): void => void said.push([message, code])
  const logger: Logger = { ...silentLogger, error, with: () => logger }
  const disk = new SmallDisk()
  const { broker, client } = openTestBroker({ dataFolder: folder.path, disk, logger })
  await client.createTopic('a')
  disk.leftBytes = 0
  await client.produce('a', batchOf(['one']))
  expect(said).toEqual([['records cannot be written', 'DISK_FULL']])
  disk.leftBytes = Infinity
  await broker.close()
})

test('a request that found no room is logged with the reason, and without a stack', async () => {
  using folder = new TempFolder()
  const said: LogFields[] = []
  const error = (_: string, fields: LogFields = {}): void => void said.push(fields)
  const logger: Logger = { ...silentLogger, error, with: () => logger }
  const disk = new SmallDisk()
  const { broker, client } = openTestBroker({ dataFolder: folder.path, disk, logger })
  disk.leftBytes = 0
  await client.createTopic('a')
  expect(said.at(-1)).toEqual({ api: 'CreateTopics', code: 'DISK_FULL', reason: expect.any(String) })
  disk.leftBytes = Infinity
  await broker.close()
})

test('nothing is promised that could not be written down', async () => {
  using folder = new TempFolder()
  const { broker, client, disk } = open(folder)
  await client.createTopic('a')
  const partitions = [{ partitionIndex: 0, committedOffset: 5 }]
  const commit = { groupId: 'g', topics: [{ name: 'a', partitions }] }
  disk.leftBytes = 10
  expect(errorOf((await client.send(apis.offsetCommit, commit, 9)).topics[0]?.partitions[0])).toBe(
    'KAFKA_STORAGE_ERROR',
  )
  const topics = [{ name: 'b', numPartitions: 1, replicationFactor: 1 }]
  expect(errorOf((await client.send(apis.createTopics, { topics })).topics[0])).toBe('KAFKA_STORAGE_ERROR')
  const init = { transactionalId: 'tx', transactionTimeoutMs: 1000 }
  expect(errorOf(await client.send(apis.initProducerId, init))).toBe('KAFKA_STORAGE_ERROR')
  disk.leftBytes = Infinity
  expect((await client.send(apis.createTopics, { topics })).topics[0]?.errorCode).toBe(0)
  expect((await client.send(apis.offsetCommit, commit, 9)).topics[0]?.partitions[0]?.errorCode).toBe(0)
  expect((await client.send(apis.initProducerId, init)).errorCode).toBe(0)
  await broker.close()
})

test('markers that find no room come later', async () => {
  using folder = new TempFolder()
  const { broker, client, clock, disk } = open(folder)
  await client.createTopic('a')
  const init = { transactionalId: 'tx', transactionTimeoutMs: 10_000 }
  const { producerId, producerEpoch } = await client.send(apis.initProducerId, init)
  const ending = { producerId, producerEpoch, baseSequence: 0, transactional: true }
  await client.produce('a', batchOf(['x'], ending), { transactionalId: 'tx' })
  const claim = { transactionalId: 'tx', producerId, producerEpoch, committed: true }
  expect((await client.send(apis.endTxn, claim)).errorCode).toBe(0)
  disk.leftBytes = 0
  await clock.advance(500)
  expect(await client.endOffset('a', true)).toBe(0)
  disk.leftBytes = Infinity
  await clock.advance(1000)
  expect(await client.endOffset('a', true)).toBe(2)
  await broker.close()
})

test('a transaction that times out while the disk is full is aborted when there is room', async () => {
  using folder = new TempFolder()
  const { broker, client, clock, disk } = open(folder)
  await client.createTopic('a')
  const init = { transactionalId: 'tx', transactionTimeoutMs: 1000 }
  const { producerId, producerEpoch } = await client.send(apis.initProducerId, init)
  const ending = { producerId, producerEpoch, baseSequence: 0, transactional: true }
  await client.produce('a', batchOf(['x'], ending), { transactionalId: 'tx' })
  disk.leftBytes = 0
  await clock.advance(5000)
  expect(await client.endOffset('a', true)).toBe(0)
  disk.leftBytes = Infinity
  await clock.advance(2000)
  expect(await client.endOffset('a', true)).toBe(2)
  expect((await client.fetch('a', 0, { committed: true })).abortedTransactions?.length).toBe(1)
  await broker.close()
})

test('DescribeLogDirs says where the folder is and what room its disk has', async () => {
  using folder = new TempFolder()
  const { broker, client } = open(folder)
  const [found] = (await client.send(apis.describeLogDirs, { topics: null })).results
  expect(found?.logDir).toBe(folder.path)
  expect(found?.totalBytes).toBeGreaterThan(found?.usableBytes ?? Infinity)
  await broker.close()
})

test('nothing is taken behind half a batch that could not be cut off, until it can be', async () => {
  using folder = new TempFolder()
  const { broker, client, disk } = open(folder)
  await client.createTopic('a', 1, { 'segment.bytes': '2000' })
  await client.produce('a', batchOf(['one']))
  disk.leftBytes = 700
  disk.truncateBroken = () => new StreamError('DATA_FOLDER_UNUSABLE', 'cannot be cut')
  expect((await client.produce('a', batchOf(['x'.repeat(1500)]))).error).toBe('KAFKA_STORAGE_ERROR')
  disk.leftBytes = Infinity
  for (const length of [100, 1900])
    expect((await client.produce('a', batchOf(['y'.repeat(length)]))).error).toBe('KAFKA_STORAGE_ERROR')
  disk.truncateBroken = undefined
  for (const length of [1900, 100])
    expect((await client.produce('a', batchOf(['z'.repeat(length)]))).error).toBe('NONE')
  await broker.close()
  const again = open(folder)
  expect(await again.client.endOffset('a')).toBe(3)
  await again.broker.close()
})

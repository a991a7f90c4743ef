import { basename, dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { apis } from '../../protocol/apis.ts'
import { TempFolder } from '../fixtures/data-folder.ts'
import { batchOf, openTestBroker, type TestBroker } from '../fixtures/test-broker.ts'
import type { Disk, DiskFile } from './disk.ts'
import { NodeDisk } from './node-disk.ts'

/** The machine's disk, which tells the folders of files that are synced. */
class WatchedDisk extends NodeDisk implements Disk {
  readonly synced: string[] = []
  broken = false

  constructor() {
    super(100)
  }

  override open(path: string): DiskFile {
    const file = super.open(path)
    return {
      sizeBytes: () => file.sizeBytes(),
      read: (position, into) => file.read(position, into),
      write: (position, bytes) => file.write(position, bytes),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      sync: () => {
        if (this.broken) throw new StreamError('DATA_FOLDER_UNUSABLE', `could not use "${path}"`)
        this.synced.push(basename(dirname(path)))
        file.sync()
      },
      close: () => file.close(),
    }
  }
}

let folder: TempFolder
let disk: WatchedDisk
let setup: TestBroker

async function open(
  configs: Readonly<Record<string, string>>,
  topicDefaults: Readonly<Record<string, string>> = {},
): Promise<void> {
  setup = openTestBroker({ dataFolder: folder.path, disk, topicDefaults })
  await setup.client.createTopic('a', 1, configs)
  disk.synced.length = 0
}

async function write(): Promise<string> {
  return (await setup.client.produce('a', batchOf(['x']))).error
}

beforeEach(() => {
  folder = new TempFolder()
  disk = new WatchedDisk()
})

afterEach(async () => {
  await setup.broker.close()
  folder[Symbol.dispose]()
})

describe('a batch is synced', () => {
  test('with those before it when flush.messages are there', async () => {
    await open({ 'flush.messages': '2' })
    await write()
    expect(disk.synced).toEqual([])
    await write()
    expect(disk.synced).toHaveLength(1)
  })

  test('when flush.ms have passed since the first that was not', async () => {
    await open({ 'flush.ms': '1000' })
    await write()
    await setup.clock.advance(600)
    await write()
    expect(disk.synced).toEqual([])
    await setup.clock.advance(400)
    expect(disk.synced).toHaveLength(1)
    await setup.clock.advance(100_000)
    expect(disk.synced).toHaveLength(1)
    await write()
    await setup.clock.advance(1000)
    expect(disk.synced).toHaveLength(2)
  })

  test('before it is acknowledged where it may not lie unsynced at all', async () => {
    await open({ 'flush.ms': '0' })
    expect(await write()).toBe('NONE')
    expect(disk.synced).toHaveLength(1)
  })

  test('with what the broker knows beside records, where its defaults say so', async () => {
    await open({}, { 'flush.ms': '0' })
    await setup.client.createTopic('b')
    expect(disk.synced.length).toBeGreaterThan(0)
    disk.synced.length = 0
    await write()
    expect(disk.synced).toHaveLength(1)
  })

  test('no earlier than when the broker stops, where nothing is said', async () => {
    await open({})
    await write()
    await setup.clock.advance(1_000_000)
    expect(disk.synced).toEqual([])
    await setup.broker.close()
    expect(disk.synced.length).toBeGreaterThan(0)
  })
})

test('what could not be synced is, with the next batch', async () => {
  await open({ 'flush.ms': '1000' })
  await write()
  disk.broken = true
  await setup.clock.advance(1000)
  disk.broken = false
  await write()
  await setup.clock.advance(1000)
  expect(disk.synced).toHaveLength(1)
})

test('a topic that is deleted is not synced any more', async () => {
  await open({ 'flush.ms': '1000' })
  await write()
  await setup.client.send(apis.deleteTopics, { topics: [{ name: 'a' }] })
  disk.synced.length = 0
  await setup.clock.advance(2000)
  expect(disk.synced).toEqual([])
})

test('a batch whose sync fails is refused, and is not there; what comes when the disk is well is taken', async () => {
  await open({ 'flush.messages': '1' })
  await write()
  disk.broken = true
  expect(await write()).toBe('KAFKA_STORAGE_ERROR')
  expect(await setup.client.endOffset('a')).toBe(1)
  disk.broken = false
  expect(await write()).toBe('NONE')
  expect(await setup.client.endOffset('a')).toBe(2)
  await setup.broker.close()
  setup = openTestBroker({ dataFolder: folder.path, disk })
  expect(await setup.client.endOffset('a')).toBe(2)
})

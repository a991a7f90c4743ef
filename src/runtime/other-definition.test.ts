import { expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import type { Logger } from '../base/logger.ts'
import { TestCluster } from '../testing/cluster.ts'
import { SimulatedDisk } from '../testing/simulated-disk.ts'
import type { KeyValueStoreSpec } from '../topology/topology.ts'
import { countByKey } from './fixtures.ts'

// What is on disk was written by a store of the same name in an earlier definition.

const dayMs = 86_400_000

async function countsAcross(...lives: readonly Partial<KeyValueStoreSpec>[]) {
  const warned: unknown[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => void (message.includes('store') && warned.push(fields?.['reason'])),
    with: () => logger,
  }
  await using cluster = new TestCluster({ time: 'jump', logger })
  for (const topic of ['words', 'counts']) await cluster.createTopic(topic)
  const disk = new SimulatedDisk(cluster.random)
  for (const [index, spec] of lives.entries()) {
    const application = cluster.application(countByKey(spec), {}, { disk })
    application.start()
    await cluster.produce('words', [{ key: null, value: 'a' }])
    await cluster.untilRead('counts', (records) => records.length > index, 120_000)
    await cluster.run(application.stop())
  }
  const read = await cluster.untilRead('counts', (records) => records.length >= lives.length)
  return { counts: read.map(({ value }) => Number(value?.readBigInt64BE(0))), warned }
}

const wroteOtherwise = expect.stringContaining('another definition of it wrote it')

test.each([
  { what: 'a time-to-live', lives: [{}, { timeToLiveMs: dayMs }] },
  { what: 'another time-to-live', lives: [{ timeToLiveMs: dayMs }, { timeToLiveMs: 7 * dayMs }] },
])('a store that is given $what is rebuilt, and counts on', async ({ lives }) => {
  expect(await countsAcross(...lives)).toEqual({ counts: [1, 2], warned: [wroteOtherwise] })
})

test('one of the same definition is believed', async () => {
  expect(await countsAcross({}, {})).toEqual({ counts: [1, 2], warned: [] })
})

test('one without change log starts empty', async () => {
  const lives = [{ logging: 'none' }, { logging: 'none', timeToLiveMs: dayMs }] as const
  expect(await countsAcross(...lives)).toEqual({ counts: [1, 1], warned: [wroteOtherwise] })
})

import { expect, test } from 'vitest'
import { silentLogger, type Logger } from '../base/logger.ts'
import { TestCluster } from '../testing/cluster.ts'
import { SimulatedDisk } from '../testing/simulated-disk.ts'
import { loadTopology } from '../testing/load-topology.ts'
import type { KeyValueStoreSpec } from '../topology/topology.ts'
import { countByKey } from './fixtures.ts'

// What is on disk, or in a change log, was written by a store of the same name in an earlier definition.

const dayMs = 86_400_000

/** A logger whose warnings are listened to. */
function warns(warn: Logger['warn']): Logger {
  const logger: Logger = { ...silentLogger, warn, with: () => logger }
  return logger
}

async function countsAcross(...lives: readonly Partial<KeyValueStoreSpec>[]) {
  const warned: unknown[] = []
  const logger = warns(
    (message, fields) => void (message.includes('store') && warned.push(fields?.['reason'] ?? message)),
  )
  await using cluster = new TestCluster({ time: 'jump', logger })
  for (const topic of ['words', 'counts']) await cluster.createTopic(topic)
  const disk = new SimulatedDisk(cluster.random)
  let life = 0
  for (const spec of lives) {
    const application = cluster.application(countByKey(spec), {}, { disk })
    application.start()
    if (spec.parts !== undefined) {
      await expect(cluster.run(application.done)).rejects.toMatchObject({ code: 'STORE_CHANGED' })
      continue
    }
    life += 1
    await cluster.produce('words', [{ key: null, value: 'a' }])
    await cluster.untilRead('counts', (records) => records.length >= life, 120_000)
    await cluster.run(application.stop())
  }
  const read = await cluster.untilRead('counts', (records) => records.length >= life)
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

test('one that would misread its change log stops the application, and the former definition goes on with it', async () => {
  expect(await countsAcross({}, { parts: 'others' }, {})).toEqual({ counts: [1, 2], warned: [] })
})

test('one whose change log was left aside for a while goes on from that, and a warning says so', async () => {
  const { counts, warned } = await countsAcross({}, { logging: 'none' }, {})
  expect(counts).toEqual([1, 1, 2])
  expect(warned).toContain('store takes up a change log that the last commit did not count on')
})

const plain = (via: string): string => `
name: counting
streams:
  words: { topic: words, keyType: string, valueType: string }
  counts: { topic: counts, keyType: string, valueType: long }
pipelines:
  counted:
    from: words
    via:${via}
    to: counts`

const counted = plain(`
      - { type: groupByKey }
      - { type: count, store: { name: n, type: keyValue, keyType: string, valueType: long, logging: true } }
      - { type: toStream }`)
const uncounted = plain(`
      - { type: mapValues, mapper: { language: javascript, expression: '1n', resultType: long } }`)

test('one that was out of the definition, and no other store beside it, does so, too', async () => {
  const said: string[] = []
  await using cluster = new TestCluster({ logger: warns((message) => void said.push(message)) })
  for (const topic of ['words', 'counts']) await cluster.createTopic(topic)
  for (const [index, text] of [counted, counted, uncounted, counted].entries()) {
    expect(said).toEqual([])
    const application = cluster.application(await loadTopology(text))
    application.start()
    await cluster.produce('words', [{ key: 'a', value: 'a' }])
    await cluster.untilRead('counts', (records) => records.length > index)
    await cluster.run(application.stop())
  }
  const counts = (await cluster.read('counts')).map(({ value }) => Number(value?.readBigInt64BE(0)))
  expect(counts).toEqual([1, 2, 1, 3])
  expect(said).toEqual(['store takes up a change log that the last commit did not count on'])
})

test.each(['exactly_once_v2', 'at_least_once'] as const)(
  'a definition that was changed takes the place that is kept for it, without a warning, %s',
  async (guarantee) => {
    const said: string[] = []
    const logger: Logger = {
      ...silentLogger,
      info: (message) => void said.push(message),
      warn: (message, fields) => void said.push(`${message}: ${String(fields?.['error'])}`),
      with: () => logger,
    }
    await using cluster = new TestCluster({ logger })
    for (const topic of ['words', 'counts']) await cluster.createTopic(topic, 2)
    const settings = { guarantee, identity: { kind: 'fixed', processId: 'p' } } as const
    for (const [index, spec] of [{}, { timeToLiveMs: dayMs }].entries()) {
      said.splice(0)
      const application = cluster.application(countByKey(spec), settings)
      application.start()
      await cluster.produce('words', [{ key: null, value: 'a' }])
      await cluster.untilRead('counts', (records) => records.length > index, 120_000)
      await cluster.run(application.stop())
    }
    const counts = (await cluster.read('counts')).map(({ value }) => Number(value?.readBigInt64BE(0)))
    expect(counts).toEqual([1, 2])
    expect(said.filter((message) => /thread|place/.test(message))).toEqual([
      'the place in the group was kept for another topology: the thread joins anew',
    ])
  },
)

import { describe, expect, test } from 'vitest'
import type { Application } from './application.ts'
import { TestCluster, type TestApplicationSettings } from '../testing/cluster.ts'
import { countByKey, mapped, passThrough } from './fixtures.ts'

/** Within so long a topic that was deleted is named. */
const soonMs = 10_000

async function running(cluster: TestCluster, settings: TestApplicationSettings = {}): Promise<Application> {
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const application = cluster.application(passThrough(), settings)
  application.start()
  await cluster.produce('input', [{ key: 'k', value: 'first' }])
  await cluster.untilRead('output', (read) => read.length === 1)
  return application
}

const missing = (topic: string) => ({
  code: 'TOPIC_MISSING',
  message: `topic "${topic}" does not exist`,
})

describe.each([0, 2] as const)(
  'a topic that is deleted while an application runs, transactions of version %i',
  (version) => {
    const broker = { transactionVersion: version }

    test('is named where it is read', async () => {
      await using cluster = new TestCluster({ broker })
      const application = await running(cluster)
      await cluster.produce('input', [{ key: 'k', value: 'second' }])
      await cluster.run(cluster.kafka.admin.deleteTopics(['input']))
      await expect(cluster.run(application.done, soonMs)).rejects.toMatchObject(missing('input'))
    })

    test.each([
      ['exactly_once_v2', 100],
      ['at_least_once', 100],
      ['at_least_once', 30_000],
    ] as const)(
      'is named where it is written to, %s, with a commit every %i ms',
      async (guarantee, commitIntervalMs) => {
        await using cluster = new TestCluster({ broker })
        const application = await running(cluster, { guarantee, commitIntervalMs })
        await cluster.run(cluster.kafka.admin.deleteTopics(['output']))
        await cluster.produce('input', [{ key: 'k', value: 'second' }])
        await expect(cluster.run(application.done, soonMs)).rejects.toMatchObject(missing('output'))
      },
    )

    test('does not keep an application from stopping', async () => {
      await using cluster = new TestCluster({ broker })
      const application = await running(cluster)
      await cluster.run(cluster.kafka.admin.deleteTopics(['output']))
      await cluster.produce('input', [{ key: 'k', value: 'second' }])
      await cluster.advance(500)
      await cluster.run(application.stop(), soonMs)
      await expect(application.done).rejects.toMatchObject(missing('output'))
    })
  },
)

test('topics that a broker does not know for two seconds, as one that has just started, end nothing', async () => {
  await using cluster = new TestCluster()
  const application = await running(cluster)
  const fault = { kind: 'error', error: 'UNKNOWN_TOPIC_OR_PARTITION', when: 'instead' } as const
  for (let restart = 0; restart < 4; restart++) {
    cluster.broker.faults.add({ api: ['Metadata', 'Fetch', 'Produce'], fault })
    await cluster.advance(2000)
    cluster.broker.faults.clear()
    await cluster.produce('input', [{ key: 'k', value: `${restart}` }])
    await cluster.untilRead('output', (read) => read.length === restart + 2)
  }
  await cluster.run(application.stop())
  expect(application.state).toBe('stopped')
})

describe.each(['exactly_once_v2', 'at_least_once'] as const)(
  'an internal topic that is deleted while an application runs, %s',
  (guarantee) => {
    async function counting(cluster: TestCluster): Promise<Application> {
      for (const topic of ['words', 'counts']) await cluster.createTopic(topic)
      const application = cluster.application(countByKey(), { guarantee, commitIntervalMs: 100, threads: 2 })
      application.start()
      return application
    }

    test.each(['app-counts-changelog', 'app-by-word-repartition'])(
      'is named as after a restart: %s',
      async (topic) => {
        await using cluster = new TestCluster()
        const application = await counting(cluster)
        await cluster.produce('words', [{ key: null, value: 'a' }])
        await cluster.untilRead('counts', (read) => read.length === 1)
        await cluster.advance(1000)
        await cluster.run(cluster.kafka.admin.deleteTopics([topic]))
        await cluster.produce('words', [{ key: null, value: 'a' }])
        await expect(cluster.run(application.done, soonMs)).rejects.toMatchObject({
          code: 'CHANGE_LOG_LOST',
          message: expect.stringContaining(`"${topic}"`),
          hint: expect.stringContaining(`weft topics create ${topic} --partitions 1`),
        })
        expect(await cluster.run(cluster.kafka.admin.describeTopics([topic]))).toEqual([])
      },
    )

    test('is made anew where nothing was committed', async () => {
      await using cluster = new TestCluster()
      const application = await counting(cluster)
      await cluster.advance(5000)
      await cluster.run(cluster.kafka.admin.deleteTopics(['app-counts-changelog', 'app-by-word-repartition']))
      await cluster.produce('words', [{ key: null, value: 'a' }])
      const [first] = await cluster.untilRead('counts', (read) => read.length === 1)
      expect(first?.value?.readBigInt64BE(0)).toBe(1n)
      await cluster.run(application.stop())
    })
  },
)

test.each([
  ['at once where it was to leave', true, 5000],
  ['after its session where it keeps its place', false, 60_000],
] as const)('who comes after one that failed begins %s', async (_, leaveOnClose, withinMs) => {
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const failing = cluster.application(mapped('missing.name'), { leaveOnClose })
  failing.start()
  await cluster.produce('input', [{ key: 'k', value: 'v' }])
  await expect(cluster.run(failing.done)).rejects.toMatchObject({ domain: 'user' })
  await expectNext(cluster, { leaveOnClose, withinMs })
})

test('who comes after one that is out of restarts begins at once where it was to leave', async () => {
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const settings = { guarantee: 'at_least_once', leaveOnClose: true, restartsMax: 0 } as const
  const failing = cluster.application(mapped('value'), settings)
  const fault = { kind: 'error', error: 'NOT_ENOUGH_REPLICAS', when: 'instead' } as const
  const rule = cluster.broker.faults.add({ api: 'Produce', fault, clientId: /^app-/ })
  failing.start()
  await cluster.produce('input', [{ key: 'k', value: 'v' }])
  await expect(cluster.run(failing.done)).rejects.not.toMatchObject({ retry: 'never' })
  rule.remove()
  await expectNext(cluster, { leaveOnClose: true, withinMs: 5000 })
})

async function expectNext(
  cluster: TestCluster,
  { leaveOnClose, withinMs }: { readonly leaveOnClose: boolean; readonly withinMs: number },
): Promise<void> {
  const next = cluster.application(mapped('value'), { leaveOnClose })
  next.start()
  const beganMs = cluster.clock.monotonicMs()
  await cluster.untilRead('output', (read) => read.length === 1)
  const tookMs = cluster.clock.monotonicMs() - beganMs
  expect(tookMs).toBeLessThan(withinMs)
  if (!leaveOnClose) expect(tookMs).toBeGreaterThan(5000)
  await cluster.run(next.stop())
}

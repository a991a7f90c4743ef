import { describe, expect, test } from 'vitest'
import type { Application } from './application.ts'
import { TestCluster, type TestApplicationSettings } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'

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

    test.each(['exactly_once_v2', 'at_least_once'] as const)(
      'is named where it is written to, %s',
      async (guarantee) => {
        await using cluster = new TestCluster({ broker })
        const application = await running(cluster, { guarantee, commitIntervalMs: 100 })
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

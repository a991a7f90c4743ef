import { expect, test } from 'vitest'
import { silentLogger } from '../../base/logger.ts'
import type { Logger } from '../../base/logger.ts'
import { TestCluster } from '../../testing/cluster.ts'
import type { KeyValueStoreSpec } from '../../topology/topology.ts'
import { countByKey } from '../fixtures.ts'
import { shortfall } from './internal-topic-settings.ts'

const dayMs = 86_400_000
const changeLog = 'app-counts-changelog'
const repartition = 'app-by-word-repartition'

/** What the log says of internal topics' settings, beside the cluster. */
async function open() {
  const said: unknown[] = []
  const say = (level: string) => (message: string, fields?: object) =>
    void (/settings of|its settings/.test(message) && said.push({ level, ...fields }))
  const logger: Logger = {
    ...silentLogger,
    info: say('info'),
    warn: say('warn'),
    with: () => logger,
  }
  const cluster = new TestCluster({ time: 'jump', logger })
  for (const topic of ['words', 'counts']) await cluster.createTopic(topic)
  const live = async (spec: Partial<KeyValueStoreSpec>): Promise<void> => {
    const application = cluster.application(countByKey(spec))
    application.start()
    await cluster.until(() => application.state === 'running')
    await cluster.run(application.stop())
  }
  const settings = (topic: string) => cluster.run(cluster.kafka.admin.topicConfigs(topic))
  return { cluster, said, live, settings }
}

test('a longer time-to-live is given to the change log, a shorter one is not', async () => {
  const { cluster, said, live, settings } = await open()
  await using _ = cluster
  await live({ timeToLiveMs: dayMs })
  await live({ timeToLiveMs: 9 * dayMs })
  const kept = { 'retention.ms': String(10 * dayMs), 'cleanup.policy': 'compact,delete' }
  expect(await settings(changeLog)).toMatchObject(kept)
  expect(said).toEqual([
    {
      level: 'info',
      topic: changeLog,
      from: { 'retention.ms': String(2 * dayMs) },
      to: { 'retention.ms': String(10 * dayMs) },
    },
  ])
  await live({ timeToLiveMs: dayMs })
  expect(await settings(changeLog)).toMatchObject(kept)
  expect(said).toHaveLength(1)
})

test('what had a time-to-live and has none any more is not deleted by its change log', async () => {
  const { cluster, live, settings } = await open()
  await using _ = cluster
  await live({ timeToLiveMs: dayMs })
  await live({})
  expect(await settings(changeLog)).toMatchObject({ 'cleanup.policy': 'compact' })
  await live({ timeToLiveMs: dayMs })
  expect(await settings(changeLog)).toMatchObject({ 'cleanup.policy': 'compact' })
})

test('a repartition topic that somebody made lets nothing go before it is read, and keeps what was tuned', async () => {
  const { cluster, live, settings } = await open()
  await using _ = cluster
  const configs = { 'retention.ms': '3600000', 'cleanup.policy': 'compact', 'segment.bytes': '1048576' }
  await cluster.run(
    cluster.kafka.admin.createTopics([{ name: repartition, partitions: 1, replicationFactor: -1, configs }]),
  )
  await live({})
  const now = { 'retention.ms': '-1', 'cleanup.policy': 'delete', 'segment.bytes': '1048576' }
  expect(await settings(repartition)).toMatchObject(now)
})

test.each([
  {
    api: 'IncrementalAlterConfigs',
    says: { topic: changeLog, hint: expect.stringContaining(`set them: retention.ms=${10 * dayMs}`) },
  },
  {
    api: 'DescribeConfigs',
    says: { topics: expect.arrayContaining([changeLog]) },
  },
])('where $api is refused, the application runs and says what is to be done', async ({ api, says }) => {
  const { cluster, said, live } = await open()
  await using _ = cluster
  await live({ timeToLiveMs: dayMs })
  const error = 'TOPIC_AUTHORIZATION_FAILED'
  const isOfInternal = ({ body }: { readonly body: unknown }): boolean =>
    JSON.stringify(body).includes('changelog')
  cluster.broker.faults.add({ api, where: isOfInternal, fault: { kind: 'error', error, when: 'instead' } })
  await live({ timeToLiveMs: 9 * dayMs })
  expect(said).toEqual([expect.objectContaining({ level: 'warn', code: 'NOT_AUTHORIZED', ...says })])
})

test.each([
  {
    what: 'kept for ever, and long',
    present: { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
    wanted: { 'cleanup.policy': 'compact,delete', 'retention.ms': '1000' },
    short: {},
  },
  {
    what: 'kept for a time, though only compacted',
    present: { 'cleanup.policy': 'compact', 'retention.ms': '10' },
    wanted: { 'cleanup.policy': 'compact,delete', 'retention.ms': '1000' },
    short: {},
  },
  {
    what: 'compacted too soon',
    present: { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '0' },
    wanted: { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '1000' },
    short: { 'min.compaction.lag.ms': '1000' },
  },
  {
    what: 'given the time of its writing',
    present: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'LogAppendTime' },
    wanted: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' },
    short: { 'message.timestamp.type': 'CreateTime' },
  },
])('a topic $what', ({ present, wanted, short }) => {
  expect(shortfall(present, wanted)).toEqual(short)
})

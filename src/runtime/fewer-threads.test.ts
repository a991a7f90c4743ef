import { expect, test } from 'vitest'
import { silentLogger, type Logger } from '../base/logger.ts'
import { TestCluster } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'

const identity = { kind: 'fixed', processId: 'p' } as const
const partitions = 2
const commitIntervalMs = 1000

const inBoth = (value: string) =>
  Array.from({ length: partitions }, (_, partition) => ({ key: null, value, partition }))

test.each(['stop', 'kill'] as const)(
  'a process that comes back with fewer threads after a %s reads all of its partitions at once',
  async (ending) => {
    const said: unknown[] = []
    const logger: Logger = {
      ...silentLogger,
      info: (message, fields) => void (message.includes('fewer threads') && said.push(fields)),
      with: () => logger,
    }
    await using cluster = new TestCluster({ logger })
    for (const topic of ['input', 'output']) await cluster.createTopic(topic, partitions)
    const before = cluster.application(passThrough(), { identity, threads: 3, commitIntervalMs })
    before.start()
    await cluster.produce('input', inBoth('before'))
    await cluster.untilRead('output', (read) => read.length === 2)
    await cluster.produce('input', inBoth('after'))
    // Its transactions are open.
    await cluster.advance(commitIntervalMs / 5)
    if (ending === 'stop') await cluster.run(before.stop())
    else cluster.kill(before)
    await cluster.produce('input', inBoth('again'))
    const startMs = cluster.clock.nowMs()
    cluster.application(passThrough(), { identity, threads: 1 }).start()
    await cluster.untilRead('output', (read) => read.length === 6)
    expect(cluster.clock.nowMs() - startMs).toBeLessThan(3000)
    expect(said).toEqual([{ threads: 1, former: [2, 3] }])
  },
)

test('members of other processes keep their places', async () => {
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic, partitions)
  const other = cluster.application(passThrough(), {
    identity: { kind: 'fixed', processId: 'p-2' },
    threads: 2,
  })
  const own = cluster.application(passThrough(), { identity, threads: 1 })
  for (const application of [other, own]) {
    application.start()
    await cluster.advance(10_000)
  }
  const group = await cluster.run(cluster.kafka.admin.describeGroup('app'))
  expect(group?.members.map(({ instanceId }) => instanceId).toSorted()).toEqual(['p-1', 'p-2-1', 'p-2-2'])
})

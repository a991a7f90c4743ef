import { expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import type { Logger } from '../base/logger.ts'
import { TestCluster } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'

test('a thread sleeps neither through its assignment nor through what the cluster says of its tasks', async () => {
  const saidAtMs = new Map<string, number>()
  const logger: Logger = {
    ...silentLogger,
    info: (message) => void saidAtMs.set(message, cluster.clock.monotonicMs()),
    with: () => logger,
  }
  await using cluster = new TestCluster({
    time: 'jump',
    logger,
    broker: { groupInitialRebalanceDelayMs: 1000 },
  })
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const application = cluster.application(passThrough(), { offsetReset: 'earliest' })
  const startMs = cluster.clock.monotonicMs()
  application.start()
  await cluster.until(() => saidAtMs.has('tasks run'))
  // Requests take no time here: whatever is more than the group's own delay was slept.
  expect((saidAtMs.get('partitions assigned') ?? 0) - startMs).toBeLessThan(1005)
  expect((saidAtMs.get('tasks run') ?? 0) - startMs).toBeLessThan(1005)
})

import { expect, test } from 'vitest'
import type { Logger } from '../../base/logger.ts'
import { producerDefaults, textRecord } from '../../kafka/fixtures/clients.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { countByKey } from '../fixtures.ts'

test('a restore that a transaction without an end holds up says so, once, and where', async () => {
  const warned: unknown[] = []
  const quiet = (): void => {}
  const logger: Logger = {
    error: quiet,
    warn: (message, fields) => void warned.push([message, fields]),
    info: quiet,
    debug: quiet,
    trace: quiet,
    with: () => logger,
  }
  await using cluster = new TestCluster({ logger })
  await cluster.createTopic('words', 1)
  await cluster.createTopic('counts', 1)
  const changeLog = 'app-counts-changelog'
  await cluster.createTopic(changeLog, 1)
  const open = cluster.kafka.producer({
    ...producerDefaults,
    transactional: { id: 'other', timeoutMs: 600_000 },
  })
  await cluster.run(open.init())
  await cluster.run(open.partitionCount(changeLog))
  open.append(changeLog, textRecord('no end'))
  await cluster.run(open.flush())
  const application = cluster.application(countByKey())
  application.start()
  await cluster.until(() => warned.length > 0)
  await cluster.advance(60_000)
  expect(warned).toEqual([
    [
      'restore does not advance',
      expect.objectContaining({
        task: '1_0',
        store: 'counts',
        partition: `${changeLog}-0`,
        offset: 0,
        end: 1,
      }),
    ],
  ])
  await cluster.run(open.abort())
  await cluster.until(() => application.state === 'running')
  await cluster.run(open.close())
})

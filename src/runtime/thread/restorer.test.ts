import { expect, test } from 'vitest'
import type { Logger } from '../../base/logger.ts'
import { producerDefaults, textRecord } from '../../kafka/fixtures/clients.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { SimulatedDisk } from '../../testing/simulated-disk.ts'
import { countByKey } from '../fixtures.ts'

/** Warnings, each with what it tells. */
function noting(warned: unknown[]): Logger {
  const quiet = (): void => {}
  const logger: Logger = {
    error: quiet,
    warn: (message, fields) => void warned.push([message, fields]),
    info: quiet,
    debug: quiet,
    trace: quiet,
    with: () => logger,
  }
  return logger
}

test('a store restored up to a marker that a later leader wrote fits its change log', async () => {
  const warned: unknown[] = []
  await using cluster = new TestCluster({
    time: 'jump',
    logger: noting(warned),
    broker: { nodes: 2, transactionMarkerDelayMs: { min: 1000, max: 1000 } },
  })
  for (const topic of ['words', 'counts']) await cluster.createTopic(topic)
  await cluster.produce('words', [{ key: null, value: 'a' }])
  const disk = new SimulatedDisk(cluster.random)
  const run = async () => {
    const application = cluster.application(countByKey(), { guarantee: 'exactly_once_v2' }, { disk })
    application.start()
    await cluster.until(() => application.state === 'running')
    return application
  }
  const first = await run()
  const records = async () => (await cluster.read('app-counts-changelog', 'read_uncommitted')).length
  while ((await records()) === 0) await cluster.advance(100)
  const { cluster: control } = cluster.broker
  for (const node of control.nodeIds) control.moveLeader('app-counts-changelog', 0, node)
  await cluster.untilRead('counts', (read) => read.length === 1)
  await cluster.run(first.stop())
  disk.erase()
  const second = await run()
  await cluster.run(second.stop())
  await cluster.run((await run()).stop())
  expect(warned).toEqual([])
})

test('a restore that a transaction without an end holds up says so, once, and where', async () => {
  const warned: unknown[] = []
  await using cluster = new TestCluster({ logger: noting(warned) })
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

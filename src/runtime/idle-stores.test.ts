import { expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import type { Logger } from '../base/logger.ts'
import { TestCluster } from '../testing/cluster.ts'
import { SimulatedDisk } from '../testing/simulated-disk.ts'
import { countByKey } from './fixtures.ts'
import type { Guarantee } from './options.ts'

// A store is not believed when its position is older than half of the time for which deletions stay in its change log.

const minuteMs = 60_000
const deletionsStayMs = 24 * minuteMs

function notingRebuilds(rebuilt: unknown[]): Logger {
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => void (message.includes('rebuilt') && rebuilt.push(fields?.['reason'])),
    with: () => logger,
  }
  return logger
}

async function countsAfterRest(guarantee: Guarantee, { killedForMs = 0 } = {}) {
  const rebuilt: unknown[] = []
  await using cluster = new TestCluster({
    time: 'jump',
    logger: notingRebuilds(rebuilt),
    broker: { topicDefaults: { 'retention.ms': '-1', 'delete.retention.ms': String(deletionsStayMs) } },
  })
  for (const topic of ['words', 'counts']) await cluster.createTopic(topic)
  const disk = new SimulatedDisk(cluster.random)
  const run = () => {
    const identity = { kind: 'fixed', processId: 'p' } as const
    const application = cluster.application(countByKey(), { guarantee, identity }, { disk })
    application.start()
    return application
  }
  const count = async (times: number) => {
    await cluster.produce('words', [{ key: null, value: 'a' }])
    const read = await cluster.untilRead('counts', (records) => records.length >= times, 120_000)
    return read.map(({ value }) => Number(value?.readBigInt64BE(0)))
  }
  const first = run()
  await count(1)
  await cluster.advance(deletionsStayMs)
  cluster.crash(first)
  await cluster.advance(killedForMs)
  run()
  return { counts: await count(2), rebuilt }
}

test.each(['exactly_once_v2', 'at_least_once'] as const)(
  'a store whose task had nothing to do for long is believed when its process was killed, %s',
  async (guarantee) => {
    expect(await countsAfterRest(guarantee)).toEqual({ counts: [1, 2], rebuilt: [] })
  },
)

test('a store whose process was away for long is rebuilt', async () => {
  const { counts, rebuilt } = await countsAfterRest('exactly_once_v2', { killedForMs: deletionsStayMs })
  expect(counts).toEqual([1, 2])
  expect(rebuilt).toEqual(['it is so old that deletions may be missing from the change log'])
})

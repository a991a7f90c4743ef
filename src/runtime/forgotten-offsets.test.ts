import { describe, expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import type { Logger } from '../base/logger.ts'
import type { Guarantee } from './options.ts'
import { TestCluster } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'

const sessionTimeoutMs = 6000
const input = { topic: 'input', partition: 0 }
const group = 'app'

/** Warnings. */
const said: string[] = []
const logger: Logger = {
  ...silentLogger,
  warn: (message) => void said.push(message),
  with: () => logger,
}

async function clusterWith(...values: string[]): Promise<TestCluster> {
  said.length = 0
  const cluster = new TestCluster({ logger })
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  await cluster.produce(
    'input',
    values.map((value) => ({ key: 'k', value })),
  )
  return cluster
}

function start(cluster: TestCluster, guarantee: Guarantee) {
  const application = cluster.application(passThrough(), {
    guarantee,
    sessionTimeoutMs,
    commitIntervalMs: 100,
  })
  application.start()
  const failure = application.done.catch((error: unknown) => error)
  return { application, failure }
}

async function outputOf(cluster: TestCluster): Promise<string[]> {
  return (await cluster.read('output')).map(({ value }) => String(value))
}

describe.each(['exactly_once_v2', 'at_least_once'] as const)(
  'an application stops, and does not process its input a second time, %s,',
  (guarantee) => {
    test.each([
      ['has lost what it committed', 'forgotten how far it is in input-0', undefined],
      ['is less far than it committed', 'gone back in input-0', 1],
    ])('whose group %s', async (_, message, offset) => {
      await using cluster = await clusterWith('one', 'two')
      const { application, failure } = start(cluster, guarantee)
      await cluster.untilRead('output', (read) => read.length === 2)
      await cluster.advance(2000)
      // Out of reach for longer than its session: offsets of a group without members may be changed.
      for (const api of ['Heartbeat', 'JoinGroup'])
        cluster.broker.faults.add({ api, fault: { kind: 'cut', when: 'before' } })
      await cluster.advance(sessionTimeoutMs * 2)
      const { admin } = cluster.kafka
      expect(await cluster.run(admin.groupOffsets(group))).toMatchObject([{ topic: 'input', offset: 2 }])
      if (offset === undefined) await cluster.run(admin.deleteGroupOffsets(group, [input]))
      else await cluster.run(admin.setGroupOffsets(group, [{ ...input, offset, metadata: '' }]))
      cluster.broker.faults.clear()
      await cluster.until(() => application.state === 'failed', 60_000)
      expect(await failure).toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        message: expect.stringContaining(message),
      })
      expect(await outputOf(cluster)).toEqual(['one', 'two'])
    })

    test('whose group went back while its thread was replaced', async () => {
      await using cluster = await clusterWith('one', 'two')
      const { application, failure } = start(cluster, guarantee)
      await cluster.untilRead('output', (read) => read.length === 2)
      await cluster.advance(2000)
      cluster.network(application).cut()
      await cluster.until(() => said.some((message) => message.includes('another takes its place')), 300_000)
      await cluster.run(cluster.kafka.admin.setGroupOffsets(group, [{ ...input, offset: 1, metadata: '' }]))
      cluster.network(application).mend()
      await cluster.until(() => application.state === 'failed', 60_000)
      expect(await failure).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
      expect(await outputOf(cluster)).toEqual(['one', 'two'])
    })

    test('whose input ends before the offset that it committed', async () => {
      await using cluster = await clusterWith('one', 'two')
      const { admin } = cluster.kafka
      await cluster.run(admin.setGroupOffsets(group, [{ ...input, offset: 7, metadata: '' }]))
      const { application, failure } = start(cluster, guarantee)
      await cluster.until(() => application.state === 'failed', 60_000)
      expect(await failure).toMatchObject({
        code: 'LOG_TRUNCATED',
        message: expect.stringContaining('input-0'),
        detail: expect.stringContaining('7'),
      })
      expect(await outputOf(cluster)).toEqual([])
    })
  },
)

test.each(['exactly_once_v2', 'at_least_once'] as const)(
  'a broker that says once that an offset is not in its log, and has it, makes nothing come twice, %s',
  async (guarantee) => {
    await using cluster = await clusterWith('one', 'two')
    start(cluster, guarantee)
    await cluster.untilRead('output', (read) => read.length === 2)
    const fault = { kind: 'error', error: 'OFFSET_OUT_OF_RANGE', when: 'instead' } as const
    cluster.broker.faults.add({ api: 'Fetch', clientId: /^app-/, fault, times: 1 })
    await cluster.advance(1000)
    await cluster.produce('input', [{ key: 'k', value: 'three' }])
    await cluster.untilRead('output', (read) => read.length >= 3)
    await cluster.advance(2000)
    expect(await outputOf(cluster)).toEqual(['one', 'two', 'three'])
  },
)

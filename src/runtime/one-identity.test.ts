import { expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { toStreamError } from '../base/errors.ts'
import { passThrough } from './fixtures.ts'
import { errorFacts, errorFrom } from './hosting/worker-messages.ts'
import { responseError } from '../kafka/cluster/response-error.ts'
import { isInstanceFenced } from '../kafka/instance-fenced.ts'

test.each(['exactly_once_v2', 'at_least_once'] as const)(
  'of two processes with one identity one ends and says so, and the other goes on: %s',
  async (guarantee) => {
    await using cluster = new TestCluster({ time: 'jump' })
    for (const topic of ['input', 'output']) await cluster.createTopic(topic)
    const settings = { identity: { kind: 'fixed', processId: 'copied' }, guarantee } as const
    const both = [0, 1].map(() => cluster.application(passThrough(), settings))
    const ends: unknown[] = []
    for (const application of both) {
      application.done.catch((error: unknown) => ends.push(error))
      application.start()
    }
    for (let round = 0; ends.length === 0 && round < 300; round++) {
      await cluster.produce('input', [{ key: 'k', value: String(round) }])
      await cluster.advance(1000)
    }
    expect(ends.map(toStreamError)).toEqual([
      expect.objectContaining({
        code: 'MEMBER_FENCED',
        message: 'another process runs "app" as "copied-1", too',
        hint: expect.stringContaining('process-id'),
      }),
    ])
    await cluster.produce('input', [{ key: 'k', value: 'last' }])
    await cluster.untilRead('output', (read) => read.some(({ value }) => String(value) === 'last'))
    await cluster.advance(120_000)
    expect(ends).toHaveLength(1)
  },
)

test('a single fencing is nothing to stop for', async () => {
  await using cluster = new TestCluster({ time: 'jump' })
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const application = cluster.application(passThrough())
  application.start()
  await cluster.until(() => application.state === 'running')
  const fault = { kind: 'error', error: 'FENCED_INSTANCE_ID', when: 'instead' } as const
  for (let hour = 0; hour < 6; hour++) {
    cluster.broker.faults.add({ api: 'Heartbeat', fault, times: 1 })
    await cluster.advance(3_600_000)
  }
  await cluster.produce('input', [{ key: 'k', value: 'v' }])
  await cluster.untilRead('output', (read) => read.length === 1)
  await cluster.run(application.stop())
})

test('a thread in a worker of its own tells its process of it', () => {
  const error = responseError(82, 'stay in group "app"')
  expect(isInstanceFenced(errorFrom(structuredClone(errorFacts(error))))).toBe(true)
})

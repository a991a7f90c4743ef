import { expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { silentLogger, type Logger } from '../../base/logger.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { passThrough } from '../../runtime/fixtures.ts'
import { openKafka } from '../client.ts'

function collecting(warnings: string[]): Logger {
  return { ...silentLogger, warn: (message) => warnings.push(message), with: () => collecting(warnings) }
}

test('who has lost all brokers says so once, in good time, and says when one answers again', async () => {
  const warnings: string[] = []
  await using cluster = new TestCluster({ logger: collecting(warnings) })
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const application = cluster.application(passThrough())
  application.start()
  await cluster.until(() => application.state === 'running')
  const saidOf = (message: string): number => warnings.filter((warning) => warning === message).length
  cluster.network(application).cut()
  await cluster.advance(8000)
  const lost = saidOf('no broker answers, trying again')
  expect(lost).toBeGreaterThan(0)
  await cluster.advance(8000)
  expect(saidOf('no broker answers, trying again')).toBe(lost)
  expect(saidOf('a broker answers again')).toBe(0)
  cluster.network(application).mend()
  await cluster.advance(10_000)
  expect(saidOf('a broker answers again')).toBe(lost)
})

test.each([1500, 4000, 30_000])(
  'who has %i ms for the first contact is told that it was tried for so long',
  async (startTimeoutMs) => {
    await using cluster = new TestCluster()
    const { clock, random } = cluster
    const connector = {
      connect: () => Promise.reject(new StreamError('BROKER_UNREACHABLE', 'could not connect')),
    }
    const kafka = openKafka({
      bootstrap: ['nobody:9092'],
      clientId: 'test',
      connector,
      clock,
      random,
      startTimeoutMs,
    })
    const said = { 1500: '1s500ms', 4000: '4s', 30_000: '30s' }[startTimeoutMs]
    await expect(cluster.run(kafka.connect())).rejects.toMatchObject({
      detail: expect.stringContaining(`Tried for ${said}.`),
    })
    await cluster.run(kafka.close())
  },
)

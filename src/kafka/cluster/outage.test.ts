import { expect, test } from 'vitest'
import { silentLogger, type Logger } from '../../base/logger.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { passThrough } from '../../runtime/fixtures.ts'

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

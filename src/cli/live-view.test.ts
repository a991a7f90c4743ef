import { expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import { passThrough } from '../runtime/fixtures.ts'
import { TestCluster } from '../testing/cluster.ts'
import { CommandFormats } from './command-formats.ts'
import { startLiveView } from './live-view.ts'

test('the live line begins with the first records, and not with zeros while threads start', async () => {
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const topology = passThrough()
  const application = cluster.application(topology)
  const running = [{ topology, applicationId: 'app', application, closeTimeoutMs: 1000, ran: () => true }]
  const shown: string[] = []
  const viewing = new AbortController()
  await using formats = new CommandFormats({}, silentLogger)
  const view = startLiveView({
    kafka: cluster.kafka,
    topics: new Map(),
    formats,
    rows: 1,
    output: { line: () => {}, note: () => {}, interactive: true, status: (text) => void shown.push(text) },
    clock: cluster.clock,
    signal: viewing.signal,
    running,
  })
  await cluster.advance(3000)
  application.start()
  await cluster.produce('input', [{ key: 'k', value: 'first' }])
  await cluster.untilRead('output', (read) => read.length === 1)
  await cluster.advance(2000)
  expect(shown[0]).toMatch(/^in 1 /)
  // Then it stays, though nothing comes.
  expect(shown.length).toBeGreaterThan(1)
  viewing.abort()
  await cluster.run(view)
  await cluster.run(application.stop())
})

import { expect, test } from 'vitest'
import { TestCluster } from '../../testing/cluster.ts'
import type { Application } from '../application.ts'
import { mapped } from '../fixtures.ts'

const counted = (application: Application, name: string): number =>
  application.metrics
    .samples()
    .filter(({ facts }) => facts.name === name)
    .reduce((sum, { value }) => sum + value, 0)

test('what transactions take in, leave out and bury counts when one is committed, however many were aborted', async () => {
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  await cluster.produce(
    'input',
    ['bad', 'fine', 'bad'].map((value) => ({ key: 'k', value })),
  )
  const application = cluster.application(mapped('value === "bad" ? value.gone.field : value'), {
    policies: { function: 'dead_letter' },
  })
  const counts = () =>
    [
      'weft_records_in_total',
      'weft_source_records_total',
      'weft_records_failed_total',
      'weft_records_out_total',
    ].map((name) => counted(application, name))
  const refused = { kind: 'error', error: 'UNKNOWN_SERVER_ERROR', when: 'instead' } as const
  const rule = cluster.broker.faults.add({ api: 'TxnOffsetCommit', fault: refused, clientId: /^app-/ })
  application.start()
  await cluster.until(() => rule.hits > 5)
  expect(counts()).toEqual([0, 0, 0, 0])
  cluster.broker.faults.clear()
  await cluster.untilRead('output', (read) => read.length === 1)
  expect(await cluster.read('app-dead-letters')).toHaveLength(2)
  await cluster.until(() => counts()[0] === 3)
  expect(counts()).toEqual([3, 3, 2, 3])
})

test('at least once, everything counts at once', async () => {
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  await cluster.produce('input', [{ key: 'k', value: 'one' }])
  const settings = { guarantee: 'at_least_once', commitIntervalMs: 60_000 } as const
  const application = cluster.application(mapped('value'), settings)
  application.start()
  await cluster.untilRead('output', (read) => read.length === 1)
  expect(counted(application, 'weft_records_in_total')).toBe(1)
})
